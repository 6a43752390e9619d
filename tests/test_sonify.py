"""An explanation becomes sound: what is brought forward, what is left out, and how loud it all is."""

import tracemalloc
from dataclasses import replace

import numpy as np
import pytest

from mer_core.audio import HALF
from mer_core.errors import Cancelled, ParameterError
from mer_core.loudness import CEILING, loudness
from mer_core.masking import HOP, N_FFT, apply_mask, stft_grid
from mer_core.schema import Explanation, Grid, Track, TrackInfo
from mer_core.sonify import CURVES, SonifyParams, mask, sonify

SR = 44_100
RAW = SonifyParams(smooth_s=0)


def track_of(y):
    return Track(TrackInfo("t", "t", y.shape[1] / SR, len(y)), np.asarray(y, np.float32))


def two_tones(seconds=4, level=0.2):
    """(2, samples): 1 kHz and 4 kHz, equally strong."""
    t = np.arange(round(seconds * SR)) / SR
    y = level * (np.sin(2 * np.pi * 1000 * t) + np.sin(2 * np.pi * 4000 * t))
    return np.stack([y, y * HALF]).astype(np.float32)


def noise(seconds=3, channels=2, seed=1, level=0.1):
    return (level * np.random.default_rng(seed).standard_normal((channels, round(seconds * SR)))).astype(np.float32)


def explained(values, seconds=4, top=6000.0, space="timefreq"):
    """An explanation on evenly spaced bands up to `top` hertz and evenly spaced frames."""
    values = np.asarray(values, np.float32)
    times = (np.arange(values.shape[-1]) + 0.5) * seconds / values.shape[-1]
    grid = Grid(times, np.linspace(50, top, len(values))) if space == "timefreq" else None
    return Explanation("toy", "toy", "valence", space, values, 0.0, float(values.sum()), grid=grid)


def planted(low=700, high=1400, start=0.0, end=9.0, sign=1.0, background=0.0):
    values = np.full((60, 100), background, np.float32)
    inside = explained(values).grid
    values[np.ix_((inside.freqs > low) & (inside.freqs < high), (inside.times > start) & (inside.times < end))] = sign
    return explained(values)


def level_db(y, hertz, start=1.0, end=3.0):
    part = y[0, round(start * SR):round(end * SR)]
    return 20 * np.log10(2 * abs(np.mean(part * np.exp(-2j * np.pi * hertz * np.arange(len(part)) / SR))) + 1e-12)


# ---- the STFT and back

@pytest.mark.parametrize("samples", [1, 100, HOP, N_FFT, 10 * HOP + 1, 3 * SR])
@pytest.mark.parametrize("channels", [1, 2])
def test_a_mask_of_ones_gives_the_input_back(samples, channels):
    y = np.clip(noise(3, channels, level=0.4)[:, :samples], -1, 1)
    out = apply_mask(y, np.ones(stft_grid(samples, SR).shape, np.float32))
    assert out.shape == y.shape and out.dtype == np.float32
    assert np.abs(out - y).max() <= 1e-5


@pytest.mark.parametrize("n_fft, hop", [(4096, 1024), (1024, 512), (2048, 256)])
def test_other_sizes_too(n_fft, hop):
    y = noise(1)
    out = apply_mask(y, np.ones(stft_grid(SR, SR, n_fft, hop).shape, np.float32), n_fft, hop)
    assert np.abs(out - y).max() <= 1e-5


def test_mask_and_complement_add_up_to_the_song():
    y, explanation = noise(4), explained(np.random.default_rng(2).standard_normal((60, 100)))
    grid = stft_grid(y.shape[1], SR)
    for curve in CURVES:
        params = SonifyParams(curve=curve)
        kept, left = mask(explanation, grid, params), mask(explanation, grid, replace(params, complement=True))
        np.testing.assert_allclose(kept + left, 1, atol=1e-6)
        assert np.abs(apply_mask(y, kept) + apply_mask(y, left) - y).max() <= 1e-5


def test_the_original_phase_is_kept():
    y = two_tones()
    out = apply_mask(y, np.full(stft_grid(y.shape[1], SR).shape, 0.5, np.float32))
    assert np.abs(out - 0.5 * y).max() <= 1e-5


def test_a_gain_of_another_shape_or_an_odd_hop_is_refused():
    with pytest.raises(ParameterError, match=r"expected a gain of shape \(1025, 88\)"):
        apply_mask(noise(1), np.ones((1025, 10), np.float32))
    with pytest.raises(ParameterError, match="two or more hops"):
        apply_mask(noise(1), np.ones((501, 45), np.float32), 1000, 999)


def test_masking_needs_little_more_memory_than_its_result():
    y = np.zeros((2, 60 * SR), np.float32)
    gain = np.ones(stft_grid(y.shape[1], SR).shape, np.float32)
    tracemalloc.start()
    apply_mask(y, gain)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 3 * y.nbytes + 40e6  # the result, the windows' sum, and one block that does not grow with the song


# ---- the mask

def test_the_planted_region_is_found_in_seconds_and_hertz():
    grid = stft_grid(4 * SR, SR)
    gain = mask(planted(1000, 2000, 1.0, 3.0), grid, RAW)
    inside = np.ix_((grid.freqs > 1200) & (grid.freqs < 1800), (grid.times > 1.1) & (grid.times < 2.9))
    outside = np.ix_((grid.freqs < 800) | (grid.freqs > 2200), (grid.times < 0.9) | (grid.times > 3.1))
    assert gain.dtype == np.float32 and gain.shape == grid.shape
    np.testing.assert_allclose(gain[inside], 1, atol=1e-6)
    np.testing.assert_allclose(gain[outside], RAW.floor, atol=1e-6)


def test_interpolation_is_bilinear_on_the_grid():
    values = np.add.outer(np.arange(4.0), 2 * np.arange(5.0))
    own = Grid(times=np.arange(5) * 0.5, freqs=100 + 100 * np.arange(4))
    explanation = Explanation("toy", "toy", "valence", "timefreq", values, 0, 0, grid=own)
    target = Grid(times=[0.0, 0.25, 1.9, 7.0], freqs=[0.0, 150.0, 333.0])
    gain = mask(explanation, target, SonifyParams(curve="linear", smooth_s=0, strength_db=120))
    full = np.quantile(values[values > 0.011], 0.95)
    cells = np.minimum(values / full, 1)
    for f, row in enumerate([0, 0.5, 2.33]):
        for t, column in enumerate([0, 0.5, 3.8, 4.0]):
            r, c = int(row), min(int(column), 3)
            square, dr, dc = cells[r:r + 2, c:c + 2], row - r, column - c
            assert gain[f, t] == pytest.approx(np.array([1 - dr, dr]) @ square @ np.array([1 - dc, dc]), abs=1e-5)


def test_what_the_model_does_not_hear_gets_the_floor():
    grid = stft_grid(4 * SR, SR)
    gain = mask(explained(np.ones((60, 100)), top=6000), grid, RAW)
    np.testing.assert_allclose(gain[grid.freqs < 6000], 1, atol=1e-6)
    np.testing.assert_allclose(gain[grid.freqs > 6100], RAW.floor, atol=1e-6)


def test_relevance_over_time_alone_holds_for_every_frequency():
    values = np.zeros(100)
    values[25:50] = 1
    grid = stft_grid(4 * SR, SR)
    for explanation in (explained(values, space="time"),
                        replace(explained(values, space="time"), grid=explained(values[None]).grid)):
        gain = mask(explanation, grid, RAW)
        np.testing.assert_allclose(gain[:, (grid.times > 1.1) & (grid.times < 1.9)], 1, atol=1e-6)
        np.testing.assert_allclose(gain[:, grid.times > 2.1], RAW.floor, atol=1e-6)


def test_curves_are_monotone_from_the_floor_to_one():
    ramp = explained(np.tile(np.linspace(0, 1, 60)[:, None], (1, 100)))
    for curve in CURVES:
        gain = mask(ramp, ramp.grid, SonifyParams(curve=curve, smooth_s=0, strength_db=40, keep=0.25))
        assert (np.diff(gain[:, 0]) >= -1e-7).all()
        assert gain.min() == pytest.approx(0.01) and gain.max() == pytest.approx(1)


def test_strength_zero_changes_nothing():
    grid = stft_grid(4 * SR, SR)
    np.testing.assert_allclose(mask(planted(), grid, SonifyParams(strength_db=0)), 1)


def test_signs():
    values = np.zeros((60, 100), np.float32)
    values[10], values[40] = 1, -1
    explanation = explained(values)
    heard = {sign: mask(explanation, explanation.grid, SonifyParams(sign=sign, smooth_s=0))[[10, 40], 50] > 0.5
             for sign in ("absolute", "positive", "negative")}
    assert {sign: tuple(rows) for sign, rows in heard.items()} == \
        {"absolute": (True, True), "positive": (True, False), "negative": (False, True)}


def test_smoothing_spreads_over_time_and_over_bands():
    values = np.zeros((60, 100), np.float32)
    values[30, 50] = 1
    explanation = explained(values)  # 40 ms a frame

    def width(axis, **choices):
        gain = mask(explanation, explanation.grid, SonifyParams(curve="linear", strength_db=120, **choices))
        line = gain[30] if axis else gain[:, 50]
        return (line > 0.5).sum()
    assert width(1, smooth_s=0) == 1 < width(1, smooth_s=0.1) < width(1, smooth_s=0.4)
    assert width(0, smooth_s=0) == 1 < width(0, smooth_s=0, smooth_bands=3)


def test_one_extreme_cell_does_not_hide_the_rest():
    values = np.full((60, 100), 0.5, np.float32)
    values[0, 0] = 1000
    gain = mask(explained(values), explained(values).grid, SonifyParams(smooth_s=0))
    assert np.median(gain) == pytest.approx(RAW.floor, abs=0.01)  # below a thousandth of the highest: not relevant
    values[0, 0] = 50
    gain = mask(explained(values), explained(values).grid, SonifyParams(smooth_s=0))
    assert np.median(gain) == pytest.approx(1, abs=0.01)


@pytest.mark.parametrize("choice", [{"curve": "cubic"}, {"sign": "both"}, {"strength_db": -1}, {"strength_db": 121},
                                    {"strength_db": np.nan}, {"smooth_s": -0.1}, {"smooth_bands": 99}, {"keep": 0}])
def test_choices_outside_what_is_allowed(choice):
    with pytest.raises(ParameterError, match=next(iter(choice))):
        SonifyParams(**choice)


# ---- the whole way

@pytest.mark.parametrize("curve", CURVES)
def test_the_relevant_tone_comes_forward(curve):
    track = track_of(two_tones())
    made = sonify(track, planted(), SonifyParams(curve=curve, keep=0.12))
    left = sonify(track, planted(), SonifyParams(curve=curve, keep=0.12, complement=True))
    assert level_db(track.y, 1000) == pytest.approx(level_db(track.y, 4000), abs=0.1)
    assert level_db(made.y, 1000) - level_db(made.y, 4000) == pytest.approx(30, abs=1)
    assert level_db(left.y, 4000) - level_db(left.y, 1000) > 30
    for result in (made, left):
        assert result.y.shape == track.y.shape and result.y.dtype == np.float32
        assert abs(result.loudness_after - result.loudness_before) <= 0.5
        assert result.loudness_after == pytest.approx(loudness(result.y, SR), abs=1e-6)
        assert result.loudness_before == pytest.approx(loudness(track.y, SR), abs=1e-6)
        assert np.abs(result.y).max() <= result.peak <= 10 ** (CEILING / 20)


def test_loudness_is_met_without_clipping_on_a_loud_song():
    t = np.arange(4 * SR) / SR
    drums = noise(4, level=0.4) * np.exp(-12 * (t % 0.5))
    loud = track_of(np.clip(drums + two_tones(), -1, 1))  # -8.4 LUFS with peaks at full scale
    assert -10 < loudness(loud.y, SR) < -8 and np.abs(loud.y).max() == 1
    for params in (SonifyParams(), SonifyParams(sign="negative"), SonifyParams(complement=True)):
        made = sonify(loud, explained(np.random.default_rng(4).standard_normal((60, 100)) ** 3), params)
        assert abs(made.loudness_after - made.loudness_before) <= 0.5
        assert made.peak <= 10 ** (CEILING / 20) and made.gain_db > 0


def test_the_same_call_gives_the_same_sound():
    track, explanation = track_of(noise(4)), explained(np.random.default_rng(2).standard_normal((60, 100)))
    assert np.array_equal(sonify(track, explanation).y, sonify(track, explanation).y)


def test_mono_and_progress_and_cancel():
    track, seen = track_of(two_tones()[:1]), []
    made = sonify(track, planted(), progress=lambda share, text: seen.append(share))
    assert made.y.shape == track.y.shape and seen == sorted(seen) and seen[-1] == 1

    def stop(share, text):
        if share > 0.2:
            raise Cancelled("stopped")
    with pytest.raises(Cancelled):
        sonify(track, planted(), progress=stop)


def test_what_leaves_nothing_is_refused():
    track = track_of(two_tones())
    with pytest.raises(ParameterError, match="no relevance"):
        sonify(track, explained(np.zeros((60, 100))))
    with pytest.raises(ParameterError, match="nothing that lowers the target.*another sign"):
        sonify(track, planted(), SonifyParams(sign="negative"))
    with pytest.raises(ParameterError, match="nothing was left out"):
        sonify(track, planted(), SonifyParams(strength_db=0, complement=True))
    with pytest.raises(ParameterError, match="leaves silence"):
        sonify(track, planted(2000, 2500, 1, 3), SonifyParams(strength_db=120))  # no sound there
    stems = Explanation("toy", "shapley", "valence", "stems", np.ones(4), 0, 4, labels=("a", "b", "c", "d"))
    with pytest.raises(ParameterError, match="shapley gives stems"):
        sonify(track, stems)

"""An explanation becomes sound: what is brought forward, what is left out, and how loud it all is."""

from dataclasses import replace

import numpy as np
import pytest

from mer_core.errors import Cancelled, ParameterError
from mer_core.loudness import CEILING, MAX_REDUCTION, loudness
from mer_core.masking import apply_mask, stft_grid
from mer_core.schema import Explanation, Grid
from mer_core.sonify import CURVES, SonifyParams, mask, sonify
from tests.explanations import SR, explained, level_db, noise, planted, track_of, two_tones

RAW = SonifyParams(smooth_s=0)


# ---- the mask

def test_mask_and_complement_add_up_to_the_song():
    y, explanation = noise(4), explained(np.random.default_rng(2).standard_normal((60, 100)))
    grid = stft_grid(y.shape[1], SR)
    for curve in CURVES:
        params = SonifyParams(curve=curve)
        kept, left = mask(explanation, grid, params), mask(explanation, grid, replace(params, complement=True))
        np.testing.assert_allclose(kept + left, 1, atol=1e-6)
        assert np.abs(apply_mask(y, kept) + apply_mask(y, left) - y).max() <= 1e-5


def test_the_planted_region_is_found_in_seconds_and_hertz():
    grid = stft_grid(4 * SR, SR)
    gain = mask(planted(1000, 2000, 1.0, 3.0), grid, RAW)
    inside = np.ix_((grid.freqs > 1200) & (grid.freqs < 1800), (grid.times > 1.1) & (grid.times < 2.9))
    outside = np.ix_((grid.freqs < 800) | (grid.freqs > 2200), (grid.times < 0.9) | (grid.times > 3.1))
    assert gain.dtype == np.float32 and gain.shape == grid.shape
    np.testing.assert_allclose(gain[inside], 1, atol=1e-6)
    np.testing.assert_allclose(gain[outside], RAW.floor, atol=1e-6)


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
                        replace(explained(values, space="time"), grid=explained(values[None]).grid),
                        replace(explained(values, space="time"), grid=Grid(explained(values[None]).grid.times, ()))):
        gain = mask(explanation, grid, RAW)
        np.testing.assert_allclose(gain[:, (grid.times > 1.1) & (grid.times < 1.9)], 1, atol=1e-6)
        np.testing.assert_allclose(gain[:, grid.times > 2.1], RAW.floor, atol=1e-6)


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


def drums_and_tones():
    """-8.4 LUFS with peaks at full scale."""
    t = np.arange(4 * SR) / SR
    return track_of(np.clip(noise(4, level=0.4) * np.exp(-12 * (t % 0.5)) + two_tones(), -1, 1))


@pytest.mark.parametrize("params", [SonifyParams(), SonifyParams(sign="negative"), SonifyParams(complement=True),
                                    SonifyParams(curve="linear", smooth_bands=3.0), SonifyParams(curve="binary"),
                                    SonifyParams(curve="soft knee", strength_db=60.0)], ids=str)
def test_loudness_is_met_without_clipping_on_a_loud_song(params):
    loud = drums_and_tones()
    assert -10 < loudness(loud.y, SR) < -8 and np.abs(loud.y).max() == 1
    made = sonify(loud, explained(np.random.default_rng(4).standard_normal((60, 100)) ** 3), params)
    assert abs(made.loudness_after - made.loudness_before) <= 0.3
    assert made.peak <= 10 ** (CEILING / 20) and made.gain_db > 0 and 0 < made.limited_db < MAX_REDUCTION + 0.5


def test_where_it_stays_quieter_its_peaks_were_held_back_as_far_as_they_may_be():
    values = np.zeros((60, 100))
    values[:, 50] = 1  # 40 ms of drums in 4 s
    made = sonify(drums_and_tones(), explained(values), SonifyParams(smooth_s=0, strength_db=60.0))
    assert made.loudness_after < made.loudness_before - 0.3
    assert made.limited_db == pytest.approx(MAX_REDUCTION, abs=0.5) and made.peak <= 10 ** (CEILING / 20)


def test_no_limiter_where_there_is_room():
    made = sonify(track_of(two_tones(level=0.1)), planted())
    assert made.limited_db == pytest.approx(0, abs=0.01)
    assert made.gain_db == pytest.approx(5, abs=0.2)  # 4 kHz is left out, and K-weighting favours it


def test_one_cell_brings_up_that_second_and_those_hertz():
    values = np.zeros((20, 40))
    values[7, 25] = 1
    explanation, song = explained(values), track_of(noise(4))
    made = sonify(song, explanation, SonifyParams(smooth_s=0, strength_db=60.0))
    raised = 10 * np.log10(energies(made.y, explanation.grid) / energies(song.y, explanation.grid)) - made.gain_db
    assert np.unravel_index(raised.argmax(), raised.shape) == (7, 25)
    assert raised[7, 25] > -4  # the mean over a cell whose edges fade
    away = np.maximum(*np.abs(np.indices(raised.shape) - np.array([7, 25])[:, None, None]))  # cells
    assert raised[away >= 2].max() < -35 and np.median(raised) == pytest.approx(-60, abs=0.1)


def energies(y, grid):
    """(F, T) mean square of (channels, samples) in each cell: one Fourier transform of the cell's own samples."""
    step, half = grid.times[1] - grid.times[0], (grid.freqs[1] - grid.freqs[0]) / 2
    pieces = [y[:, round((t - step / 2) * SR):round((t + step / 2) * SR)] for t in grid.times]
    window = np.hanning(pieces[0].shape[1])
    spectra = [np.square(np.abs(np.fft.rfft(piece * window))).mean(axis=0) for piece in pieces]
    hertz = np.fft.rfftfreq(len(window), 1 / SR)
    return np.array([[s[np.abs(hertz - f) <= half].mean() for s in spectra] for f in grid.freqs])


def test_within_a_stem_it_is_as_loud_as_that_stem():
    stem = track_of(two_tones(level=0.01))
    made = sonify(stem, planted(), SonifyParams(source="drums"))
    assert made.loudness_before == pytest.approx(loudness(stem.y, SR)) and made.loudness_before < -35
    assert abs(made.loudness_after - made.loudness_before) <= 0.3
    assert level_db(made.y, 1000) - level_db(made.y, 4000) == pytest.approx(30, abs=1)


def test_a_silent_stem_is_named():
    for y in (np.zeros((2, 4 * SR)), noise(4, level=1e-5)):
        with pytest.raises(ParameterError, match="no sound in the bass .*choose another sound"):
            sonify(track_of(y), planted(), SonifyParams(source="bass"))
    with pytest.raises(ParameterError, match="no sound in the song"):
        sonify(track_of(np.zeros((2, 4 * SR))), planted())


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

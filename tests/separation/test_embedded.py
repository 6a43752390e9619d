"""The embedded separator: its pieces against slow definitions, planted sources, and SDR on music with true stems."""

import os
from pathlib import Path

import numpy as np
import pytest
import scipy.ndimage
import soundfile

from mer_core.errors import Cancelled
from mer_core.features.spectral import stft
from mer_core.registry import ASSETS
from mer_core.schema import SAMPLE_RATE, STEM_NAMES, Track, TrackInfo
from mer_core.separation import _masks, embedded
from mer_core.separation._blocks import in_blocks, inverse, spans
from mer_core.separation._pitch import comb, smooth_path, track_pitch
from mer_core.separation._refit import bands, factorise
from mer_core.separation.embedded import Embedded
from mer_core.training.sdr import sdr

FLOOR = {"sunday_sprint": 2.7, "iron_stairwell": 1.4, "letter_unsent": 2.7, "harbour_at_noon": 4.5}  # dB over 12 s


def track(y) -> Track:
    return Track(TrackInfo("id", "song", y.shape[1] / SAMPLE_RATE, len(y)), y.astype(np.float32))


def seconds(length):
    return np.arange(round(length * SAMPLE_RATE)) / SAMPLE_RATE


# pieces --------------------------------------------------------------------------------------------------------------

def test_median_is_the_plain_one_on_both_axes():
    values = np.random.default_rng(0).random((40, 23)).astype(np.float32)
    for axis, size in ((0, 9), (1, 9), (1, 65)):
        shape = (size, 1) if axis == 0 else (1, size)
        expected = scipy.ndimage.median_filter(values, size=shape, mode="reflect")  # what NumPy calls symmetric
        assert np.array_equal(_masks.median(values, size, axis), expected)


@pytest.mark.parametrize("samples", [44_100 * 3, 44_100 * 3 + 517, 5_000])
def test_inverse_undoes_the_stft(samples):
    y = np.random.default_rng(1).normal(0, 0.1, samples).astype(np.float32)
    np.testing.assert_allclose(inverse(stft(y, 4096, 1024), 1024, samples), y, atol=1e-6)


@pytest.mark.parametrize("samples", [5, 99, 100, 101, 250, 1000])
def test_spans_cover_and_overlap(samples):
    parts = list(spans(samples, 100, 10))
    assert parts[0][0] == 0 and parts[-1][1] == samples
    assert all(end - start <= 101 for start, end in parts)
    assert all(before[1] - after[0] == 10 for before, after in zip(parts, parts[1:], strict=False))


def test_blocks_fade_back_to_the_mix():
    mix = np.random.default_rng(2).normal(0, 1, (2, 1000)).astype(np.float32)
    out = np.full((2, 2, 1000), np.nan, np.float32)
    in_blocks(mix, lambda y: np.stack([0.3 * y, 0.7 * y]), out, width=100, overlap=10, progress=lambda *_: None)
    np.testing.assert_allclose(out[0], 0.3 * mix, atol=1e-6)
    np.testing.assert_allclose(out.sum(axis=0), mix, atol=1e-6)


def test_pitch_follows_a_glide_and_ignores_a_louder_single_tone():
    t = seconds(4)
    true = 200 * 2 ** (t / 4)  # an octave up
    phase = 2 * np.pi * np.cumsum(true) / SAMPLE_RATE
    y = sum(np.sin(k * phase) / k for k in range(1, 9)) + 1.2 * np.sin(2 * np.pi * 1510 * t)
    level = np.abs(stft(y.astype(np.float32), 4096, 1024))
    found = track_pitch(level, SAMPLE_RATE / 4096, 90)
    cents = 1200 * np.log2(found / np.interp(np.arange(len(found)) * 1024, np.arange(len(t)), true))
    assert np.mean(np.abs(cents[4:-4]) < 60) > 0.95


def test_the_path_is_the_best_of_all_paths():
    score = np.random.default_rng(3).random((4, 5)).astype(np.float32)

    def worth(path):
        steps = np.abs(np.diff(path))
        costs = [min(0.4 * s / 2 if s <= 2 else np.inf, 1.0) for s in steps]
        return score[path, np.arange(5)].sum() - sum(costs)
    best = max(worth(np.array(p)) for p in np.ndindex(4, 4, 4, 4, 4))
    assert worth(smooth_path(score, 2)) == pytest.approx(best, abs=1e-5)


def test_comb_peaks_on_the_harmonics():
    freqs = np.arange(0, 2000, 10.0)
    teeth = comb(np.array([200.0]), freqs, width=10, harmonics=4, wobble=0)[:, 0]
    assert set(freqs[teeth > 0.99]) == {200, 400, 600, 800}
    assert teeth[freqs == 300] < 1e-6 and teeth[freqs == 1000] == 0


def test_factorisation_finds_recurring_spectra():
    rng = np.random.default_rng(4)
    W, H = rng.random((60, 2)), np.repeat(rng.random((2, 10)) > 0.5, 8, axis=1) + 0.01
    level = (W @ H).astype(np.float32)
    W2, H2 = factorise(level, 3, rounds=60)
    assert np.abs(W2 @ H2 - level).mean() < 0.03 * level.mean()
    np.testing.assert_allclose(W2.sum(axis=0), 1, atol=1e-4)


def test_bands_share_every_frequency():
    np.testing.assert_allclose(bands().sum(axis=1), 1, atol=1e-5)


# cues ----------------------------------------------------------------------------------------------------------------

def shares(y) -> np.ndarray:
    """(4,) of the energy of `y` (channels, samples) that each stem takes."""
    energy = (Embedded().separate(track(y)).y ** 2).sum(axis=(1, 2))
    return energy / energy.sum()


def test_planted_sources_land_in_their_stems():
    t = seconds(6)
    centre = np.ones((2, 1))
    clicks = np.random.default_rng(5).normal(0, 1, t.size) * np.exp(-60 * (t % 0.5))
    bass = sum(np.sin(2 * np.pi * 55 * k * t) / k for k in (1, 2, 3))
    chord = sum(np.sin(2 * np.pi * f * t) for f in (523, 659, 784))
    phase = 2 * np.pi * np.cumsum(440 * (1 + 0.03 * np.sin(2 * np.pi * 5.5 * t)) * 2 ** (np.sin(t) / 3)) / SAMPLE_RATE
    voice = sum(np.sin(k * phase) / k for k in range(1, 8))
    for name, y in (("drums", clicks * centre), ("bass", bass * centre), ("vocals", voice * centre),
                    ("other", chord * np.array([[1.0], [0.1]]))):
        assert shares(0.1 * y)[STEM_NAMES.index(name)] > 0.7, name


def test_masks_sum_to_one_and_are_never_negative():
    spectra = np.stack([stft(channel, 4096, 1024) for channel in np.random.default_rng(6).normal(0, 0.1, (2, 150_000))])
    masks, tune = _masks.first_masks(spectra, np.random.default_rng(6).normal(0, 0.1, 150_000).astype(np.float32))
    np.testing.assert_allclose(masks.sum(axis=0), 1, atol=1e-5)
    assert masks.min() >= 0 and 0 <= tune.min() and tune.max() <= 1


@pytest.mark.parametrize("channels, samples", [(1, 3 * 44_100), (2, 3 * 44_100 + 1), (6, 3 * 44_100)])
def test_any_number_of_channels(channels, samples):
    y = np.random.default_rng(7).normal(0, 0.1, (channels, samples)).astype(np.float32)
    stems = Embedded().separate(track(y))
    assert stems.y.shape == (4, channels, samples) and np.abs(stems.residual).max() < 1e-6


def test_a_long_song_is_done_in_blocks_and_stops_between_them(monkeypatch):
    monkeypatch.setattr(embedded, "BLOCK", 3)
    monkeypatch.setattr(embedded, "OVERLAP", 1)
    y = np.random.default_rng(8).normal(0, 0.1, (1, 9 * SAMPLE_RATE)).astype(np.float32)
    texts = []

    def stop(fraction, text):
        texts.append(text)
        if fraction > 0.4:
            raise Cancelled("stop")
    with pytest.raises(Cancelled):
        Embedded().separate(track(y), progress=stop)
    assert texts == ["separating, part 1 of 4", "separating, part 2 of 4", "separating, part 3 of 4"]
    np.testing.assert_allclose(Embedded().separate(track(y)).mix, y, atol=1e-6)


# music ---------------------------------------------------------------------------------------------------------------

def read(folder: Path, prefix: str, start: float = 0, length: float = 12) -> np.ndarray:
    """(4, channels, samples) true stems."""
    return np.stack([soundfile.read(folder / f"{prefix}{name}.flac", round(length * SAMPLE_RATE),
                                    round(start * SAMPLE_RATE), dtype="float32")[0].T for name in STEM_NAMES])


def figures(truths: np.ndarray, mix: np.ndarray) -> list[float]:
    stems = Embedded().separate(track(mix)).y
    return [sdr(truth, stem) for truth, stem in zip(truths, stems, strict=True)]


@pytest.mark.skipif("MER_TEST_AUDIO" not in os.environ, reason="MER_TEST_AUDIO names no folder")
def test_sdr_on_falcon69():
    folder = Path(os.environ["MER_TEST_AUDIO"])
    mix = soundfile.read(folder / "falcon69_mix.flac", dtype="float32")[0].T
    values = figures(read(folder, "falcon69_", length=7), mix)
    assert np.mean(values) >= 3 and min(values) > 0, dict(zip(STEM_NAMES, values, strict=True))


@pytest.mark.parametrize("slug", sorted(FLOOR))
def test_sdr_on_the_demo_tracks(slug):
    truths = read(ASSETS / "demos" / slug, "", start=10)
    values = figures(truths, truths.sum(axis=0))
    assert np.mean(values) >= FLOOR[slug], dict(zip(STEM_NAMES, values, strict=True))

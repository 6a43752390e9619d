"""Patches of four beats, put together."""

import tracemalloc

import numpy as np
import pytest

from mer_core.audio import resample
from mer_core.errors import ParameterError, TooFewBeats
from mer_core.features import beats
from mer_core.features.beats import (BeatFeatures, Beats, averaged, beat_features, fourier, patched, pitch, successive,
                                          timbre)
from tests.features.lines import SR, strokes, tone


@pytest.fixture(scope="module")
def song():
    """Ten seconds: a stroke each half second, and a chord that changes each second."""
    y = strokes(np.arange(0.5, 10, 0.5), 10.0)
    for k, root in enumerate((57, 62, 64, 57, 59, 62, 64, 57, 55, 57)):
        y[k * SR:(k + 1) * SR] += sum(tone(root + step, 1.0) for step in (0, 4, 7)).astype(np.float32)
    return y


@pytest.fixture(scope="module")
def found(song):
    return beat_features(song, SR)


def test_every_shift_of_four_beats_is_a_patch(found):
    count = len(found.beats.times) - 3
    assert isinstance(found, BeatFeatures) and count >= 10
    assert [getattr(found, name).shape for name in beats.FEATURES] == [(count, 80), (count, 192), (count, 384)]
    for name in beats.FEATURES:
        values = getattr(found, name)
        assert values.dtype == np.float32 and np.isfinite(values).all() and values.flags.c_contiguous


def test_a_patch_holds_its_beats_one_after_another(found):
    for values, size in ((found.rhythm, 20), (found.pitch, 48)):
        by_beat = values.reshape(len(values), 4, size)
        for k in range(3):
            np.testing.assert_array_equal(by_beat[:-1, k + 1], by_beat[1:, k])
    melody = found.pitch.reshape(-1, 4, 48).transpose(0, 2, 1)
    np.testing.assert_array_equal(found.fourier.reshape(-1, 48, 8), fourier.fourier_magnitude(melody))


def test_a_beat_is_the_mean_of_its_frames(song, found):
    mfcc, bands = timbre.percussion_timbre(song), pitch.pitch_bands(song)
    at = 5
    start, stop = found.beats.times[at:at + 2]
    inside = [k for k in range(len(mfcc)) if start <= k * 256 / SR < stop]
    np.testing.assert_allclose(found.rhythm[at - 2].reshape(4, 20)[2], mfcc[inside].mean(axis=0), rtol=1e-4, atol=1e-3)
    inside = [k for k in range(len(bands)) if start <= k * 512 / SR < stop]
    np.testing.assert_allclose(found.pitch[at].reshape(4, 48)[0], np.log(1 + 1000 * bands[inside].mean(axis=0)),
                               rtol=1e-4, atol=1e-6)


def test_the_last_beat_has_its_frames_too():
    grid = Beats(np.array([0.0, 0.5, 1.0, 1.5]), "tracked")
    np.testing.assert_allclose(grid.edges, [0, 0.5, 1, 1.5, 2])
    values = np.arange(20.0)[:, None]
    np.testing.assert_allclose(averaged(values, 10, grid.edges)[:, 0], [2, 7, 12, 17])
    np.testing.assert_allclose(averaged(values[:18], 10, grid.edges)[-1], 16)  # the song ends before the beat does


def test_a_beat_shorter_than_a_frame_takes_the_one_at_hand():
    values = np.arange(4.0)[:, None]
    np.testing.assert_allclose(averaged(values, 1, np.array([0.0, 0.2, 0.4, 2.5, 9.0]))[:, 0], [0, 1, 1.5, 3])


def test_four_beats_make_one_patch():
    rows = [np.random.default_rng(size).random((4, size), dtype=np.float32) for size in (20, 48)]
    one = patched(Beats(np.arange(4.0), "tracked"), *rows)
    assert len(one.rhythm) == len(one.pitch) == len(one.fourier) == 1
    np.testing.assert_array_equal(one.rhythm[0], rows[0].ravel())
    np.testing.assert_allclose(one.pitch[0], np.log(1 + 1000 * rows[1].ravel()), rtol=1e-5)
    assert successive(rows[0]).shape == (1, 4, 20)


def test_the_chord_is_in_the_pitch_feature(found):
    at = int(np.searchsorted(found.beats.times, 1.1))  # D, F#, A sound from 1 s to 2 s
    heard = found.pitch[at].reshape(4, 48)[0]
    strongest = {pitch.NAMES[k] for k in np.argsort(heard)[-3:]}
    assert "A4" in strongest and strongest <= {"D4", "F#4", "A4", "D5", "A5", "F#5"}


def test_silence_has_even_beats_without_pitch():
    with pytest.raises(TooFewBeats, match="at most 0"):
        beat_features(np.zeros(5 * SR, np.float32), SR)
    still = beat_features(np.zeros(5 * SR, np.float32), SR, "even 0.5 s")
    assert len(still.rhythm) == 7 and not still.pitch.any() and not still.fourier.any()
    assert np.isfinite(still.rhythm).all()


def test_another_rate_is_resampled(song, found):
    other = beat_features(resample(song, SR, 44_100), 44_100)
    assert len(other.beats.times) == len(found.beats.times)
    assert np.abs(other.beats.times - found.beats.times).max() < 0.02


def test_two_seconds_are_one_patch_at_most():
    y = tone(60, 2.0).astype(np.float32)
    assert len(beat_features(y, SR, "even 0.5 s").pitch) == 1
    for grid in ("tracked", "even 1 s"):
        with pytest.raises(TooFewBeats):
            beat_features(y, SR, grid)
    with pytest.raises(ParameterError):
        beat_features(y, SR, "")


def test_memory_does_not_grow_with_the_song():
    y = strokes(np.arange(0.5, 60, 0.5), 60.0)
    beat_features(y[:10 * SR], SR)  # loads what is loaded once
    peaks = []
    for seconds in (20, 60):
        tracemalloc.start()
        beat_features(y[:seconds * SR], SR)
        peaks.append(tracemalloc.get_traced_memory()[1] / 1e6)
        tracemalloc.stop()
    assert peaks[1] < 100 and peaks[1] - peaks[0] < 20  # MB; one transform of 60 s with hop 64 is 42 MB in float32

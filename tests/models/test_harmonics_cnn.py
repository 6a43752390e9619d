"""The harmonics CNN's input: bands that move with the song's tuning."""

from dataclasses import replace

import numpy as np
import pytest

from mer_core.models._harmonics import INPUT
from mer_core.models.harmonics_cnn import HarmonicsCNN
from mer_core.schema import STEM_NAMES, Segment, Stems, Track, TrackInfo

SR = 44_100


def chord(a4: float, seconds: float = 7.0) -> np.ndarray:
    """(2, samples) A minor, four partials to a note."""
    t = np.arange(int(seconds * SR)) / SR
    notes = a4 * 2.0 ** (np.array([-12, -9, -5, 0]) / 12)
    y = sum(np.sin(2 * np.pi * h * f * t) / h for f in notes for h in range(1, 5)) * 0.1
    return np.stack([y, y]).astype(np.float32)


def track(y: np.ndarray) -> Track:
    return Track(TrackInfo(id="x", title="chord", duration=y.shape[1] / SR, channels=2), y)


def test_results_of_another_tuning_are_kept_apart():
    assert len({HarmonicsCNN(a4=a4).depends_on for a4 in (None, 430.0, 440.0)}) == 3


@pytest.mark.parametrize("cents", [-30, 0, 25])
def test_the_picture_follows_the_tuning(cents):
    a4 = 440 * 2 ** (cents / 1200)
    song = track(chord(a4))
    assert INPUT.tuning(song) == pytest.approx(a4)
    plain = INPUT.song(track(chord(440.0)))
    moved = INPUT.song(song)
    assert np.abs(moved - plain)[:, 20:-20].mean() < 0.05
    fixed = replace(INPUT, a4=440.0).song(song)
    assert cents == 0 or np.abs(fixed - plain)[:, 20:-20].mean() > 2 * np.abs(moved - plain)[:, 20:-20].mean()


def test_the_grid_says_the_true_hertz():
    sharp = track(chord(440 * 2 ** (25 / 1200)))
    ratio = HarmonicsCNN().grid(sharp).freqs / INPUT.spec.grid(1).freqs
    np.testing.assert_allclose(ratio, 2 ** (25 / 1200), rtol=1e-5)
    at_432 = HarmonicsCNN(a4=432.0).grid(sharp).freqs
    np.testing.assert_allclose(at_432, INPUT.spec.grid(1).freqs * 432 / 440, rtol=1e-5)
    assert HarmonicsCNN().grid(sharp).shape == INPUT.song(sharp).shape


def test_a_mix_keeps_the_songs_tuning():
    """A quiet stem in another tuning, heard alone, is still read with the bands of the song."""
    y = np.zeros((4, 2, 7 * SR), np.float32)
    y[0], y[1] = chord(440.0), 0.1 * chord(452.0)
    stems = Stems(names=STEM_NAMES, y=y, residual=np.zeros((2, 7 * SR), np.float32), backend="test")
    segments = [Segment(0.0, 6.0)]
    alone = INPUT.mixer(stems, segments)(np.array([0, 1, 0, 0, 0], np.float32))
    at_440 = replace(INPUT, a4=440.0)
    np.testing.assert_allclose(alone, at_440.cut(at_440.song(track(y[1])), segments), atol=1e-3)
    assert INPUT.tuning(track(y[1])) != 440

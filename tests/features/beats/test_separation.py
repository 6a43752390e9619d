"""Medians and masks: against scipy, and block by block against the whole."""

import numpy as np
import pytest
from scipy.ndimage import median_filter

from mer_core.features import spectral
from mer_core.features.beats import pitch, separation, timbre, tracking
from mer_core.features.beats.separation import Separation, running_median, split
from tests.features.lines import SR, strokes, tone


@pytest.mark.parametrize("axis", (0, 1))
@pytest.mark.parametrize("width, step", ((3, 1), (3, 5), (9, 2), (17, 1), (17, 4), (31, 1)))
def test_the_median_is_scipys(axis, width, step, monkeypatch):
    monkeypatch.setattr(separation, "CHUNK", 700)  # several chunks, the last one shorter
    values = np.random.default_rng(0).random((61, 47), dtype=np.float32).round(1)  # with ties
    footprint = np.zeros((width - 1) * step + 1, bool)
    footprint[::step] = True
    expected = median_filter(values, footprint=np.expand_dims(footprint, 1 - axis), mode="nearest")
    np.testing.assert_array_equal(running_median(values, axis, step, width), expected)


@pytest.mark.parametrize("shape", ((1, 5), (1, 1), (2, 3)))
def test_the_median_of_less_than_its_width(shape):
    values = np.random.default_rng(1).random(shape, dtype=np.float32)
    assert running_median(values, 0, step=4).shape == running_median(values, 1).shape == shape
    if shape[0] == 1:
        np.testing.assert_array_equal(running_median(values, 0), values)


def test_the_parts_add_up_and_digital_silence_has_none():
    magnitude = np.random.default_rng(2).random((80, 60), dtype=np.float32)
    magnitude[:, :30] = 0
    harmonic, percussive = split(magnitude)
    assert harmonic.dtype == percussive.dtype == np.float32 and (harmonic >= 0).all() and (percussive >= 0).all()
    np.testing.assert_allclose(harmonic + percussive, magnitude, atol=1e-6)
    assert not np.any(harmonic[:, :10]) and not np.any(percussive[:, :10])


@pytest.mark.parametrize("part", (tracking.SEPARATION, timbre.SEPARATION, pitch.SEPARATION))
def test_tones_are_harmonic_and_strokes_percussive(part):
    def shares(y):
        harmonic, percussive = (np.sum(np.concatenate(p) ** 2) for p in zip(*part.parts(y)))
        return harmonic / (harmonic + percussive)
    assert shares(sum(tone(p, 2.0) for p in (57, 64, 72)).astype(np.float32)) > 0.85
    assert shares(strokes(np.arange(0.2, 2, 0.4), 2.0)) < 0.15


@pytest.mark.parametrize("seconds", (0.01, 0.4, 1.3))
@pytest.mark.parametrize("step, block", ((1, 7), (4, 50), (4, 1)))
def test_blocks_give_what_the_whole_gives(seconds, step, block):
    y = np.random.default_rng(3).standard_normal(round(seconds * SR)).astype(np.float32)
    part = Separation(n_fft=256, hop=64, step=step, block=block, bins=90)
    blocks = list(part.parts(y))
    whole = split(np.abs(spectral.stft(y, 256, 64)[:90].T), step)
    for got, expected in zip(zip(*blocks), whole):
        np.testing.assert_allclose(np.concatenate(got), expected, atol=1e-5)


def test_no_more_than_two_blocks_are_held(monkeypatch):
    longest = []
    monkeypatch.setattr(separation, "split", lambda held, step: longest.append(len(held)) or (held, held))
    part = Separation(n_fft=256, hop=64, step=4, block=100)
    assert sum(len(h) for h, _ in part.parts(np.zeros(64 * 5000, np.float32))) == 5001
    assert max(longest) <= 100 + 2 * 2 * part.reach

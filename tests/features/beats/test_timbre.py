import numpy as np
import pytest
import scipy.fft

from mer_core.features import spectral
from mer_core.features.beats import timbre
from mer_core.features.beats.separation import split
from tests.features.lines import SR, strokes, tone

STRUCK = np.arange(0.2, 3, 0.3)


def test_it_is_the_mfcc_of_the_percussive_part():
    y = strokes(STRUCK, 3.0)
    _, percussive = split(np.abs(spectral.stft(y, 512, 256).T))
    level = 10 * np.log10(np.maximum(timbre.MEL.filterbank() @ (percussive.T ** 2), timbre.FLOOR))
    expected = scipy.fft.dct(level, axis=0, norm="ortho")[:20].T
    got = timbre.percussion_timbre(y)
    assert got.shape == (1 + len(y) // 256, 20) and got.dtype == np.float32
    np.testing.assert_allclose(got, expected, atol=0.05)


def test_a_gain_moves_only_the_level():
    y = strokes(STRUCK, 3.0)
    at = (STRUCK * timbre.RATE).astype(int) + 1
    moved = timbre.percussion_timbre(y)[at] - timbre.percussion_timbre(0.5 * y)[at]
    assert moved[:, 0] == pytest.approx(20 * np.log10(2) * np.sqrt(timbre.MEL.n_mels), rel=0.02)
    assert np.abs(moved[:, 1:]).max() < 1


def test_a_chord_changes_what_is_struck_less_than_another_drum_does():
    at = (STRUCK * timbre.RATE).astype(int) + 1
    dry = strokes(STRUCK, 3.0)
    wet = dry.copy()
    wet[:3 * SR] += sum(tone(p, 3.0) for p in (50, 57, 66)) / 3
    dull = np.convolve(dry, np.hanning(60) / 30, "same").astype(np.float32)
    base, chord, drum = (timbre.percussion_timbre(y)[at, 1:].mean(axis=0) for y in (dry, wet, dull))
    assert np.linalg.norm(chord - base) < 0.5 * np.linalg.norm(drum - base)


def test_no_band_is_empty_and_silence_is_finite():
    assert (timbre.MEL.filterbank().sum(axis=1) > 0).all()
    still = timbre.percussion_timbre(np.zeros(SR, np.float32))
    assert np.isfinite(still).all() and not np.abs(still[:, 1:]).max() > 1e-3

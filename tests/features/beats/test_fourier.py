"""The 2-D Fourier transform: against its formula, and the same for a melody in every key."""

import numpy as np
import pytest

from mer_core.features.beats import SR, beat_features
from mer_core.features.beats.fourier import fourier_magnitude
from tests.features.lines import line


def slow(patch):
    """The definition, summed up term by term."""
    rows, columns = patch.shape
    out = np.zeros((rows, 8))
    for k in range(rows):
        for l in range(8):
            terms = [patch[r, c] * np.exp(-2j * np.pi * (k * r / rows + l * c / 8))
                     for r in range(rows) for c in range(columns)]
            out[k, l] = abs(sum(terms))
    return out


def patches(count=3, seed=0):
    return np.random.default_rng(seed).gamma(0.5, 1.0, (count, 48, 4)).astype(np.float32)


def test_it_is_the_formula():
    given = patches(2)
    got = fourier_magnitude(given)
    assert got.shape == (2, 48, 8) and got.dtype == np.float32
    np.testing.assert_allclose(got, [slow(p) for p in given.astype(float)], atol=1e-6 * got.max())


@pytest.mark.parametrize("semitones", range(1, 12))
def test_transposition_leaves_it_as_it_is(semitones):
    given = patches(20)
    got, rolled = fourier_magnitude(given), fourier_magnitude(np.roll(given, semitones, axis=1))
    assert not np.allclose(given, np.roll(given, semitones, axis=1))
    assert np.abs(rolled - got).max() <= 1e-6 * got.max()


def test_it_keeps_what_happens_in_time():
    given = patches()
    got = fourier_magnitude(given)
    for other in (given[:, :, [1, 0, 2, 3]], given[:, np.random.default_rng(1).permutation(48)]):
        assert np.abs(fourier_magnitude(other) - got).max() > 0.05 * got.max()


def test_a_tune_in_another_key_is_the_same_tune():
    tune = [60, 64, 67, 65, 62, 67, 64, 60]
    base, higher, other = (beat_features(line(notes), SR, "even 0.5 s")
                           for notes in (tune, [n + 3 for n in tune], [60, 67, 60, 67, 72, 65, 62, 69]))

    def away(a, b, name):
        a, b = getattr(a, name)[:5].astype(float), getattr(b, name)[:5].astype(float)
        return np.linalg.norm(a - b) / np.linalg.norm(a)
    assert away(base, higher, "fourier") < 0.5 * away(base, other, "fourier")
    assert away(base, higher, "fourier") < 0.3 * away(base, higher, "pitch")

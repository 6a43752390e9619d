"""Which bands a pitch class sees, and the tuning of a song."""

import numpy as np
import pytest

from mer_core.features import spectral
from mer_core.features.harmonics import (
    PITCH_CLASSES, TunedMel, band_table, blinder, contiguous_table, estimate_a4, fundamentals, random_table)

SPEC = TunedMel(sr=22_050, n_fft=4096, hop=512, n_mels=256)
FREQS = SPEC.grid(1).freqs
TABLE = band_table(FREQS, 6, 10)


def chord(a4: float, seconds: float = 3.0) -> np.ndarray:
    """A minor, four partials to a note, beside a little noise."""
    t, rng = np.arange(int(seconds * SPEC.sr)) / SPEC.sr, np.random.default_rng(0)
    notes = a4 * 2.0 ** (np.array([-12, -9, -5, 0]) / 12)
    return (sum(np.sin(2 * np.pi * h * f * t) / h for f in notes for h in range(1, 5)) * 0.1
            + 0.001 * rng.standard_normal(len(t))).astype(np.float32)


def heard_a4(y: np.ndarray) -> float:
    return estimate_a4(spectral.stft_blocks(y, SPEC.n_fft, SPEC.n_fft), SPEC.sr, SPEC.n_fft)


def test_fundamentals_are_the_notes_of_the_piano():
    found = fundamentals(6)
    assert found.shape == (12, 6)
    assert found[0, 3] == 440 and found[0, 0] == 55
    assert found[PITCH_CLASSES.index("C"), 2] == pytest.approx(261.63, abs=0.01)  # middle C
    np.testing.assert_allclose(fundamentals(6, 432.0), found * 432 / 440)


def test_each_place_is_the_band_nearest_to_its_harmonic():
    width = np.gradient(FREQS.astype(float))
    for p, o, h in np.ndindex(TABLE.shape):
        hertz = fundamentals(6)[p, o] * (h + 1)
        if TABLE[p, o, h] < 0:
            assert hertz > FREQS[-1]
        else:
            assert abs(FREQS[TABLE[p, o, h]] - hertz) <= 0.51 * width[TABLE[p, o, h]] or hertz < FREQS[0]


def test_octaves_share_their_harmonics():
    np.testing.assert_array_equal(TABLE[:, 0, 1::2], TABLE[:, 1, :5])  # every second multiple is the octave's own


def test_a_played_note_lights_its_own_pitch_class():
    t = np.arange(SPEC.sr) / SPEC.sr
    for p in range(12):
        f = fundamentals(6)[p, 3]
        y = sum(np.sin(2 * np.pi * h * f * t) / h for h in range(1, 9)).astype(np.float32)
        mel = SPEC.filterbank() @ SPEC.power(y).mean(axis=1)
        read = np.where(TABLE >= 0, mel[TABLE], 0).min(axis=-1, initial=np.inf, where=np.arange(10) < 4)
        assert read[:, 3].argmax() == p


@pytest.mark.parametrize("other", [random_table(TABLE, 256), contiguous_table(TABLE, 256)])
def test_the_ablations_have_the_same_size_without_the_physics(other):
    assert other.shape == TABLE.shape and other.max() < 256 and (other != TABLE)[TABLE >= 0].mean() > 0.9
    heard = other >= 0
    assert (np.diff(other, axis=-1)[heard[..., 1:]] > 0).all()


def test_random_bands_are_silent_where_harmonics_are_and_the_same_again():
    found = random_table(TABLE, 256, seed=3)
    np.testing.assert_array_equal(found < 0, TABLE < 0)
    np.testing.assert_array_equal(found, random_table(TABLE, 256, seed=3))


def test_contiguous_bands_reach_from_the_lowest_to_the_highest():
    found = contiguous_table(TABLE, 256)
    assert found.min() == 0 and found.max() == 255 and (np.diff(found, axis=-1) == 1).all()


def test_the_blinder_hides_what_the_table_does_not_name():
    seen = blinder(TABLE, 256)
    assert seen.shape == (12, 256)
    for p in range(12):
        assert set(np.flatnonzero(seen[p])) == set(TABLE[p][TABLE[p] >= 0])


@pytest.mark.parametrize("cents", [-45, -20, 0, 5, 30])
def test_the_tuning_is_heard_in_steps_of_five_cents(cents):
    a4 = 440 * 2 ** (cents / 1200)
    assert heard_a4(chord(a4)) == pytest.approx(a4)


def test_silence_and_noise_are_read_at_440():
    noise = 0.1 * np.random.default_rng(1).standard_normal(5 * SPEC.sr).astype(np.float32)
    assert heard_a4(np.zeros(SPEC.sr, np.float32)) == 440
    assert heard_a4(noise) == 440


def test_bands_move_with_the_tuning():
    from dataclasses import replace

    sharp = replace(SPEC, a4=452.0)
    np.testing.assert_allclose(sharp.grid(1).freqs, FREQS * 452 / 440, rtol=1e-6)
    flat, high = (s.filterbank() @ s.power(chord(a4)).mean(axis=1) for s, a4 in ((SPEC, 440.0), (sharp, 452.0)))
    np.testing.assert_array_equal(np.sort(flat.argsort()[-4:]), np.sort(high.argsort()[-4:]))

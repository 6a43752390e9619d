import numpy as np
import pytest

from mer_core.features.beats import pitch
from tests.features.lines import SR, strokes, tone


def sine(hertz, seconds=1.5, level=1.0):
    return (level * np.sin(2 * np.pi * hertz * np.arange(round(seconds * SR)) / SR)).astype(np.float32)


def test_the_bands_are_the_papers():
    assert len(pitch.NAMES) == len(pitch.CENTRES) == 48
    assert pitch.NAMES[0] == "G2" and pitch.NAMES[-1] == "F#6" and pitch.NAMES[14] == "A3"
    assert pitch.CENTRES[0] == 98 and pitch.CENTRES[-1] == pytest.approx(1479.98, abs=0.05)


@pytest.mark.parametrize("band", (0, 1, 7, 14, 26, 38, 47))
def test_a_sine_sounds_in_its_band(band):
    values = pitch.pitch_bands(sine(pitch.CENTRES[band], level=0.3))
    middle = values[len(values) // 2]
    assert values.shape == (1 + round(1.5 * SR) // 512, 48) and values.dtype == np.float32
    assert middle.argmax() == band and middle[band] == pytest.approx(0.3, rel=0.02)
    if band:
        assert np.delete(middle, band).max() < (0.18 if band < 14 else 0.09)  # a low semitone is as wide as a bin


def test_the_bank_follows_from_the_formula():
    bank, bins = pitch.filterbank(), np.arange(pitch.TOP) * SR / 4096
    assert bank.shape == (48, pitch.TOP) and not bank.flags.writeable
    for band in (0, 20, 47):
        away = np.abs(12 * np.log2(np.maximum(bins, 1e-3) / pitch.CENTRES[band]))
        np.testing.assert_array_equal(bank[band] > 0, away < 1)
        inside = bank[band] > 0
        height = 1 - away[inside]
        np.testing.assert_allclose(bank[band, inside] / bank[band].max(), height / height.max(), atol=1e-4)


def test_strokes_have_less_pitch_than_tones():
    struck, held = strokes(np.arange(0.2, 2, 0.3), 2.0), tone(57, 2.0).astype(np.float32)
    struck *= np.sqrt(np.sum(held ** 2) / np.sum(struck ** 2))
    assert pitch.pitch_bands(struck).max() < 0.3 * pitch.pitch_bands(held).max()


def test_a_tone_outside_the_four_octaves_is_not_heard():
    for hertz in (70, 1750, 5000):
        assert pitch.pitch_bands(sine(hertz))[20:40].max() < 0.03

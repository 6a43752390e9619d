"""How loud a sound is, and matching it without clipping."""

import numpy as np
import pyloudnorm
import pytest

from mer_core import audio
from mer_core.loudness import CEILING
from tests.sounds import music


@pytest.mark.parametrize("sr", [22_050, 44_100, 48_000])
def test_loudness_agrees_with_pyloudnorm(sr):
    y = music(sr=sr)
    meter = pyloudnorm.Meter(sr)
    assert audio.loudness(y, sr) == pytest.approx(meter.integrated_loudness(y.T.astype(float)), abs=0.02)
    assert audio.loudness(y[0], sr) == pytest.approx(meter.integrated_loudness(y[0].astype(float)), abs=0.02)


def test_loudness_of_a_full_scale_tone_of_short_sounds_and_of_silence():
    tone = np.sin(2 * np.pi * 997 * np.arange(88_200) / 44_100)[None].astype(np.float32)
    assert audio.loudness(tone, 44_100) == pytest.approx(-3.01, abs=0.05)  # BS.1770-4, annex 1
    assert audio.loudness(tone[:, :8820], 44_100) == pytest.approx(-3.01, abs=0.3)
    assert audio.loudness(np.zeros((2, 44_100), np.float32), 44_100) == -np.inf
    assert audio.loudness(np.zeros((2, 0), np.float32), 44_100) == -np.inf


def test_match_loudness_by_gain_alone():
    y = music()
    out, gain = audio.match_loudness(y, -30.0, 44_100)
    assert audio.loudness(out, 44_100) == pytest.approx(-30, abs=0.02)
    np.testing.assert_allclose(out, y * 10 ** (gain / 20), atol=1e-6)


def test_match_loudness_limits_where_the_peaks_would_clip():
    y = music()
    target = audio.loudness(y, 44_100) - 20 * np.log10(audio.true_peak(y, 44_100)) + 5  # peaks 5 dB above full scale
    out, gain = audio.match_loudness(y, target, 44_100)
    assert audio.loudness(out, 44_100) == pytest.approx(target, abs=0.5)
    assert audio.true_peak(out, 44_100) <= 10 ** (CEILING / 20)
    again, _ = audio.match_loudness(y, target, 44_100)
    assert np.array_equal(out, again)


def test_match_loudness_stays_quieter_rather_than_squashing():
    y = np.zeros((1, 5 * 44_100), np.float32)
    y[0, ::22_050] = 0.5  # clicks
    out, gain = audio.match_loudness(y, -10.0, 44_100)
    assert 10 < gain + 20 * np.log10(0.5) < 12.5
    assert audio.true_peak(out, 44_100) <= 10 ** (-0.3 / 20) and audio.loudness(out, 44_100) < -10
    silence, gain = audio.match_loudness(np.zeros((1, 44_100), np.float32), -20, 44_100)
    assert gain == 0 and not silence.any()


def test_true_peak_sees_between_the_samples():
    t = np.arange(44_100)
    y = (np.hanning(44_100) * np.sin(2 * np.pi * t / 4 + np.pi / 4))[None].astype(np.float32)
    assert np.abs(y).max() < 0.71 and audio.true_peak(y, 44_100) == pytest.approx(1, abs=0.01)

import librosa
import numpy as np
import pytest

from mer_core.features import mel
from mer_core.features.mel import MelSpec
from mer_core.schema import Track, TrackInfo


@pytest.mark.parametrize("spec", [MelSpec(12_000, 512, 256, 96), MelSpec(22_050, 2048, 512, 128)])
def test_log_mel_agrees_with_librosa(spec):
    y = np.random.default_rng(0).normal(0, 0.1, spec.sr * 2).astype(np.float32)
    ours = spec.log_mel(spec.power(y))
    theirs = librosa.feature.melspectrogram(y=y, sr=spec.sr, n_fft=spec.n_fft, hop_length=spec.hop, n_mels=spec.n_mels)
    np.testing.assert_allclose(ours, librosa.power_to_db(theirs, ref=1.0, top_db=None), atol=1e-2)
    assert ours.shape == spec.grid(spec.frames(len(y))).shape


def test_the_papers_excerpt_has_938_frames():
    spec = MelSpec(12_000, 512, 256, 96)
    assert spec.log_mel(spec.power(np.zeros(12_000 * 20, np.float32))).shape == (96, 938)


def test_a_gain_moves_every_cell_by_its_decibels():
    spec = MelSpec(12_000, 512, 256, 96)
    y = np.random.default_rng(0).normal(0, 0.1, 12_000)
    np.testing.assert_allclose(spec.log_mel(spec.power(0.1 * y)), spec.log_mel(spec.power(y)) - 20, atol=1e-2)


def test_silence_lies_on_the_floor():
    spec = MelSpec(12_000, 512, 256, 96)
    np.testing.assert_allclose(spec.log_mel(spec.power(np.zeros(12_000))), -100)


def test_a_tone_stands_at_its_hertz():
    y = np.sin(2 * np.pi * 2000 * np.arange(2 * 44_100) / 44_100).astype(np.float32)
    picture = mel.log_mel(Track(TrackInfo("", "", 2.0, 1), y[None]))
    row = picture.values.mean(axis=1).argmax()
    assert abs(picture.grid.freqs[row] - 2000) < 60
    assert picture.unit == "dB"


def test_bands_stand_where_librosas_do():
    theirs = librosa.mel_frequencies(130, fmin=0, fmax=11_025)[1:-1]
    np.testing.assert_allclose(mel.VIEW.grid(1).freqs, theirs, rtol=1e-5)

"""Pictures are made once for a clip and a setting."""

import numpy as np
import pytest
import soundfile

from mer_core.datasets._base import Clip
from mer_core.errors import DataError
from mer_core.features.mel import MelSpec
from mer_core.models._logmel import LogMelInput
from mer_core.training import clip_files, pictures_cache

SPEC = LogMelInput(MelSpec(sr=8_000, n_fft=512, hop=256, n_mels=32), frames=16, floor=-60.0, scale=50.0)


def test_made_once_and_anew_for_another_setting(tmp_path, monkeypatch):
    path = tmp_path / "a.wav"
    soundfile.write(path, np.random.default_rng(0).normal(0, 0.1, 32_000), 8_000)
    clips = [Clip("a", path, "g", (0.0, 0.0))]
    first, = pictures_cache.cached("toy", clips, SPEC, tmp_path / "cache")
    assert first.shape == (32, 1 + 32_000 // 256) and first.dtype == np.float16 and first.max() > 0.2
    decode, made = clip_files.decode, []
    monkeypatch.setattr(clip_files, "decode", lambda path: made.append(1) or decode(path))
    again, = pictures_cache.cached("toy", clips, SPEC, tmp_path / "cache")
    np.testing.assert_array_equal(first, again)
    assert not made
    pictures_cache.cached("toy", clips, LogMelInput(SPEC.spec, 16, -70.0, 50.0), tmp_path / "cache")
    assert made == [1]


def test_a_clip_that_cannot_be_read_is_named(tmp_path):
    (tmp_path / "broken.mp3").write_bytes(b"this is not sound")
    with pytest.raises(DataError, match="broken.mp3"):
        pictures_cache.cached("toy", [Clip("x", tmp_path / "broken.mp3", "g", (0.0, 0.0))], SPEC, tmp_path / "cache")
    assert not list((tmp_path / "cache").glob("*/*"))

import numpy as np
import pytest
import soundfile

from mer_core.datasets._base import Clip
from mer_core.errors import DataError
from mer_core.schema import Track, TrackInfo
from mer_core.training import clip_files, stems_cache


@pytest.fixture
def clips(tmp_path) -> list[Clip]:
    rng, found = np.random.default_rng(0), []
    for i in range(2):
        path = tmp_path / f"{i}.wav"
        soundfile.write(path, 0.1 * rng.standard_normal((4 * 44_100, 2)), 44_100)
        found.append(Clip(str(i), path, str(i), (0, 0)))
    return found


def test_pictures_of_the_mix_and_four_stems_are_made_once(clips, tmp_path, monkeypatch):
    found = stems_cache.cached("toy", clips, folder=tmp_path / "kept", workers=1)
    assert [x.shape for x in found] == [(5, 96, 188)] * 2 and found[0].dtype == np.float16
    monkeypatch.setattr(clip_files, "decode", lambda path: pytest.fail("computed again"))
    again = stems_cache.cached("toy", clips[:1], folder=tmp_path / "kept", workers=1)
    np.testing.assert_array_equal(found[0], again[0])


def test_only_the_mix_needs_no_separation(clips, tmp_path, monkeypatch):
    whole = stems_cache.cached("toy", clips[:1], folder=tmp_path / "kept", workers=1)[0]
    monkeypatch.setattr(stems_cache.Embedded, "separate", lambda *a: pytest.fail("separated"))
    mix, = stems_cache.cached("toy", clips[:1], ("mix",), folder=tmp_path / "kept", workers=1)
    np.testing.assert_array_equal(mix[0], whole[0])


def test_all_stems_share_one_reference():
    """A stem is as quiet in its picture as it is in the song: a low tone leaves vocals and drums nearly empty."""
    t = np.arange(6 * 44_100) / 44_100
    y = np.repeat((0.3 * np.sin(2 * np.pi * 80 * t) * (1 + 0.2 * np.sin(2 * np.pi * t)))[None], 2, axis=0)
    mix, vocals, drums, bass, other = stems_cache.pictures(
        Track(TrackInfo("x", "x", 6.0, 2), y.astype(np.float32))).astype(np.float32)
    assert max(stem.max() for stem in (vocals, drums, bass, other)) <= mix.max() + 0.05
    assert bass.max() > mix.max() - 0.2 and vocals.mean() < 0.5 * bass.mean()


def test_a_clip_that_is_no_audio_is_named(clips, tmp_path):
    clips[1].path.write_bytes(b"no sound at all" * 100)
    with pytest.raises(DataError, match="1.wav"):
        stems_cache.cached("toy", clips, folder=tmp_path / "kept", workers=1)

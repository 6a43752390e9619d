"""Beats and patches of a data set are found once; a clip without beats stays in its place."""

import numpy as np
import pytest
import soundfile

from mer_core.datasets._base import Clip
from mer_core.errors import DataError
from mer_core.features import beats
from mer_core.training import beats_cache, clip_files
from tests.features.lines import SR, strokes, tone


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    folder = tmp_path_factory.mktemp("beats")
    sounds = {"even": strokes(np.arange(0.5, 34, 0.5), 34.0), "held": tone(60, 5.0),
              "quick": strokes(np.arange(0.3, 6, 0.4), 6.0)}
    clips = []
    for name, y in sounds.items():
        soundfile.write(folder / f"{name}.wav", y, SR, subtype="FLOAT")
        clips.append(Clip(name, folder / f"{name}.wav", name, (0.0, 0.0)))
    return clips, beats_cache.cached("toy", clips, folder=folder / "cache"), folder / "cache"


def test_the_features_are_those_of_the_first_half_minute(kept):
    clips, (even, held, quick), _ = kept
    assert held is None and even.beats.times[-1] < 30
    y, _ = soundfile.read(clips[2].path, dtype="float32")
    fresh = beats.beat_features(y, SR)
    np.testing.assert_allclose(quick.beats.times, fresh.beats.times, atol=0.01)
    assert quick.beats.grid == "tracked" and quick.beats.note == fresh.beats.note
    for name in beats.FEATURES:
        got, expected = getattr(quick, name), getattr(fresh, name)
        assert got.dtype == np.float32 and got.shape == expected.shape
        assert np.abs(got - expected).max() < 0.05 * np.abs(expected).max()  # decoded to 44,100 Hz and back


def test_they_are_found_once(kept, monkeypatch):
    clips, first, folder = kept
    monkeypatch.setattr(clip_files, "decode", None)
    again = beats_cache.cached("toy", clips, folder=folder)
    assert again[1] is None
    for a, b in ((first[0], again[0]), (first[2], again[2])):
        np.testing.assert_array_equal(a.fourier, b.fourier)
    assert [path.name for path in folder.iterdir()] == [f"toy-{beats.VERSION}"]


def test_a_new_version_finds_them_anew(kept, monkeypatch):
    clips, _, folder = kept
    monkeypatch.setattr(beats, "VERSION", "next")
    monkeypatch.setattr(clip_files, "decode", lambda path: pytest.fail(f"{path.name} is decoded again"))
    with pytest.raises(pytest.fail.Exception, match="even.wav"):
        beats_cache.cached("toy", clips, folder=folder)


def test_a_clip_that_cannot_be_read_is_named(tmp_path):
    (tmp_path / "broken.mp3").write_bytes(b"this is not sound")
    with pytest.raises(DataError, match="broken.mp3"):
        beats_cache.cached("toy", [Clip("x", tmp_path / "broken.mp3", "g", (0.0, 0.0))], folder=tmp_path / "cache")

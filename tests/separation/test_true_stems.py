"""The demo tracks' own stems, found by the content of the song and not by its name."""

import json

import numpy as np
import pytest
import soundfile

from mer_core.audio import decode
from mer_core.errors import DataError
from mer_core.schema import SAMPLE_RATE, STEM_NAMES, Track, TrackInfo
from mer_core.separation import true_stems
from mer_core.separation.true_stems import TrueStems


@pytest.fixture
def demo(tmp_path, monkeypatch) -> Track:
    """A demo track of two seconds in a folder of its own, listed by its content id."""
    rng = np.random.default_rng(0)
    stems = rng.integers(-4000, 4000, (4, 4 * SAMPLE_RATE, 2)).astype(np.int16)
    folder = tmp_path / "a_piece"
    folder.mkdir()
    for name, y in zip(STEM_NAMES, stems, strict=True):
        soundfile.write(folder / f"{name}.flac", y, SAMPLE_RATE, "PCM_16")
    soundfile.write(folder / "mix.flac", stems.sum(axis=0).astype(np.int16), SAMPLE_RATE, "PCM_16")
    track = decode(folder / "mix.flac")
    (tmp_path / "demos.json").write_text(json.dumps([{"slug": "a_piece", "title": "A", "id": track.info.id}]))
    monkeypatch.setattr(true_stems, "DEMOS", tmp_path)
    return track


def test_they_are_the_rendered_ones_and_leave_no_residual(demo):
    assert TrueStems().available(demo) == ""
    stems = TrueStems().separate(demo)
    for name, y in zip(STEM_NAMES, stems.y, strict=True):
        assert np.array_equal(y.T, soundfile.read(true_stems.DEMOS / "a_piece" / f"{name}.flac", dtype="float32")[0])
    assert np.abs(stems.residual).max() < 1e-6


def test_any_other_song_is_refused(demo):
    y = demo.y.copy()
    y[0, 100] += 1e-3
    other = Track(TrackInfo("another id", "A", demo.duration, 2), y)
    assert "demo tracks" in TrueStems().available(other)
    assert "demo tracks" in TrueStems().available(None)
    with pytest.raises(DataError, match="no true stems"):
        TrueStems().separate(other)


def test_a_missing_or_cut_stem_is_named(demo):
    bass = true_stems.DEMOS / "a_piece" / "bass.flac"
    soundfile.write(bass, np.zeros((100, 2)), SAMPLE_RATE)
    with pytest.raises(DataError, match="a_piece/bass.flac"):
        TrueStems().separate(demo)
    bass.unlink()
    with pytest.raises(DataError, match="bass.flac"):
        TrueStems().separate(demo)


def test_the_shipped_demo_tracks_have_theirs():
    listing = json.loads((true_stems.DEMOS / "demos.json").read_text(encoding="utf-8"))
    for demo in listing:
        track = decode(true_stems.DEMOS / demo["slug"] / "mix.flac")
        assert TrueStems().available(track) == "", demo["slug"]
        assert np.abs(TrueStems().separate(track).residual).max() < 1e-4

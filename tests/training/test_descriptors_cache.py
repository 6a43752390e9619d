"""Descriptors and chords of a data set are measured once, and every feature set follows from what is kept."""

import numpy as np
import pytest
import soundfile

from mer_core.datasets._base import Clip
from mer_core.errors import DataError
from mer_core.features import chords, mid_level
from mer_core.training import clip_files, descriptors_cache
from tests.features.lines import SR, noise, progression


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    folder = tmp_path_factory.mktemp("descriptors")
    clips = []
    for name, y in (("cadence", progression((0, 5, 7, 0) * 6, shift=2)), ("noise", noise(5))):
        soundfile.write(folder / f"{name}.wav", y, SR)
        clips.append(Clip(name, folder / f"{name}.wav", name, (0.0, 0.0)))
    return clips, descriptors_cache.cached("toy", clips, folder / "cache", workers=1), folder / "cache"


def test_a_row_holds_what_the_song_has(kept):
    clips, rows, _ = kept
    assert rows.shape == (2, len(descriptors_cache.COLUMNS)) == (2, 46) and rows.dtype == np.float32
    row = dict(zip(descriptors_cache.COLUMNS, rows[0]))
    assert row["key"] == 2 and row["share_D"] == pytest.approx(0.5, abs=0.1) and row["minorness"] < 0
    noisy = dict(zip(descriptors_cache.COLUMNS, rows[1]))
    assert np.isnan([noisy["key"], noisy["minorness"], noisy["articulation"]]).all() and noisy["dissonance"] > 2


def test_only_the_middle_is_measured(kept):
    clips, rows, _ = kept
    y, _ = soundfile.read(clips[0].path, dtype="float32")
    assert len(y) / SR > 36
    middle = y[(len(y) - 30 * SR) // 2:][:30 * SR]
    np.testing.assert_allclose(rows[0, :7], mid_level.of_sound(middle).values, atol=0.02)


def test_it_is_measured_once(kept, monkeypatch):
    clips, rows, folder = kept
    monkeypatch.setattr(clip_files, "decode", None)
    np.testing.assert_array_equal(descriptors_cache.cached("toy", clips, folder, workers=1), rows)
    assert [path.name for path in folder.iterdir()] == [f"toy-{descriptors_cache.version()}"]


@pytest.mark.parametrize("name", descriptors_cache.SETS)
def test_every_feature_set_follows_from_a_row(kept, name):
    _, rows, _ = kept
    x = descriptors_cache.encoded(rows, name)
    assert x.shape == (2, len(descriptors_cache.SETS[name])) == (2, int(name.split()[0]))
    assert np.isfinite(x[0]).all() and np.isnan(x[1]).any()
    np.testing.assert_array_equal(x[:, :7], rows[:, :7])


def test_sets_are_absolute_or_relative(kept):
    _, rows, _ = kept
    absolute = dict(zip(descriptors_cache.SETS["34"], descriptors_cache.encoded(rows, "34")[0]))
    relative = dict(zip(descriptors_cache.SETS["33 relative"], descriptors_cache.encoded(rows, "33 relative")[0]))
    assert absolute["D"] == absolute["G"] == absolute["A"] == 1 and absolute["C"] == 0 and absolute["key_root"] == 2
    assert relative["I"] == pytest.approx(rows[0, descriptors_cache.COLUMNS.index("share_D")])
    assert set(chords.RELATIVE) <= set(relative)


def test_a_clip_that_cannot_be_read_is_named(tmp_path):
    (tmp_path / "broken.mp3").write_bytes(b"this is not sound")
    clip = Clip("x", tmp_path / "broken.mp3", "g", (0.0, 0.0))
    with pytest.raises(DataError, match="broken.mp3"):
        descriptors_cache.cached("toy", [clip], tmp_path / "cache", workers=1)

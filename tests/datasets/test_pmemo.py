import csv

import numpy as np
import pytest

from mer_core.datasets.pmemo import PMEmo
from mer_core.errors import DataError

STATIC = [("1", 0.4, 0.575), ("4", 0.2625, 0.2875), ("5", 1.0, 0.0), ("7", 0.5, 0.5)]  # musicId, arousal, valence
SONGS = [("1", "1.mp3", "Good Drank", "2 Chainz", "a"), ("2", "2.mp3", "Unrated", "Nobody", "a"),
         ("4", "4.mp3", "X (feat. Future)", "21 Savage", "b"), ("5", "5.mp3", "No Heart", "21  savage ", "b")]
DYNAMIC = [("1", 15.0, 0.5, 0.5), ("1", 15.5, 0.75, 0.0), ("4", 15.0, 0.1, 0.2)]


def table(path, header, rows):
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header, *rows])


def write(root, static=STATIC, audio=True):
    table(root / "metadata.csv", ["musicId", "fileName", "title", "artist", "album"], SONGS)
    table(root / "annotations/static_annotations.csv", ["musicId", "Arousal(mean)", "Valence(mean)"], static)
    table(root / "annotations/dynamic_annotations.csv", ["musicId", "frameTime", "Arousal(mean)", "Valence(mean)"], DYNAMIC)
    (root / "chorus").mkdir()
    for row in static if audio else ():
        (root / "chorus" / f"{row[0]}.mp3").touch()
    return root


def test_ratings_from_0_to_1_become_minus_1_to_1_and_unrated_songs_are_left_out(tmp_path):
    clips = PMEmo(write(tmp_path)).clips()
    assert [c.id for c in clips] == ["1", "4", "5", "7"]
    np.testing.assert_allclose([c.values for c in clips], [(.15, -.2), (-.425, -.475), (-1, 1), (0, 0)], atol=1e-9)
    assert [c.quadrant for c in clips] == [4, 3, 2, 3]
    assert [c.group for c in clips] == ["2 chainz", "21 savage", "21 savage", "clip:7"]
    assert clips[0].title == "Good Drank" and all(c.path.exists() for c in clips)


def test_curves(tmp_path):
    known = PMEmo(write(tmp_path / "pmemo").parent)
    clips = known.clips()
    times, values = known.curve(clips[0])
    np.testing.assert_allclose(times, [15.0, 15.5])
    np.testing.assert_allclose(values, [(0, 0), (-1, .5)])
    times, values = known.curve(clips[2])
    assert times.shape == (0,) and values.shape == (0, 2)


def test_a_missing_chorus_is_named(tmp_path):
    with pytest.raises(DataError, match="1.mp3"):
        PMEmo(write(tmp_path, audio=False)).clips()


@pytest.mark.parametrize("rating", ["", 1.5, -0.1])
def test_a_rating_off_the_scale_is_refused(tmp_path, rating):
    with pytest.raises(DataError, match=r"Arousal\(mean\) of 9"):
        PMEmo(write(tmp_path, [("9", rating, 0.5)])).clips()

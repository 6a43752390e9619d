import csv

import numpy as np
import pytest

from mer_core.datasets.musifeast17 import Musifeast17
from mer_core.errors import DataError

ROWS = [  # CLIP_NAME, GENRE, TRACK_TITLE, ARTIST, valence_M, arousal_M
    ("60s_HIGH_01", "60s", "As We Go", "The  Monkees", 5.0, 1.0),
    ("Jazz_LOW_02", "Jazz", "Blue", "the monkees ", 2.0, 4.5),
    ("Pop_LOW_03", "Pop", "Un, deux", "Björk", 3.0, 3.0),
    ("Pop_LOW_04", "Pop", "Trois", "NA", 2.5, 2.0),
]


def write(root, rows=ROWS, clips=True):
    (root / "data").mkdir(parents=True)
    (root / "stimuli").mkdir()
    with open(root / "data/MUSIFEAST17_all.csv", "w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, quoting=csv.QUOTE_ALL)
        table.writerow(["", "CLIP_NAME", "GENRE", "TRACK_TITLE", "ARTIST", "valence_M", "arousal_M"])
        table.writerows([str(i), *row] for i, row in enumerate(rows))
    for row in rows if clips else ():
        (root / "stimuli" / f"{row[0]}.mp3").touch()
    return root


def test_ratings_from_1_to_5_become_minus_1_to_1(tmp_path):
    clips = Musifeast17(write(tmp_path)).clips()
    assert [c.id for c in clips] == [r[0] for r in ROWS]
    np.testing.assert_allclose([c.values for c in clips], [(1, -1), (-.5, .75), (0, 0), (-.25, -.5)])
    assert [c.quadrant for c in clips] == [4, 2, 3, 3]
    assert all(c.path.exists() for c in clips)
    assert clips[2].title == "Un, deux" and clips[2].genre == "Pop"


def test_one_artist_is_one_group_however_it_is_written(tmp_path):
    groups = [c.group for c in Musifeast17(write(tmp_path)).clips()]
    assert groups == ["the monkees", "the monkees", "bjork", "clip:Pop_LOW_04"]


def test_the_folder_may_hold_the_set_under_its_name(tmp_path):
    write(tmp_path / "musifeast17")
    assert len(Musifeast17(tmp_path).clips()) == 4


def test_a_missing_clip_is_named(tmp_path):
    with pytest.raises(DataError, match="60s_HIGH_01"):
        Musifeast17(write(tmp_path, clips=False)).clips()


@pytest.mark.parametrize("rating", ["NA", 0.5, 5.5])
def test_a_rating_off_the_scale_is_refused(tmp_path, rating):
    rows = [("a", "Pop", "A", "B", rating, 3.0)]
    with pytest.raises(DataError, match="valence_M of a"):
        Musifeast17(write(tmp_path, rows)).clips()

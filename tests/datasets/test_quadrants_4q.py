import csv

import numpy as np
import pytest

from mer_core.datasets.quadrants_4q import Quadrants4Q
from mer_core.errors import DataError

ROWS = [  # Song, Artist, Title, Quadrant, GenresStr
    ("MT01", "Dismember", "Reborn", "Q2", "Electronic; Pop/Rock"),
    ("MT02", "", "Nobody", "Q3", "Jazz"),
    ("MT03", "", "Nobody else", "Q3", ""),
    ("MT04", "Motörhead", "Ace", "Q1", "Pop/Rock"),
    ("MT05", " motorhead", "Ace again", "Q4", "Pop/Rock"),
]


def write(root, rows=ROWS, encoding="utf-8", clips=True):
    base = root / "Dataset"
    base.mkdir(parents=True)
    with open(base / "panda_dataset_taffc_metadata.csv", "w", encoding=encoding, newline="") as file:
        table = csv.writer(file, quoting=csv.QUOTE_ALL)
        table.writerow(["Song", "Artist", "Title", "Quadrant", "GenresStr"])
        table.writerows(rows)
    for song, _, _, quadrant, _ in rows if clips else ():
        (base / quadrant).mkdir(exist_ok=True)
        (base / quadrant / f"{song}.mp3").touch()
    return root


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1"])
def test_quadrants_without_ratings(tmp_path, encoding):
    clips = Quadrants4Q(write(tmp_path, encoding=encoding)).clips()
    assert [c.quadrant for c in clips] == [2, 3, 3, 1, 4]
    assert np.isnan([c.values for c in clips]).all()
    assert all(c.path.exists() for c in clips)
    assert clips[0].genre == "Electronic" and clips[3].title == "Ace"
    groups = [c.group for c in clips]
    assert groups == ["dismember", "clip:MT02", "clip:MT03", "motorhead", "motorhead"]


def test_a_missing_clip_is_named(tmp_path):
    with pytest.raises(DataError, match="MT01"):
        Quadrants4Q(write(tmp_path, clips=False)).clips()


def test_an_unknown_quadrant_is_refused(tmp_path):
    with pytest.raises(DataError, match="'Q5'"):
        Quadrants4Q(write(tmp_path, [("MT01", "A", "B", "Q5", "")])).clips()

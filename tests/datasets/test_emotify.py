import csv

import numpy as np
import pytest

from mer_core.datasets.emotify import EMOTIONS, Emotify
from mer_core.errors import DataError

HEADER = ["track id", " genre", *(f" {e}" for e in EMOTIONS), " mood"]


def made(root, rows, files=("classical/1", "rock/1", "pop/100")):
    """The published layout with a row for each of `rows`: (track, genre as the table says, ticks)."""
    for name in files:
        path = root / "data" / "emotifymusic" / f"{name}.mp3"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")
    with open(root / "data" / "data.csv", "w", newline="") as file:
        csv.writer(file).writerows([HEADER, *[[track, genre, *ticks, 1] for track, genre, ticks in rows]])
    return Emotify(root)


def ticks(*names):
    return [int(e in names) for e in EMOTIONS]


def test_rows_of_listeners_become_shares_of_each_clip(tmp_path):
    dataset = made(tmp_path, [(101, "wrong", ticks("power")), (1, "classical", ticks("calmness", "sadness")),
                              (1, "classical", ticks("calmness")), (400, "pop", ticks())])
    clips, felt = dataset.clips(), dataset.felt()
    assert [c.id for c in clips] == ["classical 1", "rock 1", "pop 100"]
    assert [c.genre for c in clips] == ["classical", "rock", "pop"]  # by the number, whatever the column says
    assert len({c.group for c in clips}) == 3 and all(c.quadrant is None and np.isnan(c.values).all() for c in clips)
    assert felt.shape == (3, 9)
    assert felt[0, EMOTIONS.index("calmness")] == 1 and felt[0, EMOTIONS.index("sadness")] == 0.5
    assert felt[1, EMOTIONS.index("power")] == 1 and felt[2].sum() == 0
    names, ratings = dataset.ratings()
    assert names == EMOTIONS and (ratings == felt).all() and "0 to 1" in dataset.unit


@pytest.mark.parametrize("row, said", [((401, "pop", ticks()), "401"), (("x", "pop", ticks()), "'x'"),
                                       ((2, "classical", ticks()), "2.mp3")])
def test_what_is_not_the_published_layout_is_refused(tmp_path, row, said):
    with pytest.raises(DataError, match=said):
        made(tmp_path, [row]).clips()

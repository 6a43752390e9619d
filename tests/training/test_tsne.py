"""The picture of embeddings: alike clips lie near each other, and neighbours are other artists'."""

from pathlib import Path

import numpy as np
import pytest

from mer_core import results
from mer_core.datasets._base import Clip
from mer_core.training import tsne


def clips(count: int, artists: int) -> list[Clip]:
    rng = np.random.default_rng(0)
    return [Clip(f"c{i}", Path(f"{i}.wav"), f"artist {i % artists}", (rng.uniform(-1, 1), float(i % 2)), title=f"song {i}",
                 genre="folk") for i in range(count)]


@pytest.fixture(scope="module")
def drawn() -> tuple[list[Clip], dict]:
    """40 clips in two clouds far apart; arousal is the cloud, valence is chance."""
    made, rng = clips(40, 8), np.random.default_rng(1)
    x = rng.normal(size=(40, 6)) + np.array([6.0 * clip.values[1] for clip in made])[:, None]
    return made, tsne.picture(made, "toy", "a toy", np.c_[x, np.ones(40)])


def test_what_sounds_alike_lies_near(drawn):
    made, picture = drawn
    assert picture["dimensions"] == 7 and len(picture["x"]) == len(picture["y"]) == 40
    assert picture["neighbours"]["arousal"] > 0.5 > abs(picture["neighbours"]["valence"])
    assert max(map(abs, picture["x"] + picture["y"])) == pytest.approx(1, abs=0.2)


def test_the_same_picture_comes_out_again():
    x = np.random.default_rng(0).normal(size=(20, 4))
    assert np.array_equal(tsne.places(x), tsne.places(x))


def test_a_column_that_does_not_vary_is_left_out():
    x = tsne.standardised(np.c_[[1.0, 2, 3], [5.0, 5, 5]])
    assert x.shape == (3, 1) and x.mean() == pytest.approx(0) and x.std() == pytest.approx(1)


def test_neighbours_are_by_other_artists():
    xy = np.arange(30, dtype=float)[:, None] * [1, 0]
    groups = [f"a{i // 3}" for i in range(30)]
    found = tsne.near(xy, groups)
    assert found.shape == (30, tsne.NEIGHBOURS)
    assert all(groups[j] != groups[i] for i in range(30) for j in found[i])
    assert found[0, 0] == 3  # 1 and 2 are nearer, and the same artist's


def test_what_is_written_is_what_the_page_reads(drawn, tmp_path):
    made, picture = drawn
    tsne.write(tsne.results(made, [picture]), tmp_path / "tsne.json")
    found = results.load("tsne", tmp_path)
    assert found["command"] == results.STORED["tsne"].command and found["embeddings"] == [picture]
    assert found["tracks"][1] == {"id": "c1", "artist": "Artist 1", "title": "song 1", "genre": "folk",
                                  "valence": round(made[1].values[0], 4), "arousal": 1.0}

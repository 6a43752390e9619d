"""What the student is taught: teachers' components, labels of the right clips only, and that it learns at all."""

import numpy as np
import pytest
import torch

from mer_core.datasets._base import Clip
from mer_core.models.backbones.student import FRAMES
from mer_core.models.nets.student import Student
from mer_core.training import fit_student
from mer_core.training.fit_student import Lesson

PLAN = {"epochs": 4, "batch": 4, "rate": 3e-3, "decay": 0.0, "dropout": 0.0, "weights": {"level": 1.0},
        "alter": {"jitter": 3, "gain": 0.0, "short": 0.0, "shortest": 64, "masks": 0, "bands": 1, "gap": 1}}


def test_components_hold_one_unit_of_variance():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(200, 3)) @ rng.normal(size=(3, 8)) * 40 + 9
    found = fit_student.components(x, 8)
    assert found.var(axis=0).sum() == pytest.approx(1, abs=1e-4)
    assert found[:, 3:].var() < 1e-8  # eight columns, three causes


def test_a_teacher_is_asked_for_its_own_clips_only():
    where = np.array([(0, 0), (0, FRAMES), (1, 0)])
    heard = {"net": [{"layer": np.array([[1.0, 0.0], [3.0, 1.0]]), "times": np.array([5.0, 15.0])}, None]}
    found = fit_student.teachers(heard, where, {"net_layer": 2})["net_layer"]
    assert np.isnan(found[2]).all() and np.isfinite(found[:2]).all()
    np.testing.assert_allclose(found[0], -found[1], atol=1e-6)


def test_chunks_of_a_clip_follow_the_grid_of_ten_seconds():
    found = fit_student.places([np.zeros((96, 3 * FRAMES)), np.zeros((96, 200))])
    assert found.tolist() == [[0, 0], [0, FRAMES], [0, 2 * FRAMES], [1, 0]]


class Set:
    """A data set in memory."""

    def __init__(self, clips):
        self._clips = clips

    def clips(self):
        return self._clips

    def felt(self):
        return np.full((len(self._clips), 9), 0.25)


def test_no_label_comes_from_an_artist_of_the_rated_set(tmp_path, monkeypatch):
    nan = (np.nan, np.nan)
    sets = {"4q": Set([Clip("a", tmp_path, "the beatles", nan, 1, genre="Rock"),
                       Clip("b", tmp_path, "other", nan, 3, genre="Jazz")]),
            "emotify": Set([Clip("c", tmp_path, "clip:1", nan, genre="pop")])}
    monkeypatch.setattr(fit_student, "moods", lambda dataset, clips: np.ones((len(clips), 2)))
    found = fit_student.labels(sets, rated={"beatles"})
    known = {name: np.isfinite(rows[:, 0]).tolist() for name, rows in found.items()}
    assert known == {"quadrant": [False, True, False], "mood": [False, True, False], "genre": [False, True, True],
                     "felt": [False, False, True]}
    assert found["quadrant"][1].tolist() == [0, 0] and found["felt"][2].tolist() == [0.25] * 9


def test_what_nobody_knows_counts_nothing():
    loss = fit_student.marks({"level": 2, "quadrant": 2}, {"level": 2.0, "quadrant": 0.5})
    given = torch.tensor([[1.0, 0.0, 0.0, 0.0], [5.0, 5.0, 0.0, 0.0]])
    wanted = torch.tensor([[0.0, 0.0, 1.0, 0.0], [np.nan, np.nan, np.nan, np.nan]])
    assert loss(given, wanted).item() == pytest.approx(2 * 1 + 0.5 * np.log(2), abs=1e-5)


def test_it_learns_how_loud_a_chunk_is():
    rng = np.random.default_rng(0)
    levels = rng.uniform(0.2, 1.8, 24)
    pictures = [np.full((96, FRAMES), level, np.float16) for level in levels]
    subject = fit_student.components(levels[:, None], 1)
    torch.manual_seed(0)
    network = Student()
    curve = fit_student.school(network, Lesson(pictures, fit_student.places(pictures), {"level": subject}), PLAN, 0)
    assert curve[-1]["loss"] < 0.5 < curve[0]["loss"]

"""The quadrant study on planted songs: what it finds, and that the test part decides nothing."""

import json

import numpy as np
import pytest

from mer_core.errors import ParameterError
from mer_core.training import results_quadrants, study_quadrants
from mer_core.training.results_quadrants import CHOSEN, confusion, measures
from mer_core.training.run import recipe
from mer_core.training.study_quadrants import Songs

PLAN = {"rated": "4q", "outer": 4, "inner": 3, "splits": [0, 1], "grid": {"gamma": [0.3, 1.0], "alpha": [0.1, 1.0]},
        "rows": [{"name": "noise", "title": "noise", "combine": "mean", "learners": [["noise"]]},
                 {"name": "sound", "title": "sound", "combine": "mean", "learners": [["valence"], ["arousal"]]},
                 {"name": "stacked", "title": "stacked", "combine": "stack",
                  "learners": [["noise"], ["valence"], ["valence", "arousal"]]}]}


@pytest.fixture
def songs(monkeypatch, tmp_path) -> Songs:
    """80 songs by 40 artists; one view tells the valence side, one the arousal side, one nothing."""
    monkeypatch.setattr(study_quadrants, "FOLDER", tmp_path)
    rng = np.random.default_rng(0)
    quadrants = np.arange(80) % 4
    side = {"valence": np.isin(quadrants, (0, 3)), "arousal": np.isin(quadrants, (0, 1)), "noise": np.zeros(80)}
    parts = {name: 2.0 * of[:, None] + rng.normal(0, 0.5, (80, 6)) for name, of in side.items()}
    return Songs(parts, quadrants, np.array([f"artist {i // 2}" for i in range(80)]))


def test_what_tells_the_quadrant_is_found_and_trusted(songs):
    scores, trusted = study_quadrants.study(songs, PLAN)
    found = {name: np.mean([measures(confusion(songs.quadrants, s.argmax(axis=1)))["macro_f1"] for s in of])
             for name, of in scores.items()}
    assert found["noise"] < 0.45 and found["sound"] > 0.9 and found["stacked"] > 0.9 and found[CHOSEN] > 0.9
    assert len(trusted) == 8 and "noise" not in trusted


def test_the_quadrants_of_the_test_part_change_nothing(songs):
    learn, test = study_quadrants.grouped_folds(songs.artists, 4, 0)[0]
    turned = songs.quadrants.copy()
    turned[test] = (turned[test] + 1) % 4
    known, other = (study_quadrants.one_fold(Songs(songs.parts, q, songs.artists), learn, test, PLAN)
                    for q in (songs.quadrants, turned))
    assert known["trusted"] == other["trusted"]
    for name, values in known["scores"].items():
        np.testing.assert_array_equal(values, other["scores"][name])


def test_the_sound_of_the_test_part_changes_no_other_answer(songs):
    learn, test = study_quadrants.grouped_folds(songs.artists, 4, 0)[0]
    parts = {name: x.copy() for name, x in songs.parts.items()}
    for x in parts.values():
        x[test[0]] += 100
    known, other = (study_quadrants.one_fold(Songs(p, songs.quadrants, songs.artists), learn, test, PLAN)
                    for p in (songs.parts, parts))
    np.testing.assert_allclose(known["scores"]["sound"][1:], other["scores"]["sound"][1:], atol=1e-9)


def test_a_finished_fold_is_not_done_twice(songs, monkeypatch):
    first, _ = study_quadrants.study(songs, PLAN)
    monkeypatch.setattr(study_quadrants, "one_fold", lambda *a: pytest.fail("done twice"))
    again, _ = study_quadrants.study(songs, PLAN)
    np.testing.assert_allclose(first["sound"], again["sound"])


def test_distances_are_those_of_standardised_columns():
    x = np.random.default_rng(1).normal(3, [1.0, 50.0, 0.0], (30, 3))
    fit = np.arange(20)
    found = study_quadrants.distances(x, fit)
    z = (x[:, :2] - x[fit, :2].mean(axis=0)) / x[fit, :2].std(axis=0)
    np.testing.assert_allclose(found, ((z[:, None] - z) ** 2).sum(axis=2) / 3, atol=1e-9)


def test_a_stack_leaves_out_what_tells_nothing():
    rng = np.random.default_rng(2)
    truth = np.eye(4)[rng.integers(0, 4, 100)]
    held = np.stack([0.8 * truth + 0.05, rng.uniform(0, 1, truth.shape) - 0.5])
    weight = study_quadrants.weights("stack", held, truth)
    assert weight[0] > 1 and weight[1] < 0.05
    np.testing.assert_allclose(study_quadrants.weights("mean", held, truth), [0.5, 0.5])


def test_views_are_means_or_deviations_over_chunks():
    heard = {"net": [{"embed": np.array([[1.0, 2.0], [3.0, 2.0]])}]}
    measured = np.arange(454.0)[None]
    assert study_quadrants.view("net_embed", heard, measured).tolist() == [[2, 2]]
    assert study_quadrants.view("net_embed:sd", heard, measured).tolist() == [[1, 0]]
    assert study_quadrants.view("handcrafted_386", heard, measured).shape == (1, 386)
    assert study_quadrants.view("handcrafted", heard, measured).shape == (1, 454)


def test_measures_of_a_confusion_by_hand():
    counts = np.array([[3, 1, 0, 0], [0, 4, 0, 0], [0, 0, 2, 2], [0, 0, 0, 4]])
    found = measures(counts)
    assert found["accuracy"] == 13 / 16 and found["macro_recall"] == pytest.approx(13 / 16)
    assert found["macro_precision"] == pytest.approx((1 + 4 / 5 + 1 + 4 / 6) / 4)
    assert found["macro_f1"] == pytest.approx((6 / 7 + 8 / 9 + 2 / 3 + 4 / 5) / 4)
    assert found["arousal_side"] == 1 and found["valence_side"] == 13 / 16
    assert confusion(np.array([0, 0, 3]), np.array([0, 1, 3])).tolist()[0] == [1, 1, 0, 0]


def test_measures_agree_with_scikit_learn():
    from sklearn.metrics import precision_recall_fscore_support

    rng = np.random.default_rng(3)
    truth, said = rng.integers(0, 4, (2, 200))
    found = measures(confusion(truth, said))
    expected = precision_recall_fscore_support(truth, said, average="macro")[:3]
    np.testing.assert_allclose([found[f"macro_{m}"] for m in ("precision", "recall", "f1")], expected)


def test_stored_rows_are_means_over_divisions():
    truth = np.array([0, 1, 2, 3])
    right, wrong = np.eye(4), np.eye(4)[[1, 1, 2, 3]]
    found = results_quadrants.row("a", "A", truth, [right, wrong], [5, 6])
    assert found["here"]["accuracy"] == 0.875 and found["splits"]["5"] == 1.0 > found["splits"]["6"]
    assert found["confusion"][0] == [0.5, 0.5, 0, 0] and json.dumps(found)


def test_the_recipe_names_learners_once_and_a_study_ships_no_weights(tmp_path):
    plan = recipe("quadrants")
    known = study_quadrants.learners(plan)
    assert len(known) == len(set(known)) and {row["combine"] for row in plan["rows"]} <= {"mean", "stack"}
    with pytest.raises(ParameterError, match="evaluate quadrants"):
        study_quadrants.train(tmp_path, plan, tmp_path)

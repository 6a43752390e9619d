"""A2E and its kin on made-up chromagrams in which one pitch class says what the ratings are."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from mer_core.datasets._base import Clip
from mer_core.errors import ParameterError
from mer_core.training import fit_a2e
from mer_core.training.fit_a2e import Study
from mer_core.training.nested import Runs

PLAN = {"epochs": 2, "patience": 2, "batch": 8, "rate": 1e-3, "decay": 1e-2, "windows": 2}
CHEAP = {"epochs": 60, "patience": 15, "batch": 8, "rate": 1e-2, "decay": 1e-3, "windows": 1}
RECIPE = {"model": "a2e", "rated": "emotify", "plan": {"chromagram": PLAN, "mean_chroma": CHEAP},
          "seeds": {"a2e": {"mean_chroma": [0, 1]}, "a2mid": {"mean_chroma": [0]}, "joint": {"mean_chroma": [1, 2]}}}
N = 60


def made(folder, seed=0) -> Study:
    """Clips of 11 s; the mean of C is the first rating and the third descriptor, that of A the second."""
    torch.set_num_threads(1)
    rng = np.random.default_rng(seed)
    level = rng.uniform(0, 1, (N, 12)).astype(np.float32)
    pictures = [(level[i, :, None] * np.ones((12, 450))).astype(np.float16) for i in range(N)]
    ratings, mids = level[:, [0, 9]].astype(float), level[:, [3, 4, 0]].astype(float)
    mids[5, 1] = np.nan
    clips = [Clip(f"c{i}", None, f"g{i // 2}", (np.nan, np.nan)) for i in range(N)]
    study = Study(clips, ("p", "q"), ratings, RECIPE, Runs(folder, {"clips": N}), "toy", mids, ("x", "y", "z"))
    study.made["chromagram"] = pictures
    return study


def test_groups_stay_together_and_a_fifth_is_tested(tmp_path):
    study = made(tmp_path)
    among, test = study.part(0)
    parts = [set(study.groups[rows]) for rows in (among.learn, among.held, test)]
    assert len(test) == 12 and sum(map(len, parts)) == 30 == len(set.union(*parts))
    assert set(made(tmp_path).part(1)[1]) != set(test)


def test_mean_chroma_learns_what_is_planted_and_is_not_done_twice(tmp_path, monkeypatch):
    study = made(tmp_path)
    run = fit_a2e.a2e(study, "mean_chroma", 0)
    assert fit_a2e.tested(study, run, 0, study.ratings)["mean"] > 0.8
    monkeypatch.setattr(fit_a2e, "learn", lambda *a, **k: pytest.fail("done again"))
    again = fit_a2e.a2e(made(tmp_path), "mean_chroma", 0)
    np.testing.assert_allclose(again.predicted, run.predicted, atol=1e-6)


def test_the_test_part_teaches_nothing(tmp_path):
    study, other = made(tmp_path / "a"), made(tmp_path / "b")
    _, test = study.part(0)
    other.ratings[test] = 100.0
    runs = [fit_a2e.a2e(s, "mean_chroma", 0).predicted for s in (study, other)]
    np.testing.assert_array_equal(*runs)


def test_by_way_of_descriptors(tmp_path):
    study = made(tmp_path)
    mids = fit_a2e.a2mid(study, "mean_chroma", 0)
    assert mids.predicted.shape == (N, 3) and np.isfinite(mids.predicted).all()
    assert fit_a2e.tested(study, mids, 0, study.mids)["each"][2] > 0.8
    chained, both = (route(study, "mean_chroma", 0) for route in (fit_a2e.a2mid2e, fit_a2e.joint))
    for run in (chained, both):
        assert run.predicted.shape == (N, 2)
        assert fit_a2e.tested(study, run, 0, study.ratings)["each"][0] > 0.7  # z, the third descriptor, tells it
    assert fit_a2e.tested(study, chained, 0, study.ratings)["each"][1] < 0.6  # no descriptor knows of A


def test_the_convolutions_run_on_a_chromagram(tmp_path):
    study = made(tmp_path)
    run = fit_a2e.joint(study, "chromagram", 0)
    assert run.predicted.shape == (N, 2) and 1 <= len(run.curve) <= 2 and "validation" in run.curve[0]
    assert (tmp_path / "joint/chromagram/seed0/config.json").exists()


def test_both_pictures_may_meet_on_branches_that_were_taught_alone(tmp_path, monkeypatch):
    monkeypatch.setattr(fit_a2e, "INPUTS", {k: SimpleNamespace(frames=40) for k in ("spectrogram", "chromagram")})
    once = {**PLAN, "epochs": 1, "windows": 1}
    plans = {"spectrogram": once, "chromagram": once, "both": {**CHEAP, "fixed": True, "windows": 2}}
    study, rng = replace(made(tmp_path), recipe={**RECIPE, "plan": plans}), np.random.default_rng(3)
    study.made["spectrogram"] = [rng.uniform(0, 1, (24, 50)).astype(np.float16) for _ in range(N)]
    with pytest.raises(FileNotFoundError):
        fit_a2e.a2e(study, "both", 0)
    alone = {kind: fit_a2e.a2e(study, kind, 0).weights for kind in ("spectrogram", "chromagram")}
    both = fit_a2e.a2e(study, "both", 0)
    assert both.predicted.shape == (N, 2) and both.weights["head.weight"].shape == (2, 512)
    for k, weights in enumerate(alone.values()):
        torch.testing.assert_close(both.weights[f"branches.{k}.0.weight"], weights["branches.0.0.weight"])
        torch.testing.assert_close(both.weights[f"branches.{k}.1.running_mean"], weights["branches.0.1.running_mean"])


def test_a_mean_is_not_pulled_by_what_is_not_defined():
    truth = torch.tensor([[1.0, float("nan")], [0.0, 2.0]])
    answer = torch.tensor([[0.0, 50.0], [0.0, 0.0]], requires_grad=True)
    error = fit_a2e._loss(answer, truth, 0)
    error.backward()
    assert error.item() == pytest.approx(5 / 4) and answer.grad[0, 1] == 0 and torch.isfinite(answer.grad).all()
    assert fit_a2e._loss(answer, truth, 1).item() == pytest.approx(0.5 + 2.0)


def test_the_command_gives_a_row_a_route_and_input(tmp_path, monkeypatch):
    monkeypatch.setattr(fit_a2e, "opened", lambda data, recipe: made(tmp_path))
    said = []
    found = fit_a2e.evaluate(None, RECIPE, lambda f, t="": said.append(f))
    assert set(found) == {"a2e", "a2mid", "joint"} and found["a2e"]["mean_chroma"]["seeds"] == 2
    assert said == sorted(said) and said[-1] == 1.0
    every = fit_a2e.every_run(made(tmp_path))
    assert list(every["joint", "mean_chroma"]) == [1, 2] and len(every["a2mid", "mean_chroma"][0]["each"]) == 3
    with pytest.raises(ParameterError, match="mid2e"):
        fit_a2e.train(None, RECIPE, tmp_path)


def test_the_cost_of_explainability_is_of_the_same_seeds():
    direct, through = {0: {"mean": 0.9}, 1: {"mean": 0.7}}, {1: {"mean": 0.6}, 2: {"mean": 0.1}}
    assert fit_a2e.cost(direct, through) == [0.1, 0.0, 1]
    assert fit_a2e.cost(direct, {}) == []


def test_a_set_without_ratings_is_refused(tmp_path):
    (tmp_path / "Dataset").mkdir()
    table = "Song,Artist,Title,Quadrant,GenresStr\nMT1,a,b,Q1,Pop\n"
    (tmp_path / "Dataset/panda_dataset_taffc_metadata.csv").write_text(table)
    (tmp_path / "Dataset/Q1").mkdir()
    (tmp_path / "Dataset/Q1/MT1.mp3").touch()
    with pytest.raises(ParameterError, match="does not rate"):
        fit_a2e.opened(tmp_path, {**RECIPE, "rated": "4q"})

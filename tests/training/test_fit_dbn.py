"""Table 3, errors over folds and the shipped weights on a few made-up clips whose rhythm tells where they stand."""

import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from mer_core.datasets._base import Clip
from mer_core.datasets._gaussians import LabelGaussians
from mer_core.datasets.musifeast17 import Musifeast17
from mer_core.models.dbn import DeepBeliefNetwork
from mer_core.training import dbn_runs, fit_dbn, results_dbn, study_dbn
from mer_core.training.beats_material import Material, standards
from mer_core.training.dbn_runs import Sound, Study
from mer_core.training.nested import Part, Runs

sys.path.insert(0, str(Path(__file__).parents[1] / "models"))
import beats  # noqa: E402

N = 30
RECIPE = {"model": "dbn", "rated": "musifeast17", "unlabelled": ["musifeast17"], "sizes": [8, 6, 4],
          "divisions": [0, 1], "outer": 3, "inner": 3, "splits": [0], "draws": 20, "seed": 0,
          "pretrain": {"k": 1, "epochs": [1, 2], "rates": [1e-3], "binomial_rate": 0.02, "momentum": 0.5, "decay": 1e-4,
                       "batch": 50},
          "tune": {"epochs": 25, "patience": 5, "batch": 32, "rate": 1e-2, "decay": 1e-3}}


def made(folder, seed=0) -> Study:
    dice = np.random.default_rng(seed)
    values = dice.uniform(-0.6, 0.6, (N, 2))
    heard = []
    for i, (v, a) in enumerate(values):
        found = beats.heard(10, seed=i)
        found.rhythm[:, ::2] += 2 * v
        found.rhythm[:, 1::2] += 2 * a
        heard.append(found)
    spread = np.array([[0.04, 0.01], [0.01, 0.09]])
    labels = [LabelGaussians(np.zeros(1), v[None], spread[None]) for v in values]
    clips = [Clip(f"c{i}", None, f"artist{i // 2}", tuple(v)) for i, v in enumerate(values)]
    known = SimpleNamespace(root=folder, **{k: getattr(Musifeast17, k) for k in ("name", "title", "licence", "citation",
                                                                                "url")})
    material = Material(clips, heard, labels, standards(heard))
    sound = Sound({"musifeast17": N}, heard, material.groups)
    study = Study(known, material, ("lost",), sound, RECIPE, Runs(folder, {}))
    study.kept["mfcc"] = dice.normal(size=(len(material.clip_of_second), 20))
    return study


@pytest.fixture(scope="module")
def study(tmp_path_factory) -> Study:
    return made(tmp_path_factory.mktemp("runs"))


@pytest.fixture(scope="module")
def table(study):
    return study_dbn.table(study)


@pytest.fixture(scope="module")
def tested(study):
    return study_dbn.tested(study)


def test_a_division_keeps_artists_apart_and_has_the_papers_shares():
    groups = np.repeat(np.arange(100), 2)
    learn, test = study_dbn.division(groups, 3)
    parts = [learn.learn, learn.held, test]
    assert [len(p) for p in parts] == [100, 40, 60]
    assert sorted(np.concatenate(parts)) == list(range(200))
    sides = [set(groups[p]) for p in parts]
    assert not (sides[0] & sides[1] or sides[0] & sides[2] or sides[1] & sides[2])


def test_the_table_finds_what_is_planted_in_rhythm_and_nothing_in_pitch(study, table, tested):
    found = results_dbn.results(study, table, tested, study_dbn.shipped(study, table))
    rows = {(r["features"], r["layer"]): r for r in found["table"]}
    assert len(rows) == 15 and len(found["baselines"]) == len(study_dbn.BASELINES)
    constant = next(b for b in found["baselines"] if b["name"] == "constant")["here"]["distance"][0]
    assert rows["rhythm", 2]["here"]["finetuned"]["distance"][0] < 0.75 * constant
    assert rows["pitch", 2]["here"]["finetuned"]["distance"][0] > 0.9 * constant
    assert rows["rhythm+fourier", 2]["paper"]["finetuned"] == {"distance": [.113, .022], "kl": [.514, .131]}
    assert "rhythm" in found["shipped"]["features"]
    curves = found["pretraining"]["pitch"]
    assert [len(layer) for layer in curves["layers"]] == [curves["epochs"] + 1] * 3
    assert found["calibration"]["clips"][0]["of"] == N and found["here"]["left_out"] == ["lost"]


def test_errors_are_of_clips_that_were_not_known(study, tested):
    error = results_dbn.test_error(study, tested)
    assert error["valence"]["r"] > 0.8 and error["arousal"]["r"] > 0.8
    assert np.linalg.eigvalsh(error["covariance"]).min() > 0
    assert (np.linalg.eigvalsh(tested.said[0][1]) > 0).all()
    assert sum(results_dbn.answered(tested).values()) == RECIPE["outer"]


def test_the_test_part_teaches_nothing(tmp_path):
    learn, test = study_dbn.division(made(tmp_path / "a").material.groups, 0)
    said = []
    for k, change in enumerate((0.0, 0.5)):
        study = made(tmp_path / str(k))
        for i in test:
            study.material.labels[i].means[:] += change
        layers = study_dbn.tuned_layers(study, learn, lambda f: study_dbn.start(study, f, learn))
        z = study_dbn.joined(layers, ("rhythm+pitch", 1))
        said.append(study_dbn.judged(study, z, learn)[0](z)[0])
    np.testing.assert_array_equal(*said)


def test_what_ships_says_what_was_learnt(study, table, tmp_path, monkeypatch):
    monkeypatch.setattr(fit_dbn, "opened", lambda *_: study)
    card = fit_dbn.train(None, RECIPE, tmp_path)
    model, ship = DeepBeliefNetwork(tmp_path), study_dbn.shipped(study, table)
    assert set(card.gives) == {"audio", "gradients", "beats"} and "lost" not in card.targets
    assert len({fit_dbn.packed(study, ship, fit_dbn.assembled(study, ship)) for _ in range(4)}) == 1
    with model.session():
        assert (model.features, model.layer) == (ship.features, ship.layer)
        assert sum(p.numel() for p in model.network.parameters()) == card.parameters
        first = study.material.clip_of_second == 0
        for row in study_dbn.rows():
            wanted = ship.readings[row](study_dbn.joined(ship.layers, row)[first])
            x = model.windows_of(study.material.features[0], study.material.ends[0], row[0])
            for a, b in zip(model.gaussians(x, *row), wanted, strict=True):
                np.testing.assert_allclose(a, b, atol=1e-4)


def test_a_run_is_not_done_twice(study, table, monkeypatch):
    monkeypatch.setattr(study_dbn, "tuned", lambda *_: pytest.fail("trained again"))
    monkeypatch.setattr(dbn_runs, "pretrain", lambda *_: pytest.fail("pre-trained again"))
    fresh = Study(study.dataset, study.material, (), study.sound, RECIPE, study.runs, {"mfcc": study.kept["mfcc"]})
    again = study_dbn.table(fresh)
    assert again["rows"] == table["rows"]


def test_fine_tuning_stops_early_and_its_head_starts_at_the_mean(study):
    learn = Part("p", np.arange(20), np.arange(20, 30))
    run = dbn_runs.tuned(study.material, "rhythm", [8, 6, 4], None, learn, RECIPE["tune"], 0)
    assert len(run.curve) <= 25 and "validation" in run.curve[0] and run.predicted.shape == (N, 2)
    fixed = dbn_runs.tuned(study.material, "rhythm", [8, 6, 4], None, Part("p", np.arange(20), np.array([], int)),
                           RECIPE["tune"], 0, epochs=3)
    assert len(fixed.curve) == 3

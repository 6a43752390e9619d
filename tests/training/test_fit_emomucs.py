"""The nested study of EmoMucs on a tiny made-up set in which loud drums mean aroused and bright others mean pleasant."""

import json

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from mer_core.datasets._base import Clip
from mer_core.models.nets.emomucs import EmoMucs
from mer_core.schema import STEM_NAMES
from mer_core.training import fit_emomucs, fit_source, fusion, results_emomucs, run, source_models
from mer_core.training.evaluate import metrics
from mer_core.training.nested import Runs, outer_folds
from mer_core.training.source_models import Study
from mer_core.training.stems_cache import SOURCES

ALTER = {"gain": 1.0, "short": 0.0, "shortest": 300, "masks": 1, "bands": 4, "gap": 10}
PRETRAIN = {"epochs": 1, "batch": 4, "rate": 1e-3, "decay": 0.0, "dropout": 0.0, "head_dropout": 0.0, "frames": 160,
            "softness": 0.05, "alter": ALTER}
SOURCE = {"front": 10, "views": 2, "epochs": 3, "patience": 2, "batch": 4, "rate": 3e-3, "decay": 0.0, "dropout": 0.0,
          "head_dropout": 0.0, "frames": 938, "alter": ALTER}
FUSION = {"epochs": 3, "patience": 2, "batch": 4, "rate": 1e-2, "decay": 0.0}
RECIPE = {
    "model": "emomucs", "shipped": {"network": "c2d", "fusion": "late", "training": "freeze"}, "seed": 0,
    "rated": "musifeast17", "weak": "4q", "weak_sources": ["mix"], "outer": 3, "inner": 2, "inner_used": 1,
    "windows": 1, "pretrain": {"c2d": PRETRAIN, "c1d": PRETRAIN | {"frames": 938}},
    "source": {"c2d": SOURCE, "c1d": SOURCE | {"front": 0}},
    "fusion": {"hidden": {"early": 8, "mid": 8, "late": 8}, "dropout": 0.0, "freeze": FUSION,
               "finetune": FUSION | {"source_rate": 1e-4},
               "full": FUSION | {"epochs": 1, "frames": {"c1d": 938, "c2d": 160}}}}


def made_up(count: int, seed: int, rated: bool = True) -> tuple[list[Clip], list[np.ndarray]]:
    rng = np.random.default_rng(seed)
    clips, pictures = [], []
    for i in range(count):
        v, a = rng.uniform(-0.8, 0.8, 2)
        x = rng.random((5, 96, 940)) * 0.2 + 0.4
        x[SOURCES.index("drums")] += 0.5 + 0.5 * a
        x[SOURCES.index("other"), 48:] += 0.5 + 0.5 * v
        quadrant = {(True, True): 1, (False, True): 2, (False, False): 3, (True, False): 4}[v > 0, a > 0]
        clips.append(Clip(id=f"c{i}", path=None, group=f"artist {i // 2}", values=(v, a), quadrant=quadrant))
        pictures.append(x.astype(np.float16))
    return clips, pictures


@pytest.fixture(scope="module")
def study(tmp_path_factory) -> Study:
    return Study(*made_up(12, 1), *made_up(8, 2), RECIPE, Runs(tmp_path_factory.mktemp("runs"), {"seed": 0}))


@pytest.fixture(scope="module")
def folds(study):
    return outer_folds([c.group for c in study.clips], 3, 2, 0)


@pytest.fixture(scope="module")
def sources(study, folds):
    for source in SOURCES:
        fit_emomucs.source_run(study, "c2d", source, folds[0])
    for stem in STEM_NAMES:
        fit_emomucs.source_run(study, "c1d", stem, folds[0])


@pytest.mark.parametrize("variant", [
    ("c2d", "late", "freeze", STEM_NAMES), ("c2d", "late", "freeze", ("drums",)), ("c2d", "early", "freeze", STEM_NAMES),
    ("c2d", "early", "finetune", STEM_NAMES), ("c2d", "early", "full", ("bass",)), ("c1d", "mid", "freeze", STEM_NAMES),
    ("c1d", "early", "finetune", STEM_NAMES), ("c1d", "mid", "full", ("vocals", "other"))], ids=fit_emomucs.variant_name)
def test_every_fusion_and_training_runs_and_answers_as_its_stored_weights_do(study, folds, sources, variant):
    kind, level, training, stems = variant
    found = fit_emomucs.fusion_run(study, variant, folds[0])
    assert found.predicted.shape == (12, 2) and np.isfinite(found.predicted).all()
    network = EmoMucs(kind, level, len(stems), 8)
    network.load_state_dict(found.weights)
    rows = [SOURCES.index(s) for s in stems]
    x = torch.from_numpy(np.stack([p[rows, :, :938].astype(np.float32) for p in study.pictures]))
    with torch.no_grad():
        answer = network.eval()(x).numpy()
    np.testing.assert_allclose(answer, found.predicted, atol=0.03)  # bfloat16 in between


def test_freezing_leaves_the_source_models_as_they_were(study, folds, sources):
    found = fit_emomucs.fusion_run(study, ("c2d", "late", "freeze", STEM_NAMES), folds[0])
    for s, letter in enumerate("VDBO"):
        kept = study.runs.stored(f"source/c2d-{letter}/{folds[0].final.name}").weights
        assert all(torch.equal(found.weights[f"sources.{s}.{k}"], v) for k, v in kept.items())


def test_finetuning_leaves_only_the_front(study, folds, sources):
    found = fit_emomucs.fusion_run(study, ("c2d", "early", "finetune", STEM_NAMES), folds[0])
    kept = study.runs.stored(f"source/c2d-V/{folds[0].final.name}").weights
    for name, value in kept.items():
        if name.endswith("weight"):
            front = name.startswith(("features.0.", "features.1."))
            used = not name.startswith("head")  # behind the tap of early fusion
            assert torch.equal(found.weights[f"sources.0.{name}"], value) == (front or not used), name


def test_a_run_learns_only_from_its_part(study, folds, monkeypatch):
    seen = []
    fit = source_models.fit
    monkeypatch.setattr(source_models, "fit", lambda *a, **k: seen.append(set(a[3])) or fit(*a, **k))
    part = folds[1].inner[0]
    source_models.fit_source(study, "c2d", "mix", part, None)
    assert seen == [set(part.learn)]


def test_labels_come_back_in_units(study, folds):
    head = torch.nn.Linear(3, 2)
    labels = source_models.Labels(study.ratings, folds[0].final)
    x = torch.randn(5, 3)
    before = head(x).detach().numpy()
    labels.into_units(head)
    assert set(labels.measured(study.ratings)) == {"learn", "test"}
    assert set(source_models.Labels(study.ratings, folds[0].inner[0]).measured(study.ratings)) == {"learn", "held"}
    learn = study.ratings[folds[0].final.learn]
    np.testing.assert_allclose(head(x).detach().numpy(), before * learn.std(0) + learn.mean(0), atol=1e-5)


def test_stored_results_have_every_cell_of_the_paper_and_ours_where_all_folds_are_there(study, folds, tmp_path):
    rng = np.random.default_rng(0)
    tables = {name: study.ratings + rng.normal(0, 0.2, (12, 2)) for name in ("c2d-V", "c2d-D", "c2d-B", "c2d-O", "c2d-M")}
    tables["c2d-late-freeze-VBDO"] = study.ratings * 0.5
    tables["c2d-late-freeze-V"] = np.full((12, 2), np.nan)
    found = results_emomucs.results("musifeast17", [c.id for c in study.clips], study.ratings, folds, RECIPE, tables, {})
    assert len(found["table1"]) == 10 and len(found["table2"]) == 11
    rows = {row["name"]: row for row in found["table1"] + found["table2"]}
    assert rows["c2d-M"]["parameters"] == 37_698 and rows["c1d-M"]["parameters"] == 86_354
    assert rows["c2d-late-freeze"]["paper"]["valence"] == {"rmse": .2320, "r2": .4814}
    assert rows["c2d-late-freeze"]["here"]["valence"]["r"] == pytest.approx(1) and rows["c1d-M"]["here"] is None
    assert [s["sources"] for s in found["figure4"]["subsets"]] == ["V", "VBDO"]
    assert found["figure4"]["subsets"][0]["here"] is None
    errors = {s: np.abs(tables[f"c2d-{s[0].upper()}"] - study.ratings)[3, 1] for s in STEM_NAMES}
    assert found["figure3"]["tracks"][3]["best"]["arousal"] == min(errors, key=errors.get)
    assert found["ahead"]["c1d"] is None and found["ahead"]["c2d"]["valence"]["r2"] == pytest.approx(
        rows["c2d-late-freeze"]["here"]["valence"]["r2"] - rows["c2d-M"]["here"]["valence"]["r2"], abs=2e-4)
    assert found["ahead"]["c2d"]["valence"]["low"] < found["ahead"]["c2d"]["valence"]["high"]
    path = results_emomucs.write(found, tmp_path)
    assert json.loads(path.read_text()) == found and path.name == "emomucs.json"


def test_what_is_trained_ships_with_the_errors_of_clips_it_did_not_know(study, folds, tmp_path, monkeypatch):
    monkeypatch.setattr(fit_emomucs, "opened", lambda *a: (study, folds))
    said = []
    card = fit_emomucs.train(None, RECIPE, tmp_path, lambda f, t="": said.append(f))
    tensors = load_file(tmp_path / "model.safetensors")
    assert float(tensors.pop("input.floor")) == -70 and float(tensors.pop("input.scale")) == 50
    network = EmoMucs.like(tensors)
    network.load_state_dict(tensors)
    assert card.parameters == sum(p.numel() for p in network.parameters()) and card.takes["stems"] == "embedded"
    run_of = study.runs.stored
    predicted = np.zeros((12, 2))
    for outer in folds:
        predicted[outer.test] = run_of(f"fusion/c2d-late-freeze-VBDO/{outer.final.name}").predicted[outer.test]
    assert card.test_error["arousal"] == metrics(study.ratings, predicted, ("valence", "arousal"))["arousal"]
    final = run_of("fusion/c2d-late-freeze-VBDO/all/final").weights
    assert torch.equal(tensors["fusion.1.weight"], final["fusion.1.weight"])
    assert (np.diff(said) >= 0).all() and 0 <= said[0] and said[-1] <= 1


def test_evaluating_again_trains_nothing_and_gives_the_same(study, folds, sources, tmp_path, monkeypatch):
    whole = fit_emomucs.plan(study)
    monkeypatch.setattr(fit_emomucs, "plan", lambda study: {k: whole[k] for k in ("c2d-V", "c2d-late-freeze-VBDO")})
    monkeypatch.setattr(fit_emomucs, "opened", lambda *a: (study, folds))
    monkeypatch.setattr(results_emomucs, "FOLDER", tmp_path)
    for stem in STEM_NAMES:
        for outer in folds:
            fit_emomucs.source_run(study, "c2d", stem, outer)
    table = fit_emomucs.evaluate(None, RECIPE)
    assert set(table) == {"c2d-V", "c2d-late-freeze-VBDO"} and set(table["c2d-V"]) == {"valence", "arousal"}
    monkeypatch.setattr(fit_emomucs, "fit_source", lambda *a: pytest.fail("trained again"))
    monkeypatch.setattr(fit_emomucs, "fit_fusion", lambda *a: pytest.fail("trained again"))
    assert fit_emomucs.evaluate(None, RECIPE) == table
    stored = json.loads((tmp_path / "emomucs.json").read_text())
    assert stored["table2"][8]["here"] == table["c2d-late-freeze-VBDO"] and stored["curves"]["c2d-V"][0]["epoch"] == 1
    assert set(fit_emomucs.so_far(study, folds)) == set(table)


def test_the_shipped_recipe_names_settings_for_every_cell():
    recipe = run.recipe("emomucs")
    for kind, level, training, _ in fit_emomucs.all_variants():
        assert recipe["source"][kind] and recipe["fusion"][training]["epochs"] and recipe["fusion"]["hidden"][level]
    assert len(fit_emomucs.all_variants()) == 11 + 14
    assert fusion.letters(("other", "vocals")) == "VO"


@pytest.mark.parametrize("name, cell, r2, parameters", [("c1d_mix", "c1d-M", 0.3489, 86_354),
                                                        ("c2d_drums", "c2d-D", 0.3613, 37_698)])
def test_a_source_model_ships_from_the_same_runs(study, folds, tmp_path, monkeypatch, name, cell, r2, parameters):
    monkeypatch.setattr(fit_source, "opened", lambda data, recipe, *a: seen.append(recipe["rated"]) or (study, folds))
    seen = []
    recipe = run.recipe(name)
    card = fit_source.train(None, recipe, tmp_path)
    assert fit_source.evaluate(None, recipe | {"rated": "pmemo"})["valence"] == card.test_error["valence"]
    assert seen == ["musifeast17", "pmemo"]
    predicted = np.zeros((12, 2))
    for outer in folds:
        predicted[outer.test] = study.runs.stored(f"source/{cell}/{outer.final.name}").predicted[outer.test]
    assert card.test_error["arousal"] == metrics(study.ratings, predicted, ("valence", "arousal"))["arousal"]
    kept = study.runs.stored(f"source/{cell}/all/final").weights
    shipped = load_file(tmp_path / "model.safetensors")
    assert all(torch.equal(shipped[name], value) for name, value in kept.items())
    assert (card.name, card.reported["valence"]["r2"], card.parameters) == (name, r2, parameters)

"""The whole study of the thesis's feature route on made-up sets, and what it stores."""

import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from mer_core.datasets._base import Clip
from mer_core.datasets.emotify import Emotify
from mer_core.datasets.musifeast17 import Musifeast17
from mer_core.errors import ParameterError
from mer_core.features import mid_level
from mer_core.registry import ASSETS
from mer_core.schema import ModelCard
from mer_core.training import figures_thesis, fit_a2e, fit_mid2e, results_thesis, run, study_thesis
from mer_core.training.nested import Runs

N = 50
PLAN = {"epochs": 12, "patience": 6, "batch": 8, "rate": 1e-2, "decay": 1e-3, "windows": 1}
AUDIO = {"rated": "emotify", "plan": {"mean_chroma": PLAN, "chromagram": PLAN, "both": PLAN},
         "seeds": {"a2e": {"mean_chroma": [0, 1]}, "a2mid": {"mean_chroma": [0]}, "a2mid2e": {"mean_chroma": [0]},
                   "joint": {"mean_chroma": [0, 1]}}}
MID = {"outer": 3, "splits": [0], "seeds": {"mid2e": [0, 1]},
       "network": {"hidden": 32, "epochs": 25, "patience": 15, "batch": 8, "rate": 1e-2, "decay": 1e-4}}
RECIPE = {"from_audio": ["a2e", "a2mid2e"], "grids": ["mid2e", "mid2e_va"], "interactions": ["7"], "beeswarm": ["7"]}
SETS = {"7": mid_level.NAMES, "19": (*mid_level.NAMES, *"CDEFGABcdefg"),
        "19 relative": (*mid_level.NAMES, *"123456789abc")}


def clips(rng):
    return [Clip(f"c{i}", None, f"g{i // 2}", (np.nan, np.nan)) for i in range(N)]


def audio(folder) -> fit_a2e.Study:
    rng = np.random.default_rng(0)
    chroma = [rng.uniform(0, 1, (12, 440)).astype(np.float16) for _ in range(N)]
    study = fit_a2e.Study(clips(rng), ("joy", "sadness"), rng.uniform(0, 1, (N, 2)), AUDIO, Runs(folder, {}), "emotify",
                          rng.normal(size=(N, 7)), mid_level.NAMES)
    study.made["chromagram"] = chroma
    return study


def measured(folder, dataset) -> fit_mid2e.Study:
    """The last descriptor makes the first rating; dissonance is not defined in a few clips."""
    rng = np.random.default_rng(1)
    tables = {name: fit_mid2e.Table(names, rng.normal(size=(N, len(names)))) for name, names in SETS.items()}
    for table in tables.values():
        table.x[:, 6] = tables["7"].x[:, 6]
        table.x[:5, 4] = np.nan
    ratings = np.stack([tables["7"].x[:, 6] * -0.2, rng.normal(0, 0.1, N)], axis=1)
    known = SimpleNamespace(name=dataset.name, title=dataset.title, unit=dataset.unit)
    return fit_mid2e.Study(known, clips(rng), ("joy", "sadness"), ratings, tables, MID, Runs(folder, {}))


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    folder, out = tmp_path_factory.mktemp("runs"), tmp_path_factory.mktemp("results")
    (out / "paper.json").write_bytes((results_thesis.FOLDER / "paper.json").read_bytes())
    sets = {"mid2e": measured(folder / "e", Emotify), "mid2e_va": measured(folder / "m", Musifeast17)}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fit_a2e, "opened", lambda *_: audio(folder))
        patch.setattr(fit_mid2e, "opened", lambda data, recipe, progress: sets[recipe["model"]])
        patch.setattr(results_thesis, "FOLDER", out)
        said = []
        rows = study_thesis.evaluate(Path(), RECIPE, lambda f, t="": said.append(f))
    assert said == sorted(said) and said[-1] == 1.0
    return rows, json.loads((out / "thesis.json").read_text())


def test_every_row_has_what_is_printed_and_what_is_measured_apart(stored):
    _, found = stored
    rows = {row["name"]: row for row in found["a2e"]}
    assert rows["both"]["paper"]["r_total"] == [0.73, 0.022] and rows["both"]["here"] is None
    assert rows["mean_chroma"]["here"]["seeds"] == 2 and set(rows["mean_chroma"]["here"]["r"]) == {"joy", "sadness"}
    assert rows["spectrogram"]["parameters"] == 3_937_864 - 6 * 257
    mid = {row["name"]: row for row in found["a2mid"]}
    assert mid["spectrogram"]["paper"]["r"]["articulation"] == [0.841, 0.041] and mid["spectrogram"]["here"] is None
    assert set(mid["mean_chroma"]["here"]["r"]) == set(mid_level.NAMES)
    assert "not learned" in mid["mean_chroma"]["middle"]
    grid = {row["name"]: row for row in found["mid2e"]["emotify"]}
    assert grid["19-linear"]["paper"]["r_total"] == [0.747, 0.012] and grid["19 relative-linear"]["paper"] is None
    assert grid["19 relative-network"]["encoding"] == "relative to the key"
    assert grid["7-linear"]["here"]["r"]["joy"][0] > 0.95
    assert any("felt" in text for text in found["here"]["reduced"]) and found["here"]["felt"] is True


def test_the_cost_is_taken_on_the_seeds_of_both(stored):
    _, found = stored
    cost = {row["route"]: row["cost"] for row in found["routes"]}
    assert cost["a2e"] is None and cost["a2mid2e"][2] == 1 and cost["joint"][2] == 2
    direct, through = ({r["route"]: r["here"]["r_mean"][0] for r in found["routes"]}[k] for k in ("a2e", "joint"))
    assert cost["joint"][0] == pytest.approx(direct - through, abs=2e-4)


def test_coefficients_and_shap_point_at_what_was_planted(stored):
    _, found = stored
    drawn = found["figures"]["emotify"]
    table = drawn["coefficients"]["7"]
    assert table["features"][:7] == list(mid_level.NAMES) and table["ranking"][0][0] == "minorness"
    assert table["values"][6][0] == pytest.approx(-1, abs=0.1) and abs(table["values"][0][0]) < 0.1
    assert np.shape(table["sd"]) == np.shape(table["values"])
    assert len(drawn["interactions"]["7"]["features"]) == figures_thesis.KEPT
    shap = drawn["shap"]["7"]
    assert max(shap["mean"], key=lambda f: shap["mean"][f]["joy"]) == "minorness"
    values, points = np.array(shap["values"], float), np.array(shap["shap"]["joy"])
    assert values.shape == points.shape == (N, 7) and np.isnan(values[:5, 4]).all()
    assert np.corrcoef(values[:, 6], points[:, 6])[0, 1] < -0.9
    assert "shap" not in drawn["shap"]["19"]


def test_shap_values_add_up_to_what_the_network_says(tmp_path):
    from mer_core.training.evaluate import grouped_folds

    study = measured(tmp_path, Emotify)
    learn, test = grouped_folds(study.groups, 3, 0)[0]
    values = figures_thesis._shap(study, "7", learn, test, 0, 0)
    said = fit_mid2e.network(study, "7", learn, 0, "fold0").predicted
    rest = said[test] - values.sum(axis=1)
    np.testing.assert_allclose(rest, rest[:1].repeat(len(test), axis=0), atol=1e-4)


def test_the_terminal_shows_plain_numbers(stored):
    rows, _ = stored
    assert {"a2e mean_chroma", "joint mean_chroma", "emotify 7 linear", "musifeast17 19 network"} <= set(rows)
    assert all(isinstance(v, (int, float)) for row in rows.values() for v in row.values())


def test_recipes_fit_together(tmp_path):
    recipe = run.recipe("thesis")
    seeds = study_thesis.from_audio(recipe)["seeds"]
    assert set(seeds) == {"a2e", "a2mid", "a2mid2e", "joint"}
    assert all(set(inputs) <= set(run.recipe("a2e")["plan"]) for inputs in seeds.values())
    assert [run.recipe(name)["rated"] for name in recipe["grids"]] == ["emotify", "musifeast17"]
    asked = {**recipe, "rated": "soundtracks"}
    assert [study_thesis.from_audio(r)["rated"] for r in (asked, recipe)] == ["soundtracks", "emotify"]
    with pytest.raises(ParameterError, match="mid2e"):
        study_thesis.train(None, recipe, tmp_path)


def test_what_is_stored_agrees_with_itself():
    """The figures that ship: a mean is the mean of its parts, a cost is what is lost, and cards tell the same story."""
    found = json.loads((ASSETS / "results" / "thesis.json").read_text(encoding="utf-8"))
    rows = [*found["a2e"], *found["a2mid"], *found["routes"], *(r for grid in found["mid2e"].values() for r in grid)]
    measured = [row["here"] for row in rows if row["here"]]
    assert len(measured) >= 60 and any(row["paper"] for row in rows)
    for here in measured:
        assert np.mean([r for r, _ in here["r"].values()]) == pytest.approx(here["r_mean"][0], abs=1e-4)
        assert -1 <= here["r_total"][0] <= 1 and here["mse"][0] > 0 and here["seeds"] >= 1
    for name, dataset in (("mid2e", "emotify"), ("mid2e_va", "musifeast17")):
        card = ModelCard.read(ASSETS / "models" / name / "card.json")
        grid = {row["name"]: row["here"]["r"] for row in found["mid2e"][dataset]}["7-linear"]
        for target in card.targets:
            assert card.test_error[target]["r"] == pytest.approx(grid[target][0], abs=0.12)

"""The grid and the shipped regressions of Mid2E on made-up descriptors."""

import json
from types import SimpleNamespace

import numpy as np
import pytest

from mer_core.datasets._base import Clip
from mer_core.datasets.emotify import Emotify
from mer_core.features import mid_level
from mer_core.models.mid2e import Mid2E
from mer_core.training import descriptors_cache, fit_mid2e
from mer_core.training.fit_mid2e import Study, Table
from mer_core.training.mid2e import fit_linear
from mer_core.training.nested import Runs

N = 80
RECIPE = {"model": "mid2e", "rated": "emotify", "outer": 4, "splits": [0, 1], "seeds": {"mid2e": [0, 1]},
          "network": {"hidden": 32, "epochs": 30, "patience": 15, "batch": 16, "rate": 1e-2, "decay": 1e-4}}
TARGETS = ("joy", "sadness")


def made(folder) -> Study:
    """Minorness makes sad and not joyful; articulation makes joyful; a tenth of the clips has no rhythm stability."""
    rng = np.random.default_rng(0)
    x = rng.normal(1, 2, (N, 7))
    x[:8, 2] = np.nan
    joy = 0.5 - 0.1 * x[:, 6] + 0.05 * x[:, 1] + 0.2 * np.isnan(x[:, 2])
    ratings = np.stack([joy, 0.2 + 0.1 * x[:, 6]], axis=1) + rng.normal(0, 0.01, (N, 2))
    clips = [Clip(f"c{i}", None, f"clip:{i}", (np.nan, np.nan)) for i in range(N)]
    known = SimpleNamespace(**{k: getattr(Emotify, k) for k in ("name", "title", "licence", "citation", "url", "unit")})
    return Study(known, clips, TARGETS, ratings, {"7": Table(mid_level.NAMES, x)}, RECIPE, Runs(folder, {}))


def test_the_grid_finds_what_is_planted(tmp_path, monkeypatch):
    monkeypatch.setattr(fit_mid2e, "opened", lambda *_: made(tmp_path))
    found = fit_mid2e.evaluate(None, RECIPE)["7"]
    assert set(found) == {"linear", "linear_interactions", "ridge", "ridge_interactions", "network"}
    assert found["linear"]["r_mean"] > 0.98 and found["network"]["r_mean"] > 0.8
    assert found["linear"]["seeds"] == 2
    kept = sorted(p.name for p in (tmp_path / "network/7").iterdir())
    assert kept == ["seed0", "seed1"]


def test_what_ships_says_what_the_regression_says(tmp_path, monkeypatch):
    study = made(tmp_path)
    monkeypatch.setattr(fit_mid2e, "opened", lambda *_: study)
    card = fit_mid2e.train(None, RECIPE, tmp_path)
    model = Mid2E(tmp_path)
    x = study.tables["7"].x
    with model.session():
        np.testing.assert_allclose(model.outputs(x), fit_linear(x, study.ratings, mid_level.NAMES)(x), atol=1e-6)
        terms = model.contributions(x)
        np.testing.assert_allclose(model.base + terms.sum(axis=1), model.outputs(x), atol=1e-9)
        assert (terms[8:, 0].std(axis=0) < 0.02).all()  # melodiousness tells nothing
        assert terms[0, 2, 0] == pytest.approx(0.2, abs=0.05)  # what clips without rhythm stability were rated more
        assert model.remarks(x[:10]) and "Rhythm stability" in model.remarks(x[:10])[0] and not model.remarks(x[20:])
    assert card.targets == TARGETS and card.unit == Emotify.unit and not card.on_plane
    assert card.test_error["joy"]["r"] > 0.95 and card.parameters == 2 * 7 + 2 + 2
    assert json.loads((tmp_path / "card.json").read_text())["gives"] == ["audio", "features", "linear"]


def test_errors_come_from_clips_that_were_not_known(tmp_path):
    study = made(tmp_path)
    study.ratings[:] = np.random.default_rng(1).normal(size=study.ratings.shape)
    assert max(fit_mid2e.cross_validated(study)[t]["r2"] for t in TARGETS) < 0.05


def test_measured_sets_become_tables(tmp_path, monkeypatch):
    class Rated:
        name, unit = "toy", ""

        def __init__(self, data):
            pass

        def clips(self):
            return made(tmp_path).clips

        def ratings(self):
            return TARGETS, made(tmp_path).ratings
    rows = np.random.default_rng(0).uniform(0, 1, (N, len(descriptors_cache.COLUMNS))).astype(np.float32)
    rows[:, descriptors_cache.COLUMNS.index("key")] = 14
    monkeypatch.setattr(fit_mid2e.registry, "get", lambda *_: Rated)
    monkeypatch.setattr(fit_mid2e.descriptors_cache, "cached", lambda *_, **__: rows)
    study = fit_mid2e.opened(tmp_path, RECIPE)
    assert {"7", "19", "34"} <= set(study.tables)
    for name, table in study.tables.items():
        assert table.x.shape == (N, len(table.names)) and name.startswith(str(len(table.names)))

"""The handcrafted study on made-up features, of which a few carry what is to be found."""

import json

import numpy as np
import pytest

from mer_core.datasets._base import Clip
from mer_core.errors import ParameterError
from mer_core.features.handcrafted import NAMES, PAPER
from mer_core.schema import TARGETS
from mer_core.training import feature_sets, figures_handcrafted, results_handcrafted, study_handcrafted
from mer_core.training.feature_sets import SETS

N = 60
RECIPE = {
    "rated": "musifeast17", "seed": 0, "outer": 3, "inner": 2, "top": 4, "components": 3,
    "selector": {"rounds": 10, "max_depth": 2, "learning_rate": 0.3},
    "grid": {"ridge": {"alpha": [1.0, 1000.0]}, "xgboost": {"rounds": [10], "max_depth": [2], "learning_rate": [0.3]}}}


def made_up(seed: int = 0):
    """(N, 454) of which column 3 is arousal and column 80 valence, and 20 artists of three clips."""
    rng = np.random.default_rng(seed)
    y, x = rng.uniform(-0.8, 0.8, (N, 2)), rng.normal(size=(N, len(NAMES)))
    x[:, 3], x[:, 80] = y[:, 1] + rng.normal(0, 0.05, N), y[:, 0] + rng.normal(0, 0.05, N)
    return x, y, [f"artist {i // 3}" for i in range(N)]


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    """The whole command on the made-up features, and what it wrote."""
    x, y, groups = made_up()
    clips = [Clip(f"c{i}", None, groups[i], tuple(y[i]), 1, genre="Pop") for i in range(N)]
    out = tmp_path_factory.mktemp("results")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(study_handcrafted, "FOLDER", tmp_path_factory.mktemp("runs"))
        patch.setattr(results_handcrafted, "FOLDER", out)
        patch.setattr(study_handcrafted, "read", lambda *_: (clips, x))
        patch.setattr(figures_handcrafted, "listener_spreads", lambda *_: np.full((N, 2), 0.42))
        said = []
        tables = study_handcrafted.evaluate(None, RECIPE, lambda f, t="": said.append(f))
    assert said == sorted(said) and said[-1] == 1.0
    return x, y, out, tables, json.loads((out / "handcrafted.json").read_text())


def test_a_study_names_the_model_that_can_be_trained(tmp_path):
    with pytest.raises(ParameterError, match="handcrafted_xgb"):
        study_handcrafted.train(tmp_path, RECIPE, tmp_path)


def test_what_is_planted_is_found(stored):
    *_, tables, found = stored
    assert set(tables) == set(SETS) and set(tables["all"]) == set(RECIPE["grid"])
    for target, column in zip(TARGETS, (80, 3), strict=True):
        assert tables["pearson"]["ridge"][target]["r2"] > 0.8
        assert found["beeswarm"][target][0]["name"] == NAMES[column]
        r = np.abs(found["pearson"][target])
        assert len(r) == PAPER and r.argmax() == column and r.max() > 0.95
        for name in ("pearson", "shap", "union", "intersection"):
            assert found["kept"][name][target]["folds"][NAMES[column]] == RECIPE["outer"]


def test_paper_and_here_are_apart_and_errors_have_both_scales(stored):
    found = stored[-1]
    rows = {(row["set"], row["regressor"]): row for row in found["table"]}
    assert len(rows) == len(SETS) * len(RECIPE["grid"])
    assert rows["all", "xgboost"]["paper"]["valence"] == {"r2": 0.554, "mae_1_9": 0.623, "rmse_1_9": 0.767}
    assert rows["all", "ridge"]["paper"] is None and rows["pca", "xgboost"]["paper"] is None
    here = rows["all", "ridge"]["here"]["arousal"]
    assert here["rmse_1_9"] == pytest.approx(4 * here["rmse"], abs=1e-3) and {"r", "ccc", "mae"} <= set(here)


def test_dependence_of_any_feature_is_kept_to_a_dot(stored):
    x, y, out, *_ = stored
    for name in (NAMES[0], NAMES[3], NAMES[-1]):
        values, shap = results_handcrafted.dependence(name, "arousal", folder=out)
        column = x[:, NAMES.index(name)]
        np.testing.assert_allclose(values, column, atol=np.ptp(column) / 254)
    values, shap = results_handcrafted.dependence(NAMES[3], "arousal", folder=out)
    assert np.corrcoef(values, shap)[0, 1] > 0.8 and shap.shape == (N,)
    with pytest.raises(ValueError):
        results_handcrafted.dependence("no such feature", "arousal", folder=out)


def test_families_and_histograms_hold_every_feature_and_clip(stored):
    found = stored[-1]
    assert sum(f["features"] for f in found["families"]["paper"]["valence"].values()) == PAPER
    assert sum(f["features"] for f in found["families"]["all"]["arousal"].values()) == len(NAMES)
    assert all(sum(h["counts"]) == N for h in found["histograms"].values()) and len(found["scatter"]) == N
    assert found["histograms"]["valence_sd"]["counts"][8] == N  # 0.42 lies in the bin from 0.40


def test_a_stopped_run_goes_on_and_another_recipe_starts_anew(tmp_path, monkeypatch):
    monkeypatch.setattr(study_handcrafted, "FOLDER", tmp_path)
    x, y, groups = made_up()
    once, _ = study_handcrafted.study(x[:, :PAPER], y, groups, RECIPE)
    one_fold, done = study_handcrafted.one_fold, []
    monkeypatch.setattr(study_handcrafted, "one_fold", lambda *a: done.append(1) or one_fold(*a))
    next(tmp_path.glob("*/outer1-valence.json")).unlink()
    again, _ = study_handcrafted.study(x[:, :PAPER], y, groups, RECIPE)
    assert len(done) == 1
    for key in once:
        np.testing.assert_array_equal(once[key], again[key])
    assert study_handcrafted.run_folder(x, y, groups, {**RECIPE, "top": 5}) != study_handcrafted.run_folder(
        x, y, groups, RECIPE)


def test_nothing_is_chosen_or_fitted_with_the_test_part(monkeypatch):
    """Garbage in the test part's ratings and features changes no prediction of the other clips' models: the columns and
    the components stay, and no fit sees a test clip's artist."""
    x, y, groups = made_up()
    x, groups = x[:, :PAPER], np.array(groups)
    learn, test = np.arange(0, 45), np.arange(45, N)
    views, columns = study_handcrafted.sets_of(x, y[:, 0], learn, RECIPE)
    spoilt_x, spoilt_y = x.copy(), y[:, 0].copy()
    spoilt_x[test], spoilt_y[test] = 1e3, 99.0
    other, kept = study_handcrafted.sets_of(spoilt_x, spoilt_y, learn, RECIPE)
    assert kept == columns
    np.testing.assert_allclose(other["pca"][learn], views["pca"][learn])
    seen = []

    def spy(params, x, y, weight, seed):
        seen.append(y)
        return lambda given: np.zeros(len(given))
    monkeypatch.setitem(study_handcrafted.REGRESSORS, "ridge", spy)
    study_handcrafted.predict("ridge", x, spoilt_y, groups, learn, test, RECIPE)
    assert len(seen) == 2 * 2 + 1 and all((fit != 99.0).all() for fit in seen)


def test_an_empty_intersection_predicts_the_mean():
    _, y, groups = made_up()
    learn, test = np.arange(0, 45), np.arange(45, N)
    found = study_handcrafted.predict("ridge", np.zeros((N, 0)), y[:, 0], np.array(groups), learn, test, RECIPE)
    np.testing.assert_allclose(found, y[learn, 0].mean())


def test_correlations_agree_with_numpy_and_a_constant_has_none():
    x, y, _ = made_up()
    x[:, 7] = 2.0
    found = feature_sets.correlations(x, y[:, 0])
    assert found[7] == 0
    assert found[80] == pytest.approx(np.corrcoef(x[:, 80], y[:, 0])[0, 1])


def test_tree_shap_adds_up_to_the_trees():
    from mer_core.training.regressors import boost

    x, y, _ = made_up()
    booster = boost(RECIPE["selector"], x, y[:, 0], np.ones(N), 0)
    np.testing.assert_allclose(feature_sets.tree_shap(booster, x).sum(axis=1),
                               booster.inplace_predict(x.astype(np.float32)), atol=1e-5)


def test_components_are_the_directions_of_largest_variance():
    from sklearn.decomposition import PCA
    from sklearn.preprocessing import StandardScaler

    x = made_up()[0][:, :20]
    expected = PCA(3).fit_transform(StandardScaler().fit_transform(x))
    found = feature_sets.components(x, 3)(x)
    np.testing.assert_allclose(np.abs(found), np.abs(expected), atol=1e-8)

"""Regressions on made-up descriptors, of which a few carry what is to be found."""

import numpy as np
import pytest

from mer_core.training import mid2e
from mer_core.training.mid2e import MODELS, Columns, fit_linear

NAMES = ("a", "b", "c", "d")
PLAN = {"hidden": 32, "epochs": 60, "patience": 15, "batch": 16, "rate": 1e-2, "decay": 1e-4}


def made_up(n=200, seed=0):
    """(n, 4), and two ratings: 2a - b, and the product of c and d."""
    rng = np.random.default_rng(seed)
    x = rng.normal([5, -2, 0, 0], [3, 1, 1, 1], (n, 4))
    y = np.stack([2 * (x[:, 0] - 5) / 3 - (x[:, 1] + 2), x[:, 2] * x[:, 3]], axis=1) + rng.normal(0, 0.05, (n, 2))
    return x, y, np.array([f"clip:{i}" for i in range(n)])


def test_coefficients_are_those_that_made_the_ratings():
    x, y, _ = made_up()
    found = fit_linear(x, y, NAMES)
    assert found.labels == NAMES
    np.testing.assert_allclose(found.coefficients[:, 0], [2, -1, 0, 0], atol=0.2)
    np.testing.assert_allclose(found(x), y.mean(axis=0) + found.terms(x) @ found.coefficients)
    np.testing.assert_allclose(found(np.nanmean(x, axis=0)[None])[0], y.mean(axis=0), atol=1e-9)


def test_least_squares_agrees_with_sklearn_and_ridge_too():
    from sklearn.linear_model import LinearRegression, Ridge
    from sklearn.preprocessing import StandardScaler

    x, y, _ = made_up(60)
    z = StandardScaler().fit_transform(x)
    for penalty, other in ((0.0, LinearRegression()), (5.0, Ridge(alpha=5.0))):
        np.testing.assert_allclose(fit_linear(x, y, NAMES, penalty)(x), other.fit(z, y).predict(z), atol=1e-9)


def test_only_interactions_find_a_product():
    x, y, groups = made_up()
    learn, test = mid2e.split(groups, 0)
    scores = {m: mid2e.measured(y[test], fit_linear(x[learn], y[learn], NAMES, *MODELS[m])(x[test]))["each"]
              for m in ("linear", "linear_interactions")}
    assert scores["linear"][0] > 0.99 and scores["linear"][1] < 0.3 and scores["linear_interactions"][1] > 0.99
    found = fit_linear(x, y, NAMES, 0.0, True)
    assert len(found.labels) == 4 + 6 == len(found.coefficients)
    assert found.labels[np.abs(found.coefficients[:, 1]).argmax()] == "c x d"


def test_more_columns_than_clips_still_have_an_answer():
    x, y, _ = made_up(12)
    wide = np.column_stack([x, np.random.default_rng(1).normal(size=(12, 30))])
    found = fit_linear(wide, y, [f"f{i}" for i in range(34)])
    np.testing.assert_allclose(found(wide), y, atol=1e-6)


def test_what_is_not_defined_takes_the_mean_of_the_training_part_and_a_flag():
    x = np.array([[1.0, 5.0], [3.0, np.nan], [np.nan, 7.0], [5.0, 6.0]])
    columns = Columns.learn(x[:3], ("p", "q"))
    assert columns.labels == ("p", "q", "p is not defined", "q is not defined")
    np.testing.assert_allclose(columns.mean, [2, 6])
    z = columns.scaled(x)
    assert z.shape == (4, 4) and np.isfinite(z).all()
    assert z[1, 1] == 0 and z[2, 0] == 0 and z[3, 0] == pytest.approx(3)  # the fourth clip taught nothing
    np.testing.assert_allclose(z[:3].mean(axis=0), 0, atol=1e-12)
    assert z[1, 3] > 0 > z[0, 3]
    never = Columns.learn(x[:1], ("p", "q"))
    assert never.labels == ("p", "q") and never.scaled(x)[2, 0] == 0


def test_a_missing_value_that_tells_something_is_used():
    rng = np.random.default_rng(2)
    x = rng.normal(size=(300, 1))
    lost = rng.random(300) < 0.3
    y = np.where(lost, 1.0, 0.0)[:, None]
    x[lost] = np.nan
    assert mid2e.measured(y, fit_linear(x, y, ("p",))(x))["mean"] > 0.999


def test_the_test_part_teaches_nothing():
    x, y, groups = made_up()
    learn, test = mid2e.split(groups, 3)
    assert len(test) == 40 and not set(groups[learn]) & set(groups[test])
    changed = y.copy()
    changed[test] = 1e6
    network = [mid2e.fit_network(x, labels, NAMES, groups, learn, PLAN, 0).predicted for labels in (y, changed)]
    np.testing.assert_array_equal(*network)
    assert mid2e.measured(y[test], network[0][test])["each"][0] > 0.9


def test_figures_of_several_seeds():
    truth = np.array([[0.0, 10.0], [1.0, 11.0], [2.0, 12.0]])
    perfect, turned = mid2e.measured(truth, truth), mid2e.measured(truth, truth[::-1])
    assert perfect["mean"] == perfect["total"] == pytest.approx(1) and perfect["mse"] == 0
    assert turned["mean"] == pytest.approx(-1) and turned["total"] > 0.9  # the means of the two ratings carry it
    both = mid2e.over_seeds([perfect, turned], ("p", "q"))
    assert both["r_mean"] == [0, 1] and both["r"]["q"] == [0, 1] and both["seeds"] == 2

from itertools import combinations
from math import factorial

import numpy as np
import pytest
import xgboost

from mer_core.explainers.treeshap import shapley_values


@pytest.fixture(scope="module")
def tiny():
    """Four features, one of them without effect, and a booster that has learned their interaction."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(200, 4)).astype(np.float32)
    y = x[:, 0] * (x[:, 1] > 0) + 0.5 * np.sign(x[:, 2]) + 3
    booster = xgboost.train({"max_depth": 3, "eta": 0.5, "seed": 0}, xgboost.DMatrix(x, y), 6)
    return booster, x[:8]


def expected(tree, node, x, known):
    """The tree's value when only the features in `known` are read; else both branches by their cover."""
    row = tree[node]
    if row["Feature"] == "Leaf":
        return row["Gain"]
    feature = int(row["Feature"][1:])
    if feature in known:
        return expected(tree, row["Yes"] if x[feature] < np.float32(row["Split"]) else row["No"], x, known)
    yes, no = tree[row["Yes"]], tree[row["No"]]
    total = yes["Cover"] + no["Cover"]
    return sum(child["Cover"] / total * expected(tree, child["ID"], x, known) for child in (yes, no))


def brute_force(booster, x):
    table = booster.trees_to_dataframe()
    trees = [part.set_index("ID", drop=False).to_dict("index") for _, part in table.groupby("Tree")]
    roots = [next(iter(t)) for t in trees]

    def value(known):
        return sum(expected(t, r, x, known) for t, r in zip(trees, roots))
    C = len(x)
    phi = np.zeros(C)
    for i in range(C):
        others = [j for j in range(C) if j != i]
        for size in range(C):
            weight = factorial(size) * factorial(C - size - 1) / factorial(C)
            phi[i] += weight * sum(value({*s, i}) - value(set(s)) for s in combinations(others, size))
    return phi


def test_it_agrees_with_all_coalitions(tiny):
    booster, x = tiny
    _, values = shapley_values(booster, x)
    for row, given in zip(values, x):
        np.testing.assert_allclose(row, brute_force(booster, given), atol=1e-4)


def test_it_agrees_with_xgboosts_own(tiny):
    booster, x = tiny
    base, values = shapley_values(booster, x)
    theirs = booster.predict(xgboost.DMatrix(x), pred_contribs=True)
    np.testing.assert_allclose(values, theirs[:, :-1], atol=1e-4)
    np.testing.assert_allclose(base, theirs[:, -1], atol=1e-4)


def test_base_and_contributions_add_up_and_what_is_unread_gets_nothing(tiny):
    booster, x = tiny
    base, values = shapley_values(booster, x)
    np.testing.assert_allclose(base + values.sum(axis=1), booster.inplace_predict(x), atol=1e-4)
    used = booster.get_score()
    for k in range(4):
        assert (f"f{k}" in used) or np.abs(values[:, k]).max() == 0

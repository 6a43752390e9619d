"""The six feature sets of the paper (Arousal and valence on DEAM, section 5.3), each chosen on training clips alone."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from mer_core.training.regressors import boost

Select = Callable[[np.ndarray], np.ndarray]  # (N, C) -> (N, kept)
SETS = ("all", "pearson", "shap", "union", "intersection", "pca")


def correlations(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """(N, C) and (N,) -> (C,) Pearson's r of each column with y; 0 for a column that does not vary."""
    dx, dy = x - x.mean(axis=0), y - y.mean()
    scale = np.sqrt((dx ** 2).sum(axis=0) * (dy ** 2).sum())
    return np.divide(dx.T @ dy, scale, out=np.zeros(x.shape[1]), where=scale > 1e-12)


def tree_shap(booster, x: np.ndarray) -> np.ndarray:
    """(N, C + 1) contributions of each feature and, last, the average output; a row sums to the output. XGBoost's own
    exact path-dependent TreeSHAP (Lundberg and others 2020, algorithm 2)."""
    import xgboost

    return booster.predict(xgboost.DMatrix(np.asarray(x, np.float32)), pred_contribs=True)


def top(scores: np.ndarray, count: int) -> list[int]:
    """The columns with the largest |score|, the largest first."""
    return np.argsort(-np.abs(scores), kind="stable")[:count].tolist()


def by_shap(x: np.ndarray, y: np.ndarray, count: int, params: dict, seed: int) -> list[int]:
    """The columns with the largest mean |SHAP| over the clips the trees were grown on."""
    booster = boost(params, x, y, np.ones(len(y)), seed)
    return top(np.abs(tree_shap(booster, x)[:, :-1]).mean(axis=0), count)


def choose(x: np.ndarray, y: np.ndarray, recipe: dict) -> dict[str, list[int]]:
    """Set -> columns, from training clips x (N, C) and their ratings y (N,). The intersection may be empty."""
    pearson = top(correlations(x, y), recipe["top"])
    shap = by_shap(x, y, recipe["top"], recipe["selector"], recipe["seed"])
    return {"all": list(range(x.shape[1])), "pearson": pearson, "shap": shap,
            "union": sorted({*pearson, *shap}), "intersection": sorted({*pearson} & {*shap})}


def components(x: np.ndarray, count: int) -> Select:
    """Projection on the first principal components of the standardised training clips x (N, C)."""
    mean, scale = x.mean(axis=0), np.where(x.std(axis=0) > 1e-9, x.std(axis=0), 1)
    _, _, axes = np.linalg.svd((x - mean) / scale, full_matrices=False)
    return lambda given: (given - mean) / scale @ axes[:count].T

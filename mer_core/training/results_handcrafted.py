"""The stored results of the handcrafted study: the paper's table beside what is measured here, and its figures."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import numpy as np

from mer_core import registry
from mer_core.datasets._base import Clip
from mer_core.registry import ASSETS
from mer_core.schema import TARGETS
from mer_core.training.feature_sets import SETS

FOLDER = ASSETS / "results"
TITLES = {"all": "all 386", "pearson": "Pearson top 15", "shap": "SHAP top 15", "union": "union (SHAP + Pearson)",
          "intersection": "intersection", "pca": "PCA"}
# Table 2, XGBoost on 1-9: R2, MAE, RMSE of V and of A. SHAP's own set, PCA and the other regressors are not printed.
PRINTED = {"all": ((.554, .623, .767), (.5267, .694, .874)), "pearson": ((.504, .650, .808), (.499, .722, .899)),
           "union": ((.505, .657, .808), (.462, .748, .931)), "intersection": ((.466, .682, .839), (.411, .781, .975))}
PAPER = {"system": "XGBoost on 386 handcrafted values", "data": "DEAM, 1744 songs", "scale": "1 to 9",
         "protocol": "5-fold grid search; in the published notebooks the scaler was fitted before the split",
         "note": "The text says XGBoost was the best of the six on both targets, PCA clearly worse than all features; "
                 "it prints no figures for them."}


def printed(feature_set: str, regressor: str) -> dict | None:
    """The paper's cell, where it has one."""
    if regressor != "xgboost" or feature_set not in PRINTED:
        return None
    return {t: dict(zip(("r2", "mae_1_9", "rmse_1_9"), values, strict=True))
            for t, values in zip(TARGETS, PRINTED[feature_set], strict=True)}


def results(clips: list[Clip], tables: dict, kept: dict, figures: dict, recipe: dict) -> dict:
    """All that a page needs. `tables`: set -> regressor -> target -> metrics; `kept`: set -> target -> columns of each
    outer fold."""
    known, names = registry.get("datasets", recipe["rated"]), figures["pearson"]["features"]
    here = {"data": known.title, "dataset": known.name, "clips": len(clips), "citation": known.citation,
            "licence": known.licence, "seed": recipe["seed"], "scale": "-1 to 1", "protocol": protocol(recipe),
            "reduced": reduced(recipe)}
    rows = [{"set": s, "title": TITLES[s], "regressor": r, "paper": printed(s, r),
             "here": {t: on_both_scales(m) for t, m in tables[s][r].items()}} for s in SETS for r in tables[s]]
    return {"system": "handcrafted", "command": "python -m mer_core evaluate handcrafted --data DIR", "paper": PAPER,
            "here": here, "table": rows, **figures,
            "kept": {s: {t: often(columns, names) for t, columns in of.items()} for s, of in kept.items()}}


def on_both_scales(measured: dict[str, float]) -> dict[str, float]:
    """With the errors on the paper's scale of 1 to 9, which is four times as wide as [-1, 1]."""
    return {**measured, **{f"{m}_1_9": round(4 * measured[m], 4) for m in ("rmse", "mae")}}


def often(columns: list[list[int]], names: list[str]) -> dict:
    """How many features each outer fold kept, and in how many folds each feature was."""
    counted = Counter(names[c] for fold in columns for c in fold)
    return {"sizes": [len(fold) for fold in columns], "folds": dict(counted.most_common())}


def protocol(recipe: dict) -> str:
    return (f"artist-grouped nested cross-validation: {recipe['outer']} outer folds measure, {recipe['inner']} inner "
            "folds choose a grid's best setting; features, principal components and scalers come from the training "
            "part")


def reduced(recipe: dict) -> list[str]:
    """Plain sentences for the reader of a table."""
    return [f"Small grids, {recipe['inner']} inner folds in place of 5, and one seed.",
            f"PCA keeps {recipe['components']} components. The Pearson and SHAP sets keep {recipe['top']} features for "
            "each target, anew in each outer fold, but once for its inner folds.",
            "An empty intersection predicts the mean of the training part."]


def write(found: dict, folder: Path | None = None) -> Path:
    """assets/results/handcrafted.json for the set the recipe names; handcrafted-DATASET.json for another."""
    path = _path(found["here"]["dataset"], folder, "json")
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = ",\n".join(f"{json.dumps(k)}: {json.dumps(v, ensure_ascii=False)}" for k, v in found.items())
    path.write_text(f"{{\n{lines}\n}}\n", encoding="utf-8")
    return path


def write_dependence(dataset: str, names: tuple[str, ...], x: np.ndarray, shap: np.ndarray,
                     folder: Path | None = None) -> Path:
    """Values (N, C) and SHAP (2, N, C) of every feature, a byte each: 254 steps from a column's least to its largest
    value, 127 to each side of zero for SHAP. A dot of a plot is wider."""
    low, step = x.min(axis=0), np.maximum(np.ptp(x, axis=0), 1e-9) / 254
    scale = np.maximum(np.abs(shap).max(axis=1), 1e-9) / 127
    path = _path(dataset, folder, "npz")
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(path, features=np.array(names), low=low.astype(np.float32), step=step.astype(np.float32),
                        values=((x - low) / step).round().astype(np.uint8), scale=scale.astype(np.float32),
                        shap=(shap / scale[:, None]).round().astype(np.int8))
    return path


def dependence(feature: str, target: str, dataset: str = "musifeast17",
               folder: Path | None = None) -> tuple[np.ndarray, np.ndarray]:
    """(N,) values of a feature and (N,) its SHAP for a target, clips in the order of the stored scatter; raises
    FileNotFoundError where nothing is stored, ValueError for a feature that is not in it."""
    with np.load(_path(dataset, folder, "npz"), allow_pickle=False) as kept:
        c, k = kept["features"].tolist().index(feature), TARGETS.index(target)
        return kept["low"][c] + kept["step"][c] * kept["values"][:, c], kept["scale"][k, c] * kept["shap"][k][:, c]


def _path(dataset: str, folder: Path | None, suffix: str) -> Path:
    return Path(folder or FOLDER) / f"handcrafted{'' if dataset == 'musifeast17' else f'-{dataset}'}.{suffix}"

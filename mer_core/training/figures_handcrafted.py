"""The data of the figures of system 2's first phase: correlations, SHAP values of clips no tree had seen, labels."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from mer_core import registry
from mer_core.datasets._base import Clip, to_unit
from mer_core.datasets._labels import read_table
from mer_core.features.handcrafted_words import BY_NAME
from mer_core.schema import TARGETS
from mer_core.training.evaluate import grouped_folds
from mer_core.training.feature_sets import correlations, top, tree_shap
from mer_core.training.regressors import boost

BINS = np.linspace(-1, 1, 21)
SPREAD_BINS = np.linspace(0, 1, 21)


def out_of_fold_shap(x: np.ndarray, y: np.ndarray, groups: list[str], recipe: dict) -> np.ndarray:
    """(2, N, C) TreeSHAP contributions of each clip, by trees that were grown without its artist."""
    found = np.zeros((len(TARGETS), *x.shape), np.float32)
    for learn, test in grouped_folds(groups, recipe["outer"], recipe["seed"]):
        for k in range(len(TARGETS)):
            booster = boost(recipe["selector"], x[learn], y[learn, k], np.ones(len(learn)), recipe["seed"])
            found[k, test] = tree_shap(booster, x[test])[:, :-1]
    return found


def pearson(x: np.ndarray, y: np.ndarray, names: tuple[str, ...]) -> dict:
    """The correlation of every feature with each target over all clips, in the order of `names`."""
    return {"features": list(names), **{t: correlations(x, y[:, k]).round(4).tolist() for k, t in enumerate(TARGETS)}}


def beeswarm(x: np.ndarray, shap: np.ndarray, names: tuple[str, ...], count: int) -> dict:
    """target -> the `count` features with the largest mean |SHAP|, the largest first: each clip's value and SHAP."""
    found = {}
    for k, target in enumerate(TARGETS):
        size = np.abs(shap[k]).mean(axis=0)
        found[target] = [{"name": names[c], "importance": round(float(size[c]), 5),
                          "values": [float(f"{v:.4g}") for v in x[:, c]], "shap": shap[k][:, c].round(4).tolist()}
                         for c in top(size, count)]
    return found


def families(shap: np.ndarray, names: tuple[str, ...]) -> dict:
    """target -> family -> mean |SHAP| of the family's summed contribution, how many features it has, and the sum of
    their mean |SHAP|. The first counts features that cancel each other as they do in the prediction."""
    of = np.array([BY_NAME[name].family for name in names])
    return {target: {family: {"importance": round(float(np.abs(shap[k][:, of == family].sum(axis=1)).mean()), 5),
                              "sum_of_features": round(float(np.abs(shap[k][:, of == family]).mean(axis=0).sum()), 5),
                              "features": int((of == family).sum())} for family in dict.fromkeys(of.tolist())}
            for k, target in enumerate(TARGETS)}


def scatter(clips: list[Clip], dataset: str) -> list[dict]:
    return [{"id": c.id, "set": dataset, "valence": round(c.values[0], 4), "arousal": round(c.values[1], 4),
             "quadrant": c.quadrant, "genre": c.genre} for c in clips]


def histograms(clips: list[Clip], spreads: np.ndarray | None) -> dict:
    """Counts of the ratings in 20 bins of [-1, 1], and of the listeners' standard deviations in 20 bins of [0, 1]."""
    y = np.array([c.values for c in clips])
    found = {t: {"edges": BINS.round(2).tolist(), "counts": np.histogram(y[:, k], BINS)[0].tolist()}
             for k, t in enumerate(TARGETS)}
    if spreads is not None:
        found |= {f"{t}_sd": {"edges": SPREAD_BINS.round(3).tolist(),
                              "counts": np.histogram(np.clip(spreads[:, k], 0, 1), SPREAD_BINS)[0].tolist()}
                  for k, t in enumerate(TARGETS)}
    return found


def listener_spreads(data: Path, dataset: str, clips: list[Clip]) -> np.ndarray | None:
    """(N, 2) standard deviations over listeners on the scale of [-1, 1], where the set gives them."""
    if dataset != "musifeast17":
        return None
    known = registry.get("datasets", dataset)(data)
    rows = {row["CLIP_NAME"]: row for row in read_table(known.root / known.marker, ("CLIP_NAME", "valence_M"))}
    if not all({"valence_SD", "arousal_SD"} <= set(row) for row in rows.values()):
        return None
    one = to_unit(2, 1, 5) - to_unit(1, 1, 5)  # a step of the questionnaire on our scale
    return np.array([[float(rows[c.id][f"{t}_SD"]) * one for t in TARGETS] for c in clips])

"""System 2's first phase: six regressors on six feature sets made of 386 handcrafted values, nested by artist.

    python -m mer_core evaluate handcrafted --data DIR

Writes assets/results/handcrafted.json: the tables, and the data of the figures. Features, principal components,
scalers and grid points are chosen inside the training part of each outer fold; its test part is predicted once.
"""

from __future__ import annotations

import hashlib
import json
import os
from itertools import product
from pathlib import Path

import numpy as np

from mer_core import registry
from mer_core.datasets._base import Clip
from mer_core.errors import ParameterError
from mer_core.features.handcrafted import NAMES, PAPER
from mer_core.schema import TARGETS, Progress, part, silent
from mer_core.training import feature_sets, features_cache, results_handcrafted
from mer_core.training import figures_handcrafted as figure
from mer_core.training.evaluate import grouped_folds, metrics
from mer_core.training.feature_sets import SETS
from mer_core.training.nested import FOLDER
from mer_core.training.regressors import REGRESSORS

CHOSEN = ("pearson", "shap", "union", "intersection")  # the sets that are columns chosen by the ratings


def train(data: Path, recipe: dict, out: Path, progress: Progress = silent) -> None:
    """A study has no weights of its own; raises ParameterError that names the model that does."""
    raise ParameterError("the handcrafted study compares regressors and ships no weights; train handcrafted_xgb, or "
                         "evaluate handcrafted")


def evaluate(data: Path, recipe: dict, progress: Progress = silent) -> dict:
    """feature set -> regressor -> target -> metric -> value; writes the stored results."""
    clips, everything = read(data, recipe, part(progress, 0.0, 0.2))
    x, y, groups = everything[:, :PAPER], np.array([c.values for c in clips]), [c.group for c in clips]
    predicted, kept = study(x, y, groups, recipe, part(progress, 0.2, 0.9))
    tables = {s: {r: metrics(y, predicted[s, r], TARGETS) for r in recipe["grid"]} for s in SETS}
    progress(0.9, "figures")
    drawn = figures(data, clips, everything, y, groups, recipe)
    results_handcrafted.write(results_handcrafted.results(clips, tables, kept, drawn, recipe))
    progress(1.0, "written")
    return tables


def read(data: Path, recipe: dict, progress: Progress) -> tuple[list[Clip], np.ndarray]:
    """The rated clips and (N, 454) of each whole clip; the paper's 386 come first."""
    clips = registry.get("datasets", recipe["rated"])(data).clips()
    x = features_cache.cached(recipe["rated"], clips, workers=recipe.get("workers"), progress=progress)
    return clips, x[:, 0].astype(float)


def figures(data: Path, clips: list[Clip], x: np.ndarray, y: np.ndarray, groups: list[str], recipe: dict) -> dict:
    """The data of all figures. The beeswarm is of the paper's 386 values; families and dependence of all there are,
    as the paper's have no rhythm in them. Dependence is written to a file of its own."""
    shap, whole = (figure.out_of_fold_shap(given, y, groups, recipe) for given in (x[:, :PAPER], x))
    results_handcrafted.write_dependence(recipe["rated"], NAMES, x, whole)
    return {"pearson": figure.pearson(x[:, :PAPER], y, NAMES[:PAPER]),
            "beeswarm": figure.beeswarm(x[:, :PAPER], shap, NAMES, recipe["top"]),
            "families": {"paper": figure.families(shap, NAMES[:PAPER]), "all": figure.families(whole, NAMES)},
            "scatter": figure.scatter(clips, recipe["rated"]),
            "histograms": figure.histograms(clips, figure.listener_spreads(data, recipe["rated"], clips))}


def study(x: np.ndarray, y: np.ndarray, groups: list[str], recipe: dict, progress: Progress = silent):
    """(feature set, regressor) -> (N, 2) out-of-fold predictions; feature set -> target -> the columns kept, a list for
    each outer fold. Each fold of each target is kept in build/runs, so that a run that was stopped goes on."""
    found = {key: np.full(y.shape, np.nan) for key in product(SETS, recipe["grid"])}
    kept = {s: {t: [] for t in TARGETS} for s in CHOSEN}
    folds, folder = grouped_folds(groups, recipe["outer"], recipe["seed"]), run_folder(x, y, groups, recipe)
    for step, ((fold, (learn, test)), (k, target)) in enumerate(product(enumerate(folds), enumerate(TARGETS))):
        within = part(progress, step / (len(folds) * len(TARGETS)), (step + 1) / (len(folds) * len(TARGETS)))
        path = folder / f"outer{fold}-{target}.json"
        if not path.exists():
            _keep(path, one_fold(x, y[:, k], np.asarray(groups), learn, test, recipe, within))
        stored = json.loads(path.read_text())
        for s, r in found:
            found[s, r][test, k] = stored["predicted"][s][r]
        for s in CHOSEN:
            kept[s][target].append(stored["columns"][s])
    return found, kept


def run_folder(x: np.ndarray, y: np.ndarray, groups: list[str], recipe: dict) -> Path:
    """Named by the recipe and by what it is given, so that other data or another grid starts anew."""
    given = hashlib.sha256(json.dumps([recipe, groups]).encode())
    for array in (x, y):
        given.update(np.ascontiguousarray(array).tobytes())
    return FOLDER / f"handcrafted-{recipe['rated']}-{given.hexdigest()[:12]}"


def one_fold(x: np.ndarray, y: np.ndarray, groups: np.ndarray, learn: np.ndarray, test: np.ndarray, recipe: dict,
             progress: Progress = silent) -> dict:
    """The predictions of one test part for one target, by set and regressor, and the columns that were chosen."""
    views, columns = sets_of(x, y, learn, recipe)
    found: dict[str, dict] = {s: {} for s in SETS}
    for i, (s, r) in enumerate(product(SETS, recipe["grid"])):
        progress(i / (len(SETS) * len(recipe["grid"])), f"{r} on {s}")
        found[s][r] = predict(r, views[s], y, groups, learn, test, recipe).tolist()
    return {"predicted": found, "columns": {s: columns[s] for s in CHOSEN}}


def _keep(path: Path, value: dict) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    part_of = path.with_suffix(f".{os.getpid()}")
    part_of.write_text(json.dumps(value))
    part_of.replace(path)


def sets_of(x: np.ndarray, y: np.ndarray, learn: np.ndarray, recipe: dict) -> tuple[dict, dict]:
    """Set -> (N, kept) of all clips, and set -> columns, both chosen on the clips `learn` alone."""
    columns = feature_sets.choose(x[learn], y[learn], recipe)
    project = feature_sets.components(x[learn], recipe["components"])
    return {**{s: x[:, kept] for s, kept in columns.items()}, "pca": project(x)}, columns


def predict(name: str, x: np.ndarray, y: np.ndarray, groups: np.ndarray, learn: np.ndarray, test: np.ndarray,
            recipe: dict) -> np.ndarray:
    """(len(test),) by the grid point with the smallest squared error over inner folds of `learn`. No feature to learn
    from: the mean."""
    if not x.shape[1]:
        return np.full(len(test), y[learn].mean())
    grid = settings(recipe["grid"][name])
    errors = np.zeros(len(grid))
    for fit, held in grouped_folds(groups[learn], recipe["inner"], recipe["seed"] + 1000):
        for j, setting in enumerate(grid):
            guess = fitted(name, setting, x, y, learn[fit], recipe)(x[learn[held]])
            errors[j] += np.sum((guess - y[learn[held]]) ** 2)
    return fitted(name, grid[int(errors.argmin())], x, y, learn, recipe)(x[test])


def settings(grid: dict[str, list]) -> list[dict]:
    """Every combination of a grid."""
    return [dict(zip(grid, values, strict=True)) for values in product(*grid.values())]


def fitted(name: str, setting: dict, x: np.ndarray, y: np.ndarray, learn: np.ndarray, recipe: dict):
    return REGRESSORS[name](setting, x[learn], y[learn], np.ones(len(learn)), recipe["seed"])

"""Trains and evaluates ridge regression on what several ears hear: backbones_ridge and student_ridge.

    MER_WEIGHTS=FOLDER python -m mer_core train backbones_ridge --data DIR

Nested cross-validation, grouped by artist: inner folds choose for each target which ears it listens to, how strong the
penalty is, and how much the quadrants of 4Q count as weak ratings; the test part is predicted once.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from pathlib import Path

import numpy as np

from mer_core import registry
from mer_core.features.handcrafted import NAMES
from mer_core.models import _hearing
from mer_core.schema import TARGETS, ModelCard, Progress, part, silent
from mer_core.training import card_ridge, embeddings_cache, features_cache
from mer_core.training.evaluate import error_covariance, grouped_folds, metrics
from mer_core.training.fit_c2d import _plain
from mer_core.training.fit_xgb import columns, sides

WEIGHTS = "model.safetensors"


@dataclass(frozen=True, eq=False)
class Heard:
    """Clips as the ears hear them; the first `rated` of them have ratings, the others only the side of zero."""

    parts: dict[str, np.ndarray]  # name -> (N, C)
    groups: np.ndarray  # (N,) artists
    labels: np.ndarray  # (N, 2)
    rated: int

    @cached_property
    def artists(self) -> np.ndarray:
        """(N,) the groups in one spelling, so that it does not hide that two sets share an artist."""
        return np.array([_plain(group) for group in self.groups])

    def scaled(self, names: Sequence[str], fit: np.ndarray) -> np.ndarray:
        """(N, C) of the parts `names`, standardised by the clips `fit`; each part weighs the same, however wide."""
        return np.concatenate([(self.parts[n] - mean) * scale for n, (mean, scale) in self.scales(names, fit).items()],
                              axis=1)

    def scales(self, names: Sequence[str], fit: np.ndarray) -> dict[str, tuple[np.ndarray, np.ndarray]]:
        """part -> what is taken from each column, and by what it is then multiplied."""
        found = {}
        for name in names:
            x = self.parts[name][fit]
            spread = x.std(axis=0)
            found[name] = x.mean(axis=0), 1 / (np.where(spread > 1e-6, spread, 1) * np.sqrt(x.shape[1] * len(names)))
        return found


def train(data: Path, recipe: dict, out: Path, progress: Progress = silent) -> ModelCard:
    """Writes model.safetensors and card.json to `out`. The errors on the card are those of `evaluate`; the weights
    come from all clips, with settings chosen on folds of all clips."""
    from safetensors.numpy import save

    heard = read(data, recipe, part(progress, 0.0, 0.6))
    found = measure(heard, recipe, part(progress, 0.6, 0.95))
    every = np.arange(heard.rated)
    best = [choose(heard, every, k, recipe) for k in range(len(TARGETS))]
    names = [NAMES[i] for i in columns(recipe)]
    ears = {name: _hearing.EARS[name].WEIGHTS.digest for name in _hearing.ears(tuple(recipe["parts"]))}
    raw = save(tensors(heard, best, recipe), {"handcrafted": json.dumps(names), "ears": json.dumps(ears)})
    (out / WEIGHTS).write_bytes(raw)
    card = card_ridge.card(recipe, heard, found, dict(zip(TARGETS, best)), WEIGHTS, hashlib.sha256(raw).hexdigest())
    card.write(out / "card.json")
    progress(1.0, "done")
    return card


def evaluate(data: Path, recipe: dict, progress: Progress = silent) -> dict:
    """target -> metric -> value over artist-grouped folds, the mean of the recipe's splits, and the covariance."""
    return measure(read(data, recipe, part(progress, 0.0, 0.7)), recipe, part(progress, 0.7, 1.0))


def read(data: Path, recipe: dict, progress: Progress = silent) -> Heard:
    """Both sets as the recipe's ears hear them."""
    sets = [registry.get("datasets", recipe[role])(data) for role in ("rated", "weak")]
    clips, parts = [c for s in sets for c in s.clips()], {}
    names = _hearing.ears(tuple(recipe["parts"]))
    hears = {name: embeddings_cache.cached(name, clips, progress=part(progress, i / (len(names) + 1),
                                                                      (i + 1) / (len(names) + 1)))
             for i, name in enumerate(names)}
    for name in recipe["parts"]:
        ear, _, layer = name.partition("_")
        if name == "handcrafted":
            parts[name] = np.concatenate([features_cache.cached(recipe[role], s.clips(), workers=recipe.get("workers"))
                                          for role, s in zip(("rated", "weak"), sets)])[:, 0, columns(recipe)]
        else:
            parts[name] = np.stack([h[layer].mean(axis=0) for h in hears[ear]])
    rated = len(sets[0].clips())
    labels = [c.values if i < rated else sides(c.quadrant) for i, c in enumerate(clips)]
    return Heard(parts, np.array([c.group for c in clips]), np.array(labels, float), rated)


# one fit --------------------------------------------------------------------------------------------------------------


def known(heard: Heard, fit: np.ndarray, setting: dict, k: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Clips to learn target k from, their values and weights: `fit`, and the weak clips without those by artists of the
    other rated clips. A weak clip stands beside the mean of the ratings, by its side."""
    y = heard.labels[fit, k]
    if not setting["weak_weight"]:
        return fit, y, np.ones(len(fit))
    weak = np.arange(heard.rated, len(heard.groups))
    weak = weak[~np.isin(heard.artists[weak], np.setdiff1d(heard.artists[:heard.rated], heard.artists[fit]))]
    assumed = y.mean() + setting["weak_shift"] * y.std() * heard.labels[weak, k]
    return (np.concatenate([fit, weak]), np.concatenate([y, assumed]),
            np.concatenate([np.ones(len(fit)), np.full(len(weak), setting["weak_weight"])]))


def solve(kernel: np.ndarray, y: np.ndarray, weight: np.ndarray, alpha: float) -> tuple[np.ndarray, float]:
    """(N,) dual coefficients a and the offset b of weighted ridge regression: f(x) = b + sum a_i k(x_i, x)."""
    offset = np.average(y, weights=weight)
    return np.linalg.solve(kernel + alpha * np.diag(1 / weight), y - offset), float(offset)


def predict(heard: Heard, kernel: np.ndarray, fit: np.ndarray, test: np.ndarray, setting: dict, k: int) -> np.ndarray:
    """(len(test),) of target k; `kernel` (N, N) holds the products of all clips' scaled numbers."""
    rows, y, weight = known(heard, fit, setting, k)
    a, b = solve(kernel[np.ix_(rows, rows)], y, weight, setting["alpha"])
    return b + kernel[np.ix_(test, rows)] @ a


def settings(recipe: dict) -> list[dict]:
    grid = recipe["grid"]
    every = [dict(zip(grid, values)) for values in product(*grid.values())]
    return [s for s in every if s["weak_weight"] or s["weak_shift"] == grid["weak_shift"][0]]


def choose(heard: Heard, among: np.ndarray, k: int, recipe: dict) -> dict:
    """The setting with the smallest squared error of target k over artist-grouped folds of `among`."""
    folds = [(among[a], among[b]) for a, b in grouped_folds(heard.groups[among], recipe["inner"], 1000)]
    tried = settings(recipe)
    errors, kernels = np.zeros(len(tried)), {}
    for j, setting in enumerate(tried):
        name = tuple(setting["parts"])
        if name not in kernels:
            x = heard.scaled(name, among)
            kernels = {name: x @ x.T}  # one at a time: the grid goes through the parts in its outer loop
        errors[j] = sum(np.sum((predict(heard, kernels[name], fit, test, setting, k) - heard.labels[test, k]) ** 2)
                        for fit, test in folds)
    return tried[int(errors.argmin())]


def nested(heard: Heard, recipe: dict, seed: int, progress: Progress) -> np.ndarray:
    """(rated, 2) predictions, each by a regression chosen and fitted without the clip's artist."""
    predicted = np.zeros((heard.rated, len(TARGETS)))
    folds = grouped_folds(heard.groups[:heard.rated], recipe["outer"], seed)
    for step, ((fit, test), k) in enumerate(product(folds, range(len(TARGETS)))):
        progress(step / (len(folds) * len(TARGETS)), f"split {seed}, {TARGETS[k]}")
        best = choose(heard, fit, k, recipe)
        x = heard.scaled(best["parts"], fit)
        predicted[test, k] = predict(heard, x @ x.T, fit, test, best, k)
    return predicted


def measure(heard: Heard, recipe: dict, progress: Progress = silent) -> dict:
    """target -> mean metrics of all splits, the covariance of the errors, each split's r2."""
    truth, splits = heard.labels[:heard.rated], recipe["splits"]
    found = [nested(heard, recipe, seed, part(progress, i / len(splits), (i + 1) / len(splits)))
             for i, seed in enumerate(splits)]
    ours = [metrics(truth, p, TARGETS) for p in found]
    mean = {t: {m: round(float(np.mean([o[t][m] for o in ours])), 4) for m in ours[0][t]} for t in TARGETS}
    covariance = np.mean([error_covariance(truth, p) for p in found], axis=0)
    return {**mean, "covariance": covariance.round(6).tolist(),
            "splits": {str(seed): {t: o[t]["r2"] for t in TARGETS} for seed, o in zip(splits, ours)}}


def tensors(heard: Heard, best: Sequence[dict], recipe: dict) -> dict[str, np.ndarray]:
    """The regression in numbers of the parts themselves: what models/_ridge.py multiplies."""
    every, parts = np.arange(heard.rated), recipe["parts"]
    mean = {n: m for n, (m, _) in heard.scales(parts, every).items()}
    weights = np.zeros((sum(heard.parts[n].shape[1] for n in parts), len(TARGETS)))
    bias, edges = np.zeros(len(TARGETS)), np.cumsum([0] + [heard.parts[n].shape[1] for n in parts])
    for k, setting in enumerate(best):
        x = heard.scaled(setting["parts"], every)
        rows, y, weight = known(heard, every, setting, k)
        a, bias[k] = solve(x[rows] @ x[rows].T, y, weight, setting["alpha"])
        flat, column = x[rows].T @ a, 0
        for name, (_, scale) in heard.scales(setting["parts"], every).items():
            i = list(parts).index(name)
            weights[edges[i]:edges[i + 1], k] = flat[column:column + len(scale)] * scale
            column += len(scale)
    return {"mean": np.concatenate([mean[n] for n in parts]).astype(np.float32),
            "coefficients": weights.astype(np.float32), "bias": bias.astype(np.float32)}

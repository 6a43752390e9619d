"""Trains and evaluates the regressors on handcrafted features; the shipped one is XGBoost.

    python -m mer_core train handcrafted_xgb --data DIR
    python -m mer_core evaluate handcrafted_xgb --data DIR

Ratings come from MUSIFEAST-17; the quadrants of 4Q serve as weak labels. Everything that is chosen is chosen by grid
search on artist-grouped folds inside the training part; the test part is predicted once.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from itertools import product
from pathlib import Path

import numpy as np

from mer_core import registry
from mer_core.features.handcrafted import NAMES
from mer_core.schema import TARGETS, ModelCard, Progress, part, silent
from mer_core.training import card_xgb, features_cache
from mer_core.training.evaluate import error_covariance, grouped_folds, metrics
from mer_core.training.regressors import REGRESSORS, boost

WEIGHTS = "model.json"


@dataclass(frozen=True, eq=False)
class Clips:
    """Measured clips: rated ones with values, weak ones with sides."""

    x: np.ndarray  # (N, V, C): of the whole clip, then of parts of it
    groups: np.ndarray  # (N,) artists
    labels: np.ndarray  # (N, 2): ratings on [-1, 1], or -1 and 1 for the side of zero

    def __len__(self) -> int:
        return len(self.x)

    def take(self, index: np.ndarray) -> Clips:
        return Clips(self.x[index], self.groups[index], self.labels[index])

    def without(self, groups: np.ndarray) -> Clips:
        """These clips less those by the artists in `groups`."""
        return self.take(np.flatnonzero(~np.isin(self.groups, groups)))


def train(data: Path, recipe: dict, out: Path, progress: Progress = silent) -> ModelCard:
    """Writes model.json and card.json to `out`. The errors on the card are those of `evaluate`; the weights come from
    all clips, with parameters chosen on folds of all clips."""
    rated, weak = read(data, recipe, part(progress, 0.0, 0.2))
    measured = measure(rated, weak, recipe, part(progress, 0.2, 0.9))
    grid = settings(recipe["grid"][recipe["shipped"]])
    names, boosters, chosen = [NAMES[i] for i in columns(recipe)], {}, {}
    for k, target in enumerate(TARGETS):
        progress(0.9 + 0.05 * k, f"fitting {target}")
        best = choose(recipe["shipped"], grid, rated, weak, k, recipe["inner"], seed=0)
        boosters[target] = json.loads(boost(*joined(best, rated, weak, k), seed=0, names=names).save_raw("json"))
        chosen[target] = best
    raw = json.dumps({"features": names, "boosters": boosters}, separators=(",", ":")).encode()
    (out / WEIGHTS).write_bytes(raw)
    card = card_xgb.card(len(rated), len(weak), measured, chosen, names, leaves(boosters), WEIGHTS,
                         hashlib.sha256(raw).hexdigest(), recipe)
    card.write(out / "card.json")
    progress(1.0, "done")
    return card


def evaluate(data: Path, recipe: dict, progress: Progress = silent) -> dict:
    """target -> metric -> value of the shipped regressor, its covariance, and `compared`, the table of all six."""
    rated, weak = read(data, recipe, part(progress, 0.0, 0.3))
    return measure(rated, weak, recipe, part(progress, 0.3, 1.0))


def read(data: Path, recipe: dict, progress: Progress) -> tuple[Clips, Clips]:
    """The rated and the weak clips with their features, which are computed once and kept."""
    found = []
    for k, role in enumerate(("rated", "weak")):
        clips = registry.get("datasets", recipe[role])(data).clips()
        x = features_cache.cached(recipe[role], clips, workers=recipe.get("workers"),
                                  progress=part(progress, k / 2, (k + 1) / 2))[..., columns(recipe)]
        values = [c.values for c in clips] if role == "rated" else [sides(c.quadrant) for c in clips]
        found.append(Clips(x, np.array([c.group for c in clips]), np.array(values, float)))
    return found[0], found[1]


def columns(recipe: dict) -> list[int]:
    """Where the features that the recipe does not leave out stand among all; patterns as in a shell."""
    return [i for i, name in enumerate(NAMES) if not any(fnmatch(name, pattern) for pattern in recipe["leave_out"])]


def sides(quadrant: int) -> tuple[int, int]:
    """On which side of zero valence and arousal lie: Q1 (+, +), Q2 (-, +), Q3 (-, -), Q4 (+, -)."""
    return (1 if quadrant in (1, 4) else -1), (1 if quadrant in (1, 2) else -1)


def settings(grid: dict[str, list]) -> list[dict]:
    """Every combination of a grid; where weak clips weigh nothing, their shift does not matter and is tried once."""
    every = [dict(zip(grid, values)) for values in product(*grid.values())]
    shift = grid["weak_shift"][0]
    return [s for s in every if s["weak_weight"] > 0 or s["weak_shift"] == shift]


def joined(setting: dict, rated: Clips, weak: Clips, k: int):
    """(parameters, x, y, weight) of one fit of target k: `views` rows of each rated clip, which share its weight of 1,
    then a row of each weak clip at its assumed value."""
    params = {key: value for key, value in setting.items() if key != "views" and not key.startswith("weak_")}
    y, views = rated.labels[:, k], setting["views"]
    x, values, weight = [rated.x[:, v] for v in range(views)], [y] * views, [np.full(len(y), 1 / views)] * views
    if setting["weak_weight"] > 0:
        x.append(weak.x[:, 0])
        values.append(y.mean() + setting["weak_shift"] * y.std() * weak.labels[:, k])
        weight.append(np.full(len(weak), setting["weak_weight"]))
    return params, np.concatenate(x), np.concatenate(values), np.concatenate(weight)


def predict(name: str, setting: dict, rated: Clips, weak: Clips, test: Clips, k: int, seed: int) -> np.ndarray:
    """(len(test),) of target k from a regressor that saw no artist of the test clips."""
    params, x, y, weight = joined(setting, rated, weak.without(test.groups), k)
    return REGRESSORS[name](params, x, y, weight, seed)(test.x[:, 0])


def choose(name: str, grid: Sequence[dict], rated: Clips, weak: Clips, k: int, folds: int, seed: int) -> dict:
    """The setting with the smallest squared error of target k over artist-grouped folds of `rated`."""
    if len(grid) == 1:
        return grid[0]
    errors = np.zeros(len(grid))
    for fit, test in grouped_folds(rated.groups, folds, seed + 1000):
        held = rated.take(test)
        for j, setting in enumerate(grid):
            predicted = predict(name, setting, rated.take(fit), weak, held, k, seed)
            errors[j] += np.sum((predicted - held.labels[:, k]) ** 2)
    return grid[int(errors.argmin())]


def nested(name: str, rated: Clips, weak: Clips, recipe: dict, seed: int, progress: Progress) -> np.ndarray:
    """(N, 2) predictions of every rated clip, each by a regressor chosen and fitted without its artist."""
    grid, predicted = settings(recipe["grid"][name]), np.zeros_like(rated.labels)
    folds = grouped_folds(rated.groups, recipe["outer"], seed)
    for step, ((fit, test), k) in enumerate(product(folds, range(len(TARGETS)))):
        progress(step / (len(folds) * len(TARGETS)), f"{name}, split {seed}, {TARGETS[k]}")
        inside, held = rated.take(fit), rated.take(test)
        allowed = weak.without(held.groups)
        best = choose(name, grid, inside, allowed, k, recipe["inner"], seed)
        predicted[test, k] = predict(name, best, inside, allowed, held, k, seed)
    return predicted


def measure(rated: Clips, weak: Clips, recipe: dict, progress: Progress) -> dict:
    """target -> metrics of the shipped regressor over all splits, its covariance, each split's r2, and all six."""
    shipped, splits = recipe["shipped"], recipe["splits"]
    runs = [(shipped, seed) for seed in splits] + [(name, splits[0]) for name in REGRESSORS if name != shipped]
    truth, found = rated.labels, {}
    for step, (name, seed) in enumerate(runs):
        within = part(progress, step / len(runs), (step + 1) / len(runs))
        found[name, seed] = nested(name, rated, weak, recipe, seed, within)
    progress(1.0, "measured")
    ours = [metrics(truth, found[shipped, seed], TARGETS) for seed in splits]
    mean = {t: {m: round(float(np.mean([o[t][m] for o in ours])), 4) for m in ours[0][t]} for t in TARGETS}
    covariance = np.mean([error_covariance(truth, found[shipped, seed]) for seed in splits], axis=0)
    return {**mean, "covariance": covariance.round(6).tolist(),
            "splits": {str(seed): {t: o[t]["r2"] for t in TARGETS} for seed, o in zip(splits, ours)},
            "compared": {name: metrics(truth, found[name, splits[0]], TARGETS) for name in REGRESSORS}}


def leaves(boosters: dict) -> int:
    """How many numbers were learned: the leaves of all trees, and a threshold for each inner node."""
    trees = [t for b in boosters.values() for t in b["learner"]["gradient_booster"]["model"]["trees"]]
    return sum(len(t["split_indices"]) for t in trees)

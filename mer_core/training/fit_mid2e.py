"""Mid2E: the thesis's grid of feature sets and models, and the linear regressions on seven descriptors that ship.

    python -m mer_core evaluate mid2e --data DIR [--dataset soundtracks]
    python -m mer_core train mid2e --data DIR
    python -m mer_core train mid2e_va --data DIR

The descriptors are the signal-based ones of mer_core/features/mid_level, not the ones that listeners rated.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from mer_core import registry
from mer_core.datasets._base import Clip, Dataset
from mer_core.errors import ParameterError
from mer_core.features import mid_level
from mer_core.schema import ModelCard, Progress, part, silent
from mer_core.training import card_mid2e, descriptors_cache
from mer_core.training.evaluate import error_covariance, grouped_folds, metrics
from mer_core.training.mid2e import MODELS, Linear, fit_linear, fit_network, measured, over_seeds, plain, split
from mer_core.training.nested import FOLDER, Fitted, Runs

WEIGHTS = "model.safetensors"


@dataclass(frozen=True, eq=False)
class Table:
    """One feature set of all clips."""

    names: tuple[str, ...]  # (C,)
    x: np.ndarray  # (N, C), NaN where not defined


@dataclass(frozen=True, eq=False)
class Study:
    """Rated clips and what is measured of them."""

    dataset: Dataset
    clips: list[Clip]
    targets: tuple[str, ...]
    ratings: np.ndarray  # (N, K)
    tables: dict[str, Table]  # by the names of descriptors_cache.SETS: "7", "19", "34", "19 relative", ...
    recipe: dict
    runs: Runs

    @cached_property
    def groups(self) -> np.ndarray:
        return np.array([clip.group for clip in self.clips])


def opened(data: Path, recipe: dict, progress: Progress = silent) -> Study:
    dataset = registry.get("datasets", recipe["rated"])(data)
    clips, (targets, ratings) = dataset.clips(), dataset.ratings()
    if np.isnan(ratings).any():
        raise ParameterError(f"{dataset.title} does not rate every clip; Mid2E needs a set of ratings")
    rows = descriptors_cache.cached(dataset.name, clips, workers=recipe.get("workers"), progress=progress)
    found = {name: Table(columns, descriptors_cache.encoded(rows, name).astype(float))
             for name, columns in descriptors_cache.SETS.items()}
    digest = hashlib.sha256(b"".join(np.ascontiguousarray(t.x).tobytes() for t in found.values())).hexdigest()[:12]
    runs = Runs(FOLDER / f"mid2e-{dataset.name}", {"clips": len(clips), "measured": digest})
    return Study(dataset, clips, tuple(targets), np.asarray(ratings, float), found, recipe, runs)


def evaluate(data: Path, recipe: dict, progress: Progress = silent) -> dict:
    """feature set -> model -> Pearson r and MSE over the recipe's seeds, as `mid2e.plain` gives them."""
    study = opened(data, recipe, part(progress, 0, 0.5))
    found = {name: {model: plain(over_seeds(each, study.targets)) for model, each in grid(study, name).items()}
             for name in study.tables}
    progress(1.0, "measured")
    return found


def grid(study: Study, name: str) -> dict[str, list[dict]]:
    """model -> `measured` of each seed's test fifth, on the feature set called `name`."""
    table, found = study.tables[name], {}
    for seed in study.recipe["seeds"]["mid2e"]:
        learn, test = split(study.groups, seed)
        truth = study.ratings[test]
        for model, (penalty, interactions) in MODELS.items():
            fitted = fit_linear(table.x[learn], study.ratings[learn], table.names, penalty, interactions)
            found.setdefault(model, []).append(measured(truth, fitted(table.x[test])))
        run = network(study, name, learn, seed, f"seed{seed}")
        found.setdefault("network", []).append(measured(truth, run.predicted[test]))
    return found


def network(study: Study, name: str, learn: np.ndarray, seed: int, called: str) -> Fitted:
    """The shallow network on the clips `learn`, once."""
    table, plan = study.tables[name], study.recipe["network"]
    config = {"set": name, "features": list(table.names), "plan": plan, "targets": list(study.targets), "seed": seed}
    return study.runs.once(f"network/{name}/{called}", config, lambda: fit_network(
        table.x, study.ratings, table.names, study.groups, learn, plan, seed))


# the models that ship -------------------------------------------------------------------------------------------------


def train(data: Path, recipe: dict, out: Path, progress: Progress = silent) -> ModelCard:
    """Writes model.safetensors and card.json to `out`: errors over grouped folds, weights from all clips."""
    from safetensors.numpy import save

    study = opened(data, recipe, part(progress, 0.0, 0.9))
    found = cross_validated(study)
    table = study.tables["7"]
    raw = save(tensors(fit_linear(table.x, study.ratings, table.names)),
               {"descriptors": json.dumps(list(mid_level.NAMES))})
    (out / WEIGHTS).write_bytes(raw)
    made = card_mid2e.card(recipe, study.dataset, len(study.clips), study.targets, found, parameters(raw), WEIGHTS,
                           hashlib.sha256(raw).hexdigest())
    made.write(out / "card.json")
    progress(1.0, "done")
    return made


def cross_validated(study: Study) -> dict:
    """target -> metrics and the errors' covariance, means over the divisions into grouped folds; each clip is foretold
    by a regression that knew no clip of its group."""
    predicted = [out_of_fold(study.tables["7"], study.ratings, study.groups, seed, study.recipe["outer"])
                 for seed in study.recipe["splits"]]
    ours = [metrics(study.ratings, p, study.targets) for p in predicted]
    mean = {t: {m: round(float(np.mean([o[t][m] for o in ours])), 4) for m in ours[0][t]} for t in study.targets}
    covariance = np.mean([error_covariance(study.ratings, p) for p in predicted], axis=0)
    return {**mean, "covariance": covariance.round(7).tolist()}


def out_of_fold(table: Table, ratings: np.ndarray, groups: Sequence[str], seed: int, folds: int) -> np.ndarray:
    """(N, K) predictions of every clip."""
    predicted = np.zeros_like(ratings)
    for learn, test in grouped_folds(groups, folds, seed):
        predicted[test] = fit_linear(table.x[learn], ratings[learn], table.names)(table.x[test])
    return predicted


def tensors(fitted: Linear) -> dict[str, np.ndarray]:
    """A regression without interactions, in the units of the measured values: what models/_mid_linear.py adds up."""
    columns, count = fitted.columns, len(fitted.columns.names)
    slopes = fitted.coefficients / fitted.width[:, None]
    missing = np.zeros((count, slopes.shape[1]))
    flags = slopes[count:] / columns.flag_spread[:, None]
    missing[columns.flagged] = flags
    bias = fitted.bias - fitted.middle @ slopes - columns.flag_mean @ flags
    return {"mean": columns.mean, "coefficients": slopes[:count] / columns.spread[:, None], "missing": missing,
            "bias": bias}


def parameters(raw: bytes) -> int:
    """How many numbers were learnt: coefficients, and what stands for a descriptor that is missing."""
    from safetensors.numpy import load

    kept = load(raw)
    return kept["coefficients"].size + int(np.count_nonzero(kept["missing"])) + kept["bias"].size

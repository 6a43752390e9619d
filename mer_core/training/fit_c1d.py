"""Trains and evaluates C1D on the mix, a baseline in the study of EmoMucs: same recipe, same folds, same runs.

    python -m mer_core train c1d_mix --data DIR
    python -m mer_core evaluate c1d_mix --data DIR
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save

from mer_core.models.c1d_mix import INPUT
from mer_core.schema import ModelCard, Progress, part, silent
from mer_core.training import card_c1d, run
from mer_core.training.fit_emomucs import opened, report, source_run
from mer_core.training.nested import Outer, whole
from mer_core.training.source_models import Study

WEIGHTS = "model.safetensors"


def train(data: Path, recipe: dict, out: Path, progress: Progress = silent) -> ModelCard:
    """Writes model.safetensors and card.json to `out`. The card's errors come from the outer folds, the weights from
    all rated clips by the same steps."""
    study, folds = opened(data, _study(recipe), part(progress, 0, 0.1))
    predicted = _out_of_fold(study, folds, part(progress, 0.1, 0.8))
    parts = whole([clip.group for clip in study.clips], study.recipe["inner"], study.recipe["seed"])
    weights = source_run(study, "c1d", "mix", parts).weights
    raw = save(weights | {f"input.{k}": torch.tensor(getattr(INPUT, k)) for k in ("floor", "scale")})
    out.mkdir(parents=True, exist_ok=True)
    (out / WEIGHTS).write_bytes(raw)
    card = card_c1d.card(study.clips, study.weak, report(study, predicted), study.recipe, WEIGHTS,
                         hashlib.sha256(raw).hexdigest())
    card.write(out / "card.json")
    return card


def evaluate(data: Path, recipe: dict, progress: Progress = silent) -> dict:
    """target -> metric -> value over the outer folds, with the covariance of the errors."""
    study, folds = opened(data, _study(recipe), part(progress, 0, 0.1))
    return report(study, _out_of_fold(study, folds, part(progress, 0.1, 1)))


def _study(recipe: dict) -> dict:
    """The recipe of the study, on the rated set of this one."""
    return run.recipe(recipe["study"]) | {"rated": recipe["rated"]}


def _out_of_fold(study: Study, folds: list[Outer], progress: Progress) -> np.ndarray:
    """(N, 2); every clip by a network that knew no clip of its artist."""
    predicted = np.zeros_like(study.ratings)
    for k, outer in enumerate(folds):
        progress(k / len(folds), f"fold {k + 1} of {len(folds)}")
        predicted[outer.test] = source_run(study, "c1d", "mix", outer).predicted[outer.test]
    return predicted

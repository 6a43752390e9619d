"""Trains and evaluates one source model of the study of EmoMucs, C1D or C2D on the mix or on a stem: same recipe, same
folds, same runs.

    python -m mer_core train c2d_vocals --data DIR
    python -m mer_core evaluate c2d_vocals --data DIR
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from mer_core.models.c2d_mix import INPUT
from mer_core.schema import ModelCard, Progress, part, silent
from mer_core.training import card_source, run, weights_file
from mer_core.training.fit_emomucs import opened, report, source_run
from mer_core.training.nested import Outer, whole
from mer_core.training.source_models import Study


def train(data: Path, recipe: dict, out: Path, progress: Progress = silent) -> ModelCard:
    """Writes model.safetensors and card.json to `out`. The card's errors come from the outer folds, the weights from
    all rated clips by the same steps."""
    study, folds = opened(data, _study(recipe), part(progress, 0, 0.1))
    predicted = _out_of_fold(study, recipe, folds, part(progress, 0.1, 0.8))
    parts = whole([clip.group for clip in study.clips], study.recipe["inner"], study.recipe["seed"])
    weights = source_run(study, recipe["network"], recipe["source"], parts).weights
    digest = weights_file.write(out, weights, INPUT)
    card = card_source.card(recipe["network"], recipe["source"], study.clips, study.weak, report(study, predicted),
                            study.recipe, weights_file.NAME, digest)
    card.write(out / "card.json")
    return card


def evaluate(data: Path, recipe: dict, progress: Progress = silent) -> dict:
    """target -> metric -> value over the outer folds, with the covariance of the errors."""
    study, folds = opened(data, _study(recipe), part(progress, 0, 0.1))
    return report(study, _out_of_fold(study, recipe, folds, part(progress, 0.1, 1)))


def _study(recipe: dict) -> dict:
    """The recipe of the study, on the rated set of this one."""
    return run.recipe(recipe["study"]) | {"rated": recipe["rated"]}


def _out_of_fold(study: Study, recipe: dict, folds: list[Outer], progress: Progress) -> np.ndarray:
    """(N, 2); every clip by a network that knew no clip of its artist."""
    predicted = np.zeros_like(study.ratings)
    for k, outer in enumerate(folds):
        progress(k / len(folds), f"fold {k + 1} of {len(folds)}")
        predicted[outer.test] = source_run(study, recipe["network"], recipe["source"], outer).predicted[outer.test]
    return predicted

"""Trains student_mlp: the student by its teachers (fit_student.py), a perceptron on it by the ratings (fit_mlp.py).

    MER_WEIGHTS=FOLDER python -m mer_core train student_mlp --data DIR
    python -m mer_core evaluate student_mlp --data DIR

`evaluate` takes the student that ships: no rating and no rated clip had a part in it, so only the head has to be taught
anew in each fold.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from mer_core import registry
from mer_core.audio import decode
from mer_core.datasets._base import Clip
from mer_core.features import spectral
from mer_core.models.backbones import student
from mer_core.models.backbones.chunks import HEARD
from mer_core.schema import ModelCard, Progress, part, silent
from mer_core.training import card_mlp, fit_mlp, fit_student, weights_file


def train(data: Path, recipe: dict, out: Path, progress: Progress = silent) -> ModelCard:
    """Writes model.safetensors, the student's tensors and its head's, and card.json to `out`."""
    network = fit_student.taught(data, recipe, part(progress, 0.0, 0.9))
    clips, x = read(data, recipe, network, part(progress, 0.9, 0.93))
    measured = fit_mlp.measure(clips, x, recipe, part(progress, 0.93, 1.0))
    head = fit_mlp.final(clips, x, np.arange(len(x)), recipe, recipe["seed"])
    tensors = {f"{name}.{key}": value for name, module in (("student", network), ("head", head))
               for key, value in module.state_dict().items()}
    digest = weights_file.write(out, tensors, student.INPUT)
    own = sum(p.numel() for p in network.parameters())
    card = card_mlp.card(recipe, len(clips), x.shape[1], measured, weights_file.NAME, digest, own)
    card.write(out / "card.json")
    return card


def evaluate(data: Path, recipe: dict, progress: Progress = silent) -> dict:
    """target -> metric -> value of the head over artist-grouped folds, and the covariance of the errors."""
    clips, x = read(data, recipe, student.load(), part(progress, 0.0, 0.6))
    return fit_mlp.measure(clips, x, recipe, part(progress, 0.6, 1.0))


def read(data: Path, recipe: dict, network, progress: Progress = silent) -> tuple[list[Clip], np.ndarray]:
    """The rated clips, and (N, 256) what the student makes of each, the mean over its chunks."""
    clips = registry.get("datasets", recipe["rated"])(data).clips()
    heard = []
    for i, clip in enumerate(clips):
        progress(i / len(clips), f"the student hears clip {i + 1} of {len(clips)}")
        heard.append(student.hear(network, spectral.mono(decode(clip.path), HEARD))["embed"].mean(axis=0))
    return clips, np.stack(heard)

"""Trains and evaluates the perceptron on an embedding: musicnn_mlp, mn04_mlp, cnn14_mlp, and the head of student_mlp.

    MER_WEIGHTS=FOLDER python -m mer_core train musicnn_mlp --data DIR

The backbone is fixed and heard once; the perceptron learns both targets jointly and stops where a fold inside the
training part, grouped by artist, says so.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import nn

from mer_core import registry
from mer_core.datasets._base import Clip
from mer_core.models.nets.mlp import EmotionMLP
from mer_core.schema import TARGETS, ModelCard, Progress, part, silent
from mer_core.training import card_mlp, embeddings_cache, loop
from mer_core.training.evaluate import error_covariance, grouped_folds, metrics

WEIGHTS = "model.safetensors"


def train(data: Path, recipe: dict, out: Path, progress: Progress = silent) -> ModelCard:
    """Writes model.safetensors and card.json to `out`: errors as `evaluate` finds them, weights from all clips."""
    from safetensors.torch import save

    clips, x = read(data, recipe, part(progress, 0.0, 0.5))
    measured = measure(clips, x, recipe, part(progress, 0.5, 0.9))
    network = final(clips, x, np.arange(len(x)), recipe, seed=0)
    raw = save({name: value.contiguous() for name, value in network.state_dict().items()})
    (out / WEIGHTS).write_bytes(raw)
    card = card_mlp.card(recipe, len(clips), x.shape[1], measured, WEIGHTS, hashlib.sha256(raw).hexdigest())
    card.write(out / "card.json")
    progress(1.0, "done")
    return card


def evaluate(data: Path, recipe: dict, progress: Progress = silent) -> dict:
    """target -> metric -> value over artist-grouped folds, the mean of the recipe's splits, and the covariance."""
    clips, x = read(data, recipe, part(progress, 0.0, 0.6))
    return measure(clips, x, recipe, part(progress, 0.6, 1.0))


def read(data: Path, recipe: dict, progress: Progress = silent) -> tuple[list[Clip], np.ndarray]:
    """The rated clips, and (N, C) the mean of each one's embeddings."""
    clips = registry.get("datasets", recipe["rated"])(data).clips()
    backbone, _, layer = recipe["part"].partition("_")
    heard = embeddings_cache.cached(backbone, clips, progress=progress)
    return clips, np.stack([h[layer].mean(axis=0) for h in heard])


def measure(clips: Sequence[Clip], x: np.ndarray, recipe: dict, progress: Progress = silent) -> dict:
    """target -> mean metrics of all splits, the covariance of the errors, each split's r2."""
    truth, groups = ratings(clips), np.array([c.group for c in clips])
    steps, found = [(seed, i) for seed in recipe["splits"] for i in range(recipe["outer"])], {}
    for done, (seed, i) in enumerate(steps):
        progress(done / len(steps), f"split {seed}, fold {i + 1}")
        fit, test = grouped_folds(groups, recipe["outer"], seed)[i]
        network = final(clips, x, fit, recipe, seed)
        found.setdefault(seed, np.zeros_like(truth))[test] = answers(network, x[test])
    ours = [metrics(truth, p, TARGETS) for p in found.values()]
    mean = {t: {m: round(float(np.mean([o[t][m] for o in ours])), 4) for m in ours[0][t]} for t in TARGETS}
    covariance = np.mean([error_covariance(truth, p) for p in found.values()], axis=0)
    return {**mean, "covariance": covariance.round(6).tolist(),
            "splits": {str(seed): {t: o[t]["r2"] for t in TARGETS} for seed, o in zip(found, ours)}}


def ratings(clips: Sequence[Clip]) -> np.ndarray:
    """(N, 2) valence and arousal."""
    return np.array([clip.values for clip in clips], np.float32)


def final(clips: Sequence[Clip], x: np.ndarray, among: np.ndarray, recipe: dict, seed: int) -> EmotionMLP:
    """Taught all clips `among`, for as many epochs as were best when a fold of them was held back."""
    y, groups = ratings(clips), np.array([c.group for c in clips])
    learn, held = grouped_folds(groups[among], recipe["inner"], seed)[0]
    _, curve = taught(x, y, among[learn], among[held], recipe["head"], seed)
    network, _ = taught(x, y, among, None, recipe["head"], seed, loop.best_epoch(curve))
    return network


def taught(x: np.ndarray, y: np.ndarray, among: np.ndarray, held: np.ndarray | None, plan: dict, seed: int,
           epochs: int | None = None) -> tuple[EmotionMLP, list[dict]]:
    """The perceptron and its learning curve. It learns standardised numbers; what is returned takes them as they are
    and answers on [-1, 1]."""
    torch.manual_seed(seed)
    mean, scale = x[among].mean(axis=0), np.maximum(x[among].std(axis=0), 1e-6)
    centre, spread = y[among].mean(axis=0), y[among].std(axis=0)
    z, wanted = torch.from_numpy((x - mean) / scale).float(), torch.from_numpy((y - centre) / spread).float()
    network = EmotionMLP(x.shape[1], dropout=plan["dropout"])

    def judge() -> float:
        with torch.no_grad():
            return float(nn.functional.mse_loss(network(z[held]), wanted[held]))
    curve = loop.fit(network, lambda chosen, rng: z[chosen], wanted, among, plan, seed,
                     judge=judge if held is not None else None, epochs=epochs)
    return unscaled(network, mean, scale, centre, spread), curve


@torch.no_grad()
def unscaled(network: EmotionMLP, mean, scale, centre, spread) -> EmotionMLP:
    """The scaling of inputs and answers, moved into the first and the last layer."""
    first, last = network[0], network[-1]
    first.weight.div_(torch.from_numpy(scale).float())
    first.bias.sub_(first.weight @ torch.from_numpy(mean).float())
    last.weight.mul_(torch.from_numpy(spread).float()[:, None])
    last.bias.mul_(torch.from_numpy(spread).float()).add_(torch.from_numpy(centre).float())
    return network.eval()


@torch.no_grad()
def answers(network: nn.Module, x: np.ndarray) -> np.ndarray:
    return network(torch.from_numpy(x).float()).numpy()

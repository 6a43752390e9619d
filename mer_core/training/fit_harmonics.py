"""Trains and evaluates the harmonics CNN, and the networks it is compared with.

    python -m mer_core train harmonics_cnn --data DIR
    python -m mer_core evaluate harmonics_cnn --data DIR [--dataset soundtracks_deam]

Every fold's network is kept, and not trained twice (nested.py); study_harmonics.py looks into them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from mer_core import registry
from mer_core.datasets._base import Clip
from mer_core.features.harmonics import contiguous_table, random_table
from mer_core.models._base import probabilities, windows_of
from mer_core.models._harmonics import HOP, INPUT, WINDOW, harmonics_table
from mer_core.models.nets.harmonics import HarmonicsCNN, PlainCNN
from mer_core.schema import ModelCard, Progress, Segment, part, silent
from mer_core.training import card_harmonics, results_harmonics, weights_file
from mer_core.training.loop import fit
from mer_core.training.nested import FOLDER, Fitted, Outer, Part, Runs, outer_folds, split_hash
from mer_core.training.pictures_cache import cached

BANDS = INPUT.spec.n_mels
SETTLED = 16  # batches that the plain network's norms are measured on anew
STEP = 2  # columns that the networks average before all else
TABLES = {"harmonics": harmonics_table,
          "random": lambda: random_table(harmonics_table(), BANDS),
          "contiguous": lambda: contiguous_table(harmonics_table(), BANDS)}
VARIANTS = (*TABLES, "plain")


@dataclass(frozen=True, eq=False)
class Study:
    """The clips, the picture of each (256, T), the recipe and the kept runs."""

    clips: list[Clip]
    pictures: list[np.ndarray]
    recipe: dict
    runs: Runs

    @property
    def truth(self) -> np.ndarray:
        """(N,) the quadrant of each clip, from 0."""
        return np.array([clip.quadrant - 1 for clip in self.clips])

    @cached_property
    def halved(self) -> list[np.ndarray]:
        """The pictures with each two columns averaged, float16: what the networks do first."""
        return [p[:, :p.shape[1] // STEP * STEP].reshape(len(p), -1, STEP).mean(axis=2, dtype=np.float32)
                .astype(np.float16) for p in self.pictures]

    @property
    def folds(self) -> list[Outer]:
        """The outer folds; nothing is chosen inside them, so that their inner ones stay unused."""
        return outer_folds([clip.group for clip in self.clips], self.recipe["outer"], 2, self.recipe["seed"])


def train(data: Path, recipe: dict, out: Path, progress: Progress = silent) -> ModelCard:
    """Writes model.safetensors and card.json to `out`: the card's figures from the outer folds, the weights from all
    clips by the same steps."""
    study = opened(data, recipe, part(progress, 0, 0.2))
    found = measure(study, "harmonics", part(progress, 0.2, 0.9))
    everything = Part("all/final", np.arange(len(study.clips)), np.array([], int))
    final = once(study, "harmonics", everything, np.array([], int))
    parameters = sum(p.numel() for p in network("harmonics", recipe).parameters())
    made = card_harmonics.card(study, found, parameters, weights_file.write(out, final.weights, INPUT))
    made.write(out / "card.json")
    progress(1.0, "done")
    return made


def evaluate(data: Path, recipe: dict, progress: Progress = silent) -> dict:
    """The figures of the outer folds."""
    study = opened(data, recipe, part(progress, 0, 0.2))
    return results_harmonics.figures(study.truth, measure(study, "harmonics", part(progress, 0.2, 1.0)))


def opened(data: Path, recipe: dict, progress: Progress = silent) -> Study:
    """The clips with their pictures."""
    clips = registry.get("datasets", recipe["rated"])(data).clips()
    pictures = cached(recipe["rated"], clips, INPUT, progress=progress)
    runs = Runs(FOLDER / f"harmonics-{recipe['rated']}", {"seed": recipe["seed"], "input": repr(INPUT)})
    return Study(clips, pictures, recipe, runs)


def measure(study: Study, variant: str, progress: Progress = silent, folds: int | None = None) -> np.ndarray:
    """(N, 4) probabilities of each clip by the network that heard nothing of its artist; NaN for the clips of further
    folds where only the first `folds` are asked for."""
    found = np.full((len(study.clips), len(results_harmonics.QUADRANTS)), np.nan)
    folds = study.folds[:folds]
    for k, outer in enumerate(folds):
        progress(k / len(folds), f"{variant}, fold {k + 1} of {len(folds)}")
        found[outer.test] = once(study, variant, outer.final, outer.test).predicted[outer.test]
    return found


def once(study: Study, variant: str, among: Part, test: np.ndarray) -> Fitted:
    """The kept run of one variant on one training part, trained where there is none; it answers on `test` alone."""
    ids = [clip.id for clip in study.clips]
    config = {"network": study.recipe["network"] if variant in TABLES else {}, "plan": plan_of(study.recipe, variant),
              "split": split_hash(ids, [Outer(test, (), among)])}
    kept = study.runs.once(f"{variant}/{among.name}", config, lambda: taught(study, variant, among.learn, test))
    if variant in TABLES:
        return kept
    config["settled"] = SETTLED
    return study.runs.once(f"{variant}/{among.name}-settled", config, lambda: settled(study, kept, among.learn, test))


# one run --------------------------------------------------------------------------------------------------------------


def plan_of(recipe: dict, variant: str) -> dict:
    """The recipe's [tune], with what it says of this variant."""
    return {**recipe["tune"], **recipe.get(variant, {})}


def network(variant: str, recipe: dict) -> nn.Module:
    """The untaught network of a row."""
    made = HarmonicsCNN(TABLES[variant](), **recipe["network"]) if variant in TABLES else PlainCNN()
    return made.to(memory_format=torch.channels_last)


def taught(study: Study, variant: str, learn: np.ndarray, test: np.ndarray) -> Fitted:
    """A network of the variant that learnt the quadrants of the clips `learn`, and what it says of the clips `test`."""
    plan = plan_of(study.recipe, variant)
    torch.manual_seed(study.recipe["seed"])
    made = network(variant, study.recipe)

    step, made.fewer = made.fewer, nn.Identity()  # done once for all epochs, in `halved`

    def sample(chosen: np.ndarray, rng: np.random.Generator) -> Tensor:
        return torch.from_numpy(np.stack([view(study.halved[i], plan, rng) for i in chosen])[:, None])

    def loss(said: Tensor, wanted: Tensor) -> Tensor:
        return nn.functional.cross_entropy(said, wanted, label_smoothing=plan["smooth"])
    curve = fit(made, sample, torch.from_numpy(study.truth), np.repeat(learn, plan["views"]), plan,
                study.recipe["seed"], loss=loss)
    made.fewer = step
    return Fitted(curve, made.state_dict(), answers(study, made, test))


def settled(study: Study, kept: Fitted, learn: np.ndarray, test: np.ndarray) -> Fitted:
    """The plain network, the means and deviations of its norms measured anew on clips it learnt from, with no dropout.

    It drops values before its norms, as is usual; what they met in training is then more spread than what they meet
    afterwards, and the network leans to one quadrant. In the other networks nothing is dropped before a norm.
    """
    made, rng = network("plain", study.recipe), np.random.default_rng(study.recipe["seed"])
    made.load_state_dict(kept.weights)
    norms = [layer for layer in made.eval().modules() if isinstance(layer, (nn.BatchNorm1d, nn.BatchNorm2d))]
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # all batches count alike
        norm.train()
    plan, step = plan_of(study.recipe, "plain"), made.fewer
    made.fewer = nn.Identity()
    with torch.no_grad():
        for _ in range(SETTLED):
            chosen = rng.choice(learn, min(plan["batch"], len(learn)), replace=False)
            made(torch.from_numpy(np.stack([view(study.halved[i], plan, rng) for i in chosen])[:, None]))
    made.fewer = step
    return Fitted(kept.curve, made.state_dict(), answers(study, made, test))


def answers(study: Study, made: nn.Module, test: np.ndarray) -> np.ndarray:
    """(N, 4) probabilities of the clips `test`; NaN for all others."""
    found = np.full((len(study.clips), len(results_harmonics.QUADRANTS)), np.nan)
    for i in test:
        found[i] = answer(made, study.pictures[i])
    return found


def view(picture: np.ndarray, plan: dict, rng: np.random.Generator) -> np.ndarray:
    """(bands, columns) a random window of a halved picture, a little louder or softer; what is silent stays so."""
    columns = -(-INPUT.frames // STEP)
    start = rng.integers(max(picture.shape[1] - columns, 0) + 1)
    window = np.zeros((len(picture), columns), np.float32)
    heard = picture[:, start:start + columns]
    window[:, :heard.shape[1]] = heard
    return np.maximum(window + np.float32(rng.normal(0, plan["gain"])), 0, where=window > 0, out=window)


def windows(picture: np.ndarray) -> Tensor:
    """(n, 1, bands, frames) the windows of a whole song, as the model takes them."""
    seconds = (picture.shape[1] - 1) * INPUT.spec.hop / INPUT.spec.sr
    return torch.from_numpy(INPUT.cut(picture, spans(seconds)))


def spans(seconds: float) -> list[Segment]:
    """Where the windows of so long a song lie: every 3 s, the last flush with the end."""
    return windows_of(seconds, WINDOW, HOP)


@torch.no_grad()
def answer(made: nn.Module, picture: np.ndarray) -> np.ndarray:
    """(4,) probabilities, the mean over a song's windows."""
    return probabilities(made.eval()(windows(picture)).numpy()).mean(axis=0)

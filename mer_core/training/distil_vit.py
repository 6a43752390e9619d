"""Teaches a small vision transformer what two larger networks hear, without any label (see fit_student.py).

It sees a part of the patches at a time (Koutini et al., Efficient Training of Audio Transformers with Patchout,
Interspeech 2022, section 3), which is quicker and keeps it from learning clips by heart.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from mer_core import registry
from mer_core.datasets._base import Clip
from mer_core.models._vit import INPUT
from mer_core.models.nets.vit import PLAIN, ViT
from mer_core.schema import Progress, part, silent
from mer_core.training import fit_student, loop
from mer_core.training.nested import Fitted, Runs
from mer_core.training.pictures_cache import cached
from mer_core.training.vit_pictures import COLUMN, batch, places

POSITIONS = 0.3  # size of the sines that the positions start from


@dataclass(frozen=True)
class Some:
    """Some clips of a data set, in the place of the whole."""

    chosen: list[Clip]

    def clips(self) -> list[Clip]:
        return self.chosen


def distilled(data: Path, recipe: dict, runs: Runs, progress: Progress = silent) -> dict[str, Tensor]:
    """The tensors of a network after the lesson and its repetition, its head untaught. Needs the teachers' weights
    (MER_WEIGHTS) where what they hear is not kept yet."""
    plan, network = recipe["distil"], fresh(recipe)
    sets = listened(data, plan)
    config = {"plan": plan, "network": recipe["network"], "clips": [c.id for s in sets.values() for c in s.clips()]}
    lesson = cache(lambda: _lesson(sets, plan, part(progress, 0, 0.1)))

    def first() -> Fitted:
        whitened(network, *lesson()[:2], recipe["seed"])
        curve = school(network, *lesson(), plan, recipe["seed"], part(progress, 0.1, 0.4))
        return Fitted(curve, network.state_dict(), np.zeros((0, 2)))

    def again(turn: int) -> Fitted:
        network.load_state_dict(known)
        step = 0.6 / len(recipe["again"])
        curve = school(network, *lesson(), plan | recipe["again"][turn - 1], recipe["seed"] + turn,
                       part(progress, 0.4 + step * (turn - 1), 0.4 + step * turn))
        return Fitted(curve, network.state_dict(), np.zeros((0, 2)))
    names, known = lessons(recipe), runs.once("distilled", config, first).weights
    for turn, name in enumerate(names[1:], 1):
        config = config | {"again": recipe["again"][turn - 1], **({"after": names[1:turn]} if turn > 1 else {})}
        known = runs.once(name, config, lambda turn=turn: again(turn)).weights
    return known


def lessons(recipe: dict) -> list[str]:
    """What the runs of the lesson and of its repetitions are called."""
    return ["distilled", *("distilled_again" + (f"_{i}" if i else "") for i in range(len(recipe["again"])))]


@torch.no_grad()
def fresh(recipe: dict, outputs: int = 2, dropout: float = 0.0) -> ViT:
    """The network of a recipe before any lesson. The usual 0.02 is too small for so narrow a network to get going."""
    torch.manual_seed(recipe["seed"])
    network = ViT(outputs, image=(INPUT.spec.rows, INPUT.frames), channels=1, dropout=dropout, **recipe["network"])
    for layer in network.blocks.modules():
        if isinstance(layer, nn.Linear):
            nn.init.trunc_normal_(layer.weight, std=layer.in_features ** -0.5)
    network.positions[1:] = POSITIONS * sines(*network.grid, recipe["network"]["width"])
    return network


@torch.no_grad()
def whitened(network: ViT, pictures: list[np.ndarray], where: np.ndarray, seed: int, count: int = 300) -> None:
    """Starts the patch embedding from the principal components of patches, each at unit variance: raw patches differ
    in little but their level, and from random filters the network learns little else for a long time."""
    rng, layer = np.random.default_rng(seed), network.patches
    side = layer.kernel_size[0]
    x = batch(pictures, where[rng.integers(0, len(where), count)])
    x = nn.functional.unfold(x, side, stride=side).transpose(1, 2).flatten(0, 1).double()
    mean = x.mean(dim=0)
    values, vectors = torch.linalg.eigh((x - mean).T @ (x - mean) / len(x))
    kept = vectors[:, -layer.out_channels:] / (values[-layer.out_channels:] + 1e-4).sqrt()
    layer.weight.copy_(kept.T.reshape(layer.weight.shape))
    layer.bias.copy_(-mean @ kept)


def sines(rows: int, columns: int, width: int) -> Tensor:
    """(rows * columns, width) of sines and cosines of the row and of the column, four of each kind of `width`."""
    rate = 1 / 100 ** torch.linspace(0, 1, width // 4)
    row, column = (torch.outer(torch.arange(n, dtype=torch.float32), rate) for n in (rows, columns))
    row, column = row.repeat_interleave(columns, 0), column.repeat(rows, 1)
    return torch.cat([row.sin(), row.cos(), column.sin(), column.cos()], dim=1)


def listened(data: Path, plan: dict) -> dict[str, Some]:
    """The clips of the lesson by data set: of 4Q, those of the plan's quadrants only."""
    sets = {name: registry.get("datasets", name)(data).clips() for name in plan["sets"]}
    return {name: Some([c for c in clips if name != "4q" or c.quadrant in plan["quadrants"]])
            for name, clips in sets.items()}


def _lesson(sets: dict[str, Some], plan: dict, progress: Progress) -> tuple[list[np.ndarray], np.ndarray, dict]:
    """Pictures, places of chunks, and what the teachers make of each."""
    pictures = [p for name, some in sets.items()
                for p in cached(name, some.clips(), INPUT, progress=part(progress, 0, 0.5))]
    where = places(pictures)
    heard = fit_student.hearings(sets, plan["hears"], part(progress, 0.5, 1))
    return pictures, where, fit_student.teachers(heard, where, plan["teachers"], COLUMN)


def school(network: ViT, pictures: list[np.ndarray], where: np.ndarray, subjects: dict[str, np.ndarray], plan: dict,
           seed: int, progress: Progress = silent) -> list[dict]:
    """Trains `network` in place to give, by a linear answer that is not kept, each of `subjects`; the curve."""
    widths = {name: rows.shape[1] for name, rows in subjects.items()}
    taught = Taught(network, sum(widths.values()), plan["keep"])
    wanted = torch.from_numpy(np.concatenate(list(subjects.values()), axis=1))

    def sample(chosen: np.ndarray, rng: np.random.Generator) -> Tensor:
        return batch(pictures, where[chosen], plan["alter"], rng)
    return loop.fit(taught, sample, wanted, np.arange(len(where)), plan, seed, progress=progress,
                    loss=fit_student.marks(widths, plan["weights"]))


class Taught(nn.Module):
    """A vision transformer that sees `keep` of its patches in training, with a linear answer."""

    def __init__(self, network: ViT, outputs: int, keep: int):
        super().__init__()
        self.network, self.keep = network, keep
        self.answer = nn.Linear(network.head.in_features, outputs)
        nn.init.zeros_(self.answer.weight)  # what is asked for is small: random answers would be far off at first
        nn.init.zeros_(self.answer.bias)

    def forward(self, x: Tensor) -> Tensor:
        return self.answer(partly(self.network, x, self.keep) if self.training else self.network.features(x))


def partly(network: ViT, x: Tensor, keep: int) -> Tensor:
    """(N, D) as network.features, of `keep` patches drawn for each picture."""
    found = fewer(embedded(network, x), keep)
    for block in network.blocks:
        found = block(found, PLAIN)
    return network.norm(found[:, 0])


def embedded(network: ViT, x: Tensor) -> Tensor:
    """(N, 1, F, T) -> (N, 1 + P, D), what the first block reads."""
    return PLAIN.embed(network.patches(x).flatten(2).transpose(1, 2), network.token, network.positions)


def fewer(tokens: Tensor, keep: int) -> Tensor:
    """(N, 1 + P, D) -> (N, 1 + keep, D): the class token and as many of the others, drawn for each picture."""
    drawn = 1 + torch.rand(len(tokens), tokens.shape[1] - 1).argsort(dim=1)[:, :keep, None]
    return torch.cat([tokens[:, :1], tokens.gather(1, drawn.expand(-1, -1, tokens.shape[2]))], dim=1)

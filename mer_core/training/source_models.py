"""C1D and C2D on the mix and on each stem: pre-training on quadrants, then the ratings, on any part of the set."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor, nn

from mer_core.datasets._base import Clip
from mer_core.models.nets.emomucs import NETWORKS
from mer_core.schema import TARGETS, Progress, silent
from mer_core.training.evaluate import metrics
from mer_core.training.fit_c2d import altered, windows
from mer_core.training.loop import fit
from mer_core.training.nested import Fitted, Part, Runs
from mer_core.training.stems_cache import SOURCES

LETTERS = dict(zip(SOURCES, "MVDBO", strict=True))  # as the paper's tables name them


@dataclass(frozen=True, eq=False)
class Study:
    """The rated clips and the weakly labelled ones with their pictures (S, 96, T), the recipe, and the runs."""

    clips: list[Clip]
    pictures: list[np.ndarray]
    weak: list[Clip]
    weak_pictures: list[np.ndarray]
    recipe: dict
    runs: Runs

    @property
    def ratings(self) -> np.ndarray:
        """(N, 2) valence and arousal."""
        return np.array([clip.values for clip in self.clips], np.float32)


@dataclass(frozen=True, eq=False)
class Views:
    """What a source model's fixed first layers make of each clip. Views of all sources are cut at the same times."""

    learn: Tensor  # (N, views, ...) altered crops, float16
    judge: Tensor  # (N, windows, ...) plain windows


def pretrained(study: Study, kind: str, source: str, progress: Progress = silent) -> nn.Module:
    """A network taught two yes/no answers by the quadrants: is valence positive, is arousal positive."""
    plan, heard = study.recipe["pretrain"][kind], study.recipe["weak_sources"]
    source = source if source in heard else "mix"

    def work() -> Fitted:
        network = network_of(kind, plan)
        curve = fit(network, _crops(study, source, plan), _sides(study.weak, plan["softness"]),
                    np.arange(len(study.weak)), plan, study.recipe["seed"], progress=progress,
                    loss=nn.functional.binary_cross_entropy_with_logits)
        return Fitted(curve, network.state_dict(), np.zeros((0, 2)))
    kept = study.runs.once(f"pretrain/{kind}-{LETTERS[source]}", {"plan": plan, "clips": len(study.weak)}, work)
    network = network_of(kind, plan)
    network.load_state_dict(kept.weights)
    return network.eval()


def network_of(kind: str, plan: dict) -> nn.Module:
    return NETWORKS[kind](2, plan["dropout"], plan["head_dropout"]).to(memory_format=torch.channels_last)


def _crops(study: Study, source: str, plan: dict):
    row = study.recipe["weak_sources"].index(source)

    def sample(chosen: np.ndarray, rng: np.random.Generator) -> Tensor:
        crops = [altered(study.weak_pictures[i][row], plan["frames"], plan["alter"], rng) for i in chosen]
        return channels_last(torch.from_numpy(np.stack(crops)[:, None]))
    return sample


def _sides(clips: list[Clip], softness: float) -> Tensor:
    """(N, 2) 1 where valence (arousal) is positive, else 0, each moved towards the middle by `softness`."""
    sides = np.array([(c.quadrant in (1, 4), c.quadrant in (1, 2)) for c in clips], np.float32)
    return torch.from_numpy(sides * (1 - 2 * softness) + np.float32(softness))


def channels_last(x: Tensor) -> Tensor:
    """The layout in which convolutions over pictures are quick here."""
    return x.contiguous(memory_format=torch.channels_last) if x.ndim == 4 else x


@lru_cache(maxsize=5)
def views(study: Study, kind: str, source: str) -> Views:
    """Views behind the layers that stay as they were pre-trained (recipe: front), or the pictures where there are none."""
    plan, seed, row = study.recipe["source"][kind], study.recipe["seed"], SOURCES.index(source)
    front = nn.Sequential(*pretrained(study, kind, source).layers()[:plan["front"]]).eval()
    learn, judge = [], []
    for i, picture in enumerate(study.pictures):
        rng = np.random.default_rng([seed, i])  # the same for every source
        learn.append(_seen(front, [altered(picture[row], plan["frames"], plan["alter"], rng)
                                   for _ in range(plan["views"])]))
        judge.append(_seen(front, windows(picture[row], study.recipe["windows"])))
    return Views(torch.stack(learn), torch.stack(judge))


@torch.no_grad()
def _seen(front: nn.Module, crops: list[np.ndarray]) -> Tensor:
    return front(channels_last(torch.from_numpy(np.stack(crops)[:, None]))).to(torch.float16)


def fit_source(study: Study, kind: str, source: str, part: Part, epochs: int | None) -> Fitted:
    """One source model on one part; stops early on the part's held clips where `epochs` is None."""
    plan, seen, labels = study.recipe["source"][kind], views(study, kind, source), Labels(study.ratings, part)
    network = network_of(kind, plan)
    network.load_state_dict(pretrained(study, kind, source).state_dict())
    back = nn.Sequential(*network.layers()[plan["front"]:])

    def sample(chosen: np.ndarray, rng: np.random.Generator) -> Tensor:
        return channels_last(seen.learn[chosen, rng.integers(0, plan["views"], len(chosen))].float())
    curve = fit(back, sample, labels.scaled, part.learn, plan, study.recipe["seed"], epochs=epochs,
                judge=None if epochs else lambda: labels.error(judged(back, seen.judge[part.held]), part.held))
    labels.into_units(network.head)
    predicted = judged(back, seen.judge)
    return Fitted(curve, network.state_dict(), predicted, labels.measured(predicted))


class Labels:
    """Ratings in units of their spread over the clips a part learns from."""

    def __init__(self, ratings: np.ndarray, part: Part):
        self.ratings, self.part = ratings, part
        self.mean, self.spread = ratings[part.learn].mean(axis=0), ratings[part.learn].std(axis=0)
        self.scaled = torch.from_numpy((ratings - self.mean) / self.spread)

    def error(self, answer: np.ndarray, among: np.ndarray) -> float:
        """Mean squared error of `answer` (n, 2), in units of the spread, on the clips `among`."""
        return round(float(np.mean((answer - self.scaled[among].numpy()) ** 2)), 5)

    def measured(self, predicted: np.ndarray) -> dict:
        """part -> target -> metric: of what was learnt from, of what was held out or, in a final run, of all the rest."""
        known = np.concatenate([self.part.learn, self.part.held])
        parts = {"learn": self.part.learn, "held": self.part.held} if len(self.part.held) else {
            "learn": self.part.learn, "test": np.setdiff1d(np.arange(len(predicted)), known)}
        return {name: metrics(self.ratings[i], predicted[i], TARGETS) for name, i in parts.items() if len(i)}

    @torch.no_grad()
    def into_units(self, head: nn.Linear) -> None:
        """Make a head that answers in units of the spread answer on the scale [-1, 1]."""
        head.weight.mul_(torch.from_numpy(self.spread)[:, None])
        head.bias.mul_(torch.from_numpy(self.spread)).add_(torch.from_numpy(self.mean))


@torch.no_grad()
def judged(back: nn.Module, seen: Tensor, batch: int = 16) -> np.ndarray:
    """(N, windows, ...) -> (N, 2), the mean over the windows."""
    back.eval()
    parts = []
    for some in seen.split(batch):
        with torch.autocast("cpu", dtype=torch.bfloat16):
            answer = back(channels_last(some.flatten(0, 1).float()))
        parts.append(answer.float().reshape(*some.shape[:2], -1).mean(dim=1))
    return torch.cat(parts).numpy()

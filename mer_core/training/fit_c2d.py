"""Trains and evaluates C2D on the mix: pre-training on 4Q's quadrants, then fine-tuning on MUSIFEAST-17's ratings.

    python -m mer_core train c2d_mix --data DIR
    python -m mer_core evaluate c2d_mix --data DIR
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from mer_core import registry
from mer_core.audio import decode
from mer_core.datasets._base import Clip, Dataset
from mer_core.models.c2d_mix import INPUT
from mer_core.models.nets.c2d import C2D
from mer_core.schema import TARGETS, ModelCard, Progress, part, silent
from mer_core.training import card_c2d, weights_file
from mer_core.training.evaluate import error_covariance, grouped_folds, metrics

Sample = Callable[[np.ndarray, np.random.Generator], Tensor]


@dataclass(frozen=True)
class Songs:
    """Clips with their log-mel pictures, each (96, T) float16 in the units of models/c2d_mix.py."""

    clips: list[Clip]
    pictures: list[np.ndarray]

    @property
    def groups(self) -> list[str]:
        return [clip.group for clip in self.clips]

    @property
    def ratings(self) -> np.ndarray:
        """(N, 2) valence and arousal."""
        return np.array([clip.values for clip in self.clips], np.float32)

    @property
    def sides(self) -> np.ndarray:
        """(N, 2) 1 where valence (arousal) is positive, else 0, from the quadrant."""
        return np.array([(c.quadrant in (1, 4), c.quadrant in (1, 2)) for c in self.clips], np.float32)


def train(data: Path, recipe: dict, out: Path, progress: Progress = silent) -> ModelCard:
    """Writes model.safetensors and card.json to `out`. The card's errors come from artist-grouped folds, the weights
    from all rated clips with the same recipe."""
    rated, weak = read(data, recipe, part(progress, 0.0, 0.1))
    start = pretrain(weak, recipe, part(progress, 0.1, 0.6))
    fronts = Fronts(rated, start, recipe)
    predicted = cross_validate(rated.groups, fronts, start, recipe, part(progress, 0.6, 0.9))
    network = finetune(fronts, np.arange(len(rated.clips)), start, recipe, part(progress, 0.9, 1.0))
    digest = weights_file.write(out, network.state_dict(), INPUT)
    card = card_c2d.card(rated.clips, weak.clips, report(rated, predicted), weights_file.NAME, digest)
    card.write(out / "card.json")
    return card


def evaluate(data: Path, recipe: dict, progress: Progress = silent) -> dict:
    """target -> metric -> value over artist-grouped folds, with the covariance of the errors."""
    rated, weak = read(data, recipe, part(progress, 0.0, 0.1))
    start = pretrain(weak, recipe, part(progress, 0.1, 0.7))
    predicted = cross_validate(rated.groups, Fronts(rated, start, recipe), start, recipe, part(progress, 0.7, 1.0))
    return report(rated, predicted)


def report(rated: Songs, predicted: np.ndarray) -> dict:
    return {**metrics(rated.ratings, predicted, TARGETS),
            "covariance": error_covariance(rated.ratings, predicted).round(6).tolist()}


# data ----------------------------------------------------------------------------------------------------------------


def read(data: Path, recipe: dict, progress: Progress = silent) -> tuple[Songs, Songs]:
    """The rated set, and the weakly labelled one without any artist of the rated set."""
    sets: list[Dataset] = [registry.get("datasets", recipe[k])(data) for k in ("rated", "weak")]
    rated, weak = sets[0].clips(), sets[1].clips()
    artists = {_plain(clip.group) for clip in rated}
    weak = [clip for clip in weak if _plain(clip.group) not in artists]
    split = len(rated) / (len(rated) + len(weak))
    return pictured(rated, part(progress, 0, split)), pictured(weak, part(progress, split, 1))


def _plain(artist: str) -> str:
    """Letters and digits without a leading article, so that no spelling hides that two sets share an artist."""
    return "".join(c for c in artist.casefold().removeprefix("the ") if c.isalnum())


def pictured(clips: list[Clip], progress: Progress = silent) -> Songs:
    pictures = []
    for i, clip in enumerate(clips):
        progress(i / len(clips), f"hearing {clip.id}")
        pictures.append(INPUT.song(decode(clip.path)).astype(np.float16))
    return Songs(clips, pictures)


def altered(picture: np.ndarray, frames: int, how: dict, rng: np.random.Generator) -> np.ndarray:
    """A random crop (96, frames) at another gain, sometimes short, with silenced bands and gaps.

    The silenced parts are SpecAugment's (Park et al., Interspeech 2019, section 2).
    """
    length = int(rng.integers(how["shortest"], frames)) if rng.random() < how["short"] else frames
    start = int(rng.integers(0, max(picture.shape[1] - length, 0) + 1))
    crop = picture[:, start:start + length].astype(np.float32)
    gain = rng.uniform(-how["gain"], how["gain"]) / INPUT.scale
    crop = np.where(crop > 0, np.maximum(crop + gain, 0), 0)
    for _ in range(how["masks"]):
        crop = silenced(silenced(crop, how["bands"], rng).T, how["gap"], rng).T
    return np.pad(crop, ((0, 0), (0, frames - crop.shape[1])))


def silenced(rows: np.ndarray, widest: int, rng: np.random.Generator) -> np.ndarray:
    """`rows` with a run of at most `widest` rows set to silence."""
    width = min(int(rng.integers(0, widest + 1)), len(rows))
    start = int(rng.integers(0, len(rows) - width + 1))
    rows[start:start + width] = 0
    return rows


# training ------------------------------------------------------------------------------------------------------------


def fit(network: nn.Module, sample: Sample, labels: Tensor, among: np.ndarray, loss, plan: dict, seed: int,
        progress: Progress = silent) -> None:
    """The one loop: AdamW on a one-cycle schedule, over shuffled batches of `among` (indices into `labels`)."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    wanted = [p for p in network.parameters() if p.requires_grad]
    optimiser = torch.optim.AdamW(wanted, plan["rate"], weight_decay=plan["decay"])
    batches = len(among) // plan["batch"]
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, plan["rate"], total_steps=plan["epochs"] * batches,
                                                   pct_start=0.1)
    network.train()
    for epoch in range(plan["epochs"]):
        order, total = rng.permutation(among), 0.0
        for chosen in order[:batches * plan["batch"]].reshape(batches, -1):
            with torch.autocast("cpu", dtype=torch.bfloat16):
                answer = network(sample(chosen, rng).contiguous(memory_format=torch.channels_last))
            error = loss(answer.float(), labels[chosen])
            optimiser.zero_grad()
            error.backward()
            optimiser.step()
            schedule.step()
            total += error.item() / batches
        progress((epoch + 1) / plan["epochs"], f"epoch {epoch + 1} of {plan['epochs']}, loss {total:.3f}")
    network.eval()


def pretrain(weak: Songs, recipe: dict, progress: Progress = silent) -> C2D:
    """Two yes/no answers for each quadrant: is valence positive, is arousal positive."""
    plan = recipe["pretrain"]
    torch.manual_seed(recipe["seed"])
    network = C2D(2, plan["dropout"], plan["head_dropout"]).to(memory_format=torch.channels_last)
    labels = torch.from_numpy(weak.sides) * (1 - 2 * plan["softness"]) + plan["softness"]

    def sample(chosen: np.ndarray, rng: np.random.Generator) -> Tensor:
        return torch.from_numpy(np.stack([altered(weak.pictures[i], plan["frames"], plan["alter"], rng)
                                          for i in chosen])[:, None])
    fit(network, sample, labels, np.arange(len(weak.clips)), nn.BCEWithLogitsLoss(), plan, recipe["seed"], progress)
    return network


class Fronts:
    """What the frozen first blocks make of each clip: altered crops to learn from, plain windows to be judged on."""

    def __init__(self, rated: Songs, start: C2D, recipe: dict):
        plan, rng = recipe["finetune"], np.random.default_rng(recipe["seed"])
        self.ratings, self.front = rated.ratings, start.features[:plan["frozen"]]
        self.learn = torch.stack([  # (N, views, 32, F, T)
            self._seen([altered(p, plan["frames"], plan["alter"], rng) for _ in range(plan["views"])])
            for p in rated.pictures])
        self.judge = torch.stack([self._seen(windows(p, recipe["windows"])) for p in rated.pictures])

    @torch.no_grad()
    def _seen(self, crops: list[np.ndarray]) -> Tensor:
        x = torch.from_numpy(np.stack(crops)[:, None]).contiguous(memory_format=torch.channels_last)
        return self.front(x).to(torch.float16)


def windows(picture: np.ndarray, count: int) -> list[np.ndarray]:
    """`count` windows of the model's length, evenly from the start of the clip to its end."""
    padded = np.pad(picture.astype(np.float32), ((0, 0), (0, max(INPUT.frames - picture.shape[1], 0))))
    starts = np.linspace(0, padded.shape[1] - INPUT.frames, count).astype(int)
    return [padded[:, s:s + INPUT.frames] for s in starts]


def finetune(fronts: Fronts, among: np.ndarray, start: C2D, recipe: dict, progress: Progress = silent) -> C2D:
    """`start` taught the ratings of the clips `among`; the outputs are on the scale [-1, 1]."""
    plan = recipe["finetune"]
    network = C2D(2, plan["dropout"], plan["head_dropout"])
    network.load_state_dict(start.state_dict())
    back = back_of(network, plan["frozen"])
    mean, spread = fronts.ratings[among].mean(axis=0), fronts.ratings[among].std(axis=0)

    def sample(chosen: np.ndarray, rng: np.random.Generator) -> Tensor:
        return fronts.learn[chosen, rng.integers(0, plan["views"], len(chosen))].float()
    fit(back, sample, torch.from_numpy((fronts.ratings - mean) / spread), among, nn.MSELoss(), plan, recipe["seed"],
        progress)
    with torch.no_grad():  # the head's answers in units of the spread become values
        network.head.weight.mul_(torch.from_numpy(spread)[:, None])
        network.head.bias.mul_(torch.from_numpy(spread)).add_(torch.from_numpy(mean))
    return network.eval()


def back_of(network: C2D, frozen: int) -> nn.Sequential:
    """The network behind its first `frozen` blocks; it shares the weights."""
    return nn.Sequential(*network.features[frozen:], network.average, nn.Flatten(), network.dropout, network.head)


def cross_validate(groups: list[str], fronts: Fronts, start: C2D, recipe: dict,
                   progress: Progress = silent) -> np.ndarray:
    """(N, 2) out-of-fold predictions: no clip, and no other clip of its artist, was learnt from."""
    predicted = np.zeros_like(fronts.ratings)
    folds = grouped_folds(groups, recipe["folds"], recipe["seed"])
    for k, (learn, test) in enumerate(folds):
        network = finetune(fronts, learn, start, recipe, part(progress, k / len(folds), (k + 1) / len(folds)))
        predicted[test] = judged(back_of(network, recipe["finetune"]["frozen"]), fronts.judge[test])
    return predicted


@torch.no_grad()
def judged(back: nn.Module, seen: Tensor) -> np.ndarray:
    """(N, windows, 32, F, T) -> (N, 2), the mean over the windows."""
    return torch.stack([back.eval()(clip.float()).mean(dim=0) for clip in seen]).numpy()

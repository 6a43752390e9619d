"""EmoMucs on source models that were trained before: freeze, finetune; or all from scratch: full."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import torch
from torch import Tensor, nn

from mer_core.models.nets.emomucs import EmoMucs
from mer_core.schema import STEM_NAMES
from mer_core.training.loop import fit
from mer_core.training.nested import Fitted, Part
from mer_core.training.source_models import LETTERS, Labels, Study, Views, channels_last, views

BATCH = 16  # clips


def letters(stems: tuple[str, ...]) -> str:
    """"VBDO" for all stems, in the order of the paper."""
    return "".join(sorted((LETTERS[s] for s in stems), key="VBDO".index))


def fit_fusion(study: Study, kind: str, fusion: str, training: str, stems: tuple[str, ...], part: Part,
               epochs: int | None) -> Fitted:
    """One EmoMucs on one part; its source models learnt from the same part. Stops early where `epochs` is None."""
    work = {"freeze": _freeze, "finetune": _finetune, "full": _full}[training]
    return work(study, kind, fusion, stems, part, epochs)


def emomucs(study: Study, kind: str, fusion: str, stems: tuple[str, ...]) -> EmoMucs:
    """An untrained one, the same for the same recipe."""
    plan = study.recipe["fusion"]
    torch.manual_seed(study.recipe["seed"])
    return EmoMucs(kind, fusion, len(stems), plan["hidden"][fusion], plan["dropout"])


def with_sources(study: Study, network: EmoMucs, kind: str, stems: tuple[str, ...], part: Part) -> EmoMucs:
    """`network` with the source models that learnt from `part`."""
    for source, stem in zip(network.sources, stems, strict=True):
        source.load_state_dict(study.runs.stored(f"source/{kind}-{LETTERS[stem]}/{part.name}").weights)
    return network.eval()


# freeze --------------------------------------------------------------------------------------------------------------


def _freeze(study: Study, kind: str, fusion: str, stems: tuple[str, ...], part: Part, epochs: int | None) -> Fitted:
    network = with_sources(study, emomucs(study, kind, fusion, stems), kind, stems, part)
    rows = [STEM_NAMES.index(s) for s in stems]
    learn, judge = (x[:, :, rows] for x in tapped(study, kind, fusion, part))  # (N, views or windows, S, D)
    _scale(network, learn[part.learn])
    labels, plan = Labels(study.ratings, part), study.recipe["fusion"]["freeze"]
    learn, judge = (network.scaled(x.flatten(0, 1)).reshape(*x.shape[:2], -1) for x in (learn, judge))

    def answers(among=slice(None)) -> np.ndarray:
        with torch.no_grad():
            return network.fusion(judge[among]).mean(dim=1).numpy()

    def sample(chosen: np.ndarray, rng: np.random.Generator) -> Tensor:
        return learn[chosen, rng.integers(0, learn.shape[1], len(chosen))]
    curve = fit(network.fusion, sample, labels.scaled, part.learn, plan, study.recipe["seed"], epochs=epochs,
                judge=None if epochs else lambda: labels.error(answers(part.held), part.held))
    labels.into_units(network.fusion[-1])
    predicted = answers()
    return Fitted(curve, network.state_dict(), predicted, labels.measured(predicted))


@lru_cache(maxsize=12)
@torch.no_grad()
def tapped(study: Study, kind: str, fusion: str, part: Part) -> tuple[Tensor, Tensor]:
    """(N, views, 4, D) and (N, windows, 4, D): features of all stems' views by the sources that learnt from `part`."""
    network = with_sources(study, emomucs(study, kind, fusion, STEM_NAMES), kind, STEM_NAMES, part)
    front, found = study.recipe["source"][kind]["front"], {"learn": [], "judge": []}
    for source, stem in zip(network.sources, STEM_NAMES, strict=True):
        back = nn.Sequential(*source.layers()[front:network.tap])
        for name, parts in found.items():
            seen = getattr(views(study, kind, stem), name)
            some = [back(channels_last(x.flatten(0, 1).float())) for x in seen.split(BATCH)]
            parts.append(torch.cat(some).reshape(*seen.shape[:2], -1))
    return tuple(torch.stack(parts, dim=2) for parts in found.values())


@torch.no_grad()
def _scale(network: EmoMucs, features: Tensor) -> None:
    """Set what counts as a mean song, from (N, views, S, D) features of what is learnt from."""
    flat = features.flatten(0, 1).flatten(1)
    network.centre.copy_(flat.mean(dim=0))
    network.spread.copy_(flat.std(dim=0).clamp_min(1e-3))


# finetune and full ---------------------------------------------------------------------------------------------------


def _finetune(study: Study, kind: str, fusion: str, stems: tuple[str, ...], part: Part, epochs: int | None) -> Fitted:
    """All but the front is trained, the sources by smaller steps than the fusion layers."""
    front, plan = study.recipe["source"][kind]["front"], study.recipe["fusion"]["finetune"]
    network = with_sources(study, emomucs(study, kind, fusion, stems), kind, stems, part)
    rows = [STEM_NAMES.index(s) for s in stems]
    _scale(network, tapped(study, kind, fusion, part)[0][part.learn][:, :, rows])
    groups = [{"params": [p for s in network.sources for layer in s.layers()[front:network.tap]
                          for p in layer.parameters()], "lr": plan["source_rate"]},
              {"params": list(network.fusion.parameters()), "lr": plan["rate"]}]
    seen = [views(study, kind, stem) for stem in stems]
    return _whole(study, network, _Behind(network, front), seen, plan, groups, part, epochs)


def _full(study: Study, kind: str, fusion: str, stems: tuple[str, ...], part: Part, epochs: int | None) -> Fitted:
    """Every weight from scratch, on crops of the pictures themselves; judged on the middle window alone."""
    plan = study.recipe["fusion"]["full"]
    network = emomucs(study, kind, fusion, stems)
    seen = [views(study, "c1d", stem) for stem in stems]  # its views are the pictures
    middle = [Views(v.learn, v.judge[:, v.judge.shape[1] // 2:][:, :1]) for v in seen]
    groups = [{"params": [p for p in network.parameters()], "lr": plan["rate"]}]
    fitted = _whole(study, network, network, middle, plan, groups, part, epochs, plan["frames"][kind])
    predicted = _answers(network, seen)
    return Fitted(fitted.curve, fitted.weights, predicted, Labels(study.ratings, part).measured(predicted))


class _Behind(nn.Module):
    """The network from behind the front of its sources."""

    def __init__(self, network: EmoMucs, front: int):
        super().__init__()
        self.network, self.front = network, front

    def forward(self, x: Tensor) -> Tensor:
        return self.network(x, self.front)


def _whole(study: Study, network: EmoMucs, taught: nn.Module, seen: list[Views], plan: dict, groups: list[dict],
           part: Part, epochs: int | None, frames: int | None = None) -> Fitted:
    labels, count = Labels(study.ratings, part), seen[0].learn.shape[1]

    def sample(chosen: np.ndarray, rng: np.random.Generator) -> Tensor:
        which = rng.integers(0, count, len(chosen))
        x = torch.stack([v.learn[chosen, which] for v in seen], dim=1)
        start = int(rng.integers(0, x.shape[-1] - frames + 1)) if frames else 0
        return _stacked(x[..., start:start + frames] if frames else x)
    curve = fit(taught, sample, labels.scaled, part.learn, plan, study.recipe["seed"], groups=groups, epochs=epochs,
                judge=None if epochs else lambda: labels.error(_answers(taught, seen, part.held), part.held))
    labels.into_units(network.fusion[-1])
    predicted = _answers(taught, seen)
    return Fitted(curve, network.state_dict(), predicted, labels.measured(predicted))


def _stacked(x: Tensor) -> Tensor:
    """(N, S, ...) as the network takes it: pictures without their channel of one."""
    return (x[:, :, 0] if x.ndim == 5 and x.shape[2] == 1 else x).float()


@torch.no_grad()
def _answers(taught: nn.Module, seen: list[Views], among=slice(None)) -> np.ndarray:
    """(n, 2), the mean over the windows."""
    judge, parts = [v.judge[among] for v in seen], []  # each (n, windows, ...)
    for start in range(0, len(judge[0]), BATCH):
        some = torch.stack([x[start:start + BATCH] for x in judge], dim=2)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            answer = taught(_stacked(some.flatten(0, 1)))
        parts.append(answer.float().reshape(*some.shape[:2], -1).mean(dim=1))
    return torch.cat(parts).numpy()

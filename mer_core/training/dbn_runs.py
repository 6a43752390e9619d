"""What every run on the deep belief network shares: the clips, the pre-trained machines, the fine-tuned networks."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from mer_core import registry
from mer_core.datasets import _gaussians
from mer_core.datasets._base import Dataset
from mer_core.errors import DataError
from mer_core.features.beats import BeatFeatures
from mer_core.models._dbn import Standard
from mer_core.models.nets.dbn import DBN
from mer_core.models.nets.rbm import RBM
from mer_core.schema import Progress, part, silent
from mer_core.training import beats_cache, beats_material
from mer_core.training.beats_material import Material
from mer_core.training.evaluate import grouped_folds
from mer_core.training.loop import fit
from mer_core.training.nested import FOLDER, Fitted, Part, Runs
from mer_core.training.pretrain_dbn import pretrain, to_tensors

HELD = 10  # one of so many parts of the unlabelled clips is held out of pre-training


@dataclass(frozen=True, eq=False)
class Sound:
    """The unlabelled clips, those with four beats."""

    counts: dict[str, int]  # data set -> its clips
    features: list[BeatFeatures]
    groups: np.ndarray


@dataclass(frozen=True, eq=False)
class Study:
    dataset: Dataset
    material: Material
    left_out: tuple[str, ...]  # rated clips in which fewer than four beats were found
    sound: Sound
    recipe: dict
    runs: Runs
    kept: dict = field(default_factory=dict)  # layers of pre-trained networks, which several parts ask for


def opened(data: Path, recipe: dict, progress: Progress = silent) -> Study:
    """The rated clips and the unlabelled ones. An unlabelled set that is not in `data` is left out."""
    sets = _present(data, [recipe["rated"], *(n for n in recipe["unlabelled"] if n != recipe["rated"])])
    rated, found = sets[recipe["rated"]], {}
    for i, (name, dataset) in enumerate(sets.items()):
        clips = dataset.clips()
        heard = beats_cache.cached(name, clips, progress=part(progress, i / len(sets), (i + 1) / len(sets)))
        found[name] = clips, heard
    sound = _sound({n: v for n, v in found.items() if n in recipe["unlabelled"] or n == rated.name})
    clips, heard = found[rated.name]
    kept = [i for i, f in enumerate(heard) if f is not None]
    labels = _gaussians.of(rated)
    material = Material([clips[i] for i in kept], [heard[i] for i in kept], [labels[i] for i in kept],
                        beats_material.standards(sound.features))
    facts = {"clips": len(kept), "unlabelled": sound.counts, "heard": _digest(material), "sizes": recipe["sizes"]}
    return Study(rated, material, tuple(c.id for c, f in zip(clips, heard, strict=True) if f is None), sound, recipe,
                 Runs(FOLDER / f"dbn-{rated.name}", facts))


def _present(data: Path, names: list[str]) -> dict[str, Dataset]:
    found = {}
    for name in names:
        try:
            found[name] = registry.get("datasets", name)(data)
        except DataError:
            if name == names[0]:
                raise
    return found


def _sound(found: dict[str, tuple[list, list]]) -> Sound:
    pairs = [(f"{name}:{clip.group}", f) for name, (clips, heard) in found.items()
             for clip, f in zip(clips, heard, strict=True) if f is not None]
    counts = {name: sum(f is not None for f in heard) for name, (_, heard) in found.items()}
    return Sound(counts, [f for _, f in pairs], np.array([group for group, _ in pairs]))


def _digest(material: Material) -> str:
    found = hashlib.sha256()
    for f in material.features:
        found.update(np.ascontiguousarray(f.rhythm).tobytes())
    for standard in material.standards.values():
        found.update(standard.mean.tobytes())
    return found.hexdigest()[:12]


# pre-training ---------------------------------------------------------------------------------------------------------


def pretrained(study: Study, feature: str, epochs: int, rate: float, progress: Progress = silent) -> Fitted:
    """The machines of one feature, once; `curve` has an item a layer and epoch."""
    plan = {**study.recipe["pretrain"], "epochs": epochs, "rate": rate}
    plan.pop("rates")
    config = {"feature": feature, "plan": plan, "seed": study.recipe["seed"]}

    def work() -> Fitted:
        learn, held = heard_and_held(study.sound, study.material.standards[feature], feature, study.recipe["seed"])
        found = pretrain(learn, held, study.recipe["sizes"], plan, study.recipe["seed"], progress)
        curve = [{"layer": layer, **point} for layer, points in enumerate(found.curves) for point in points]
        return Fitted(curve, to_tensors(found.machines), np.zeros(0), {"patches": len(learn), "held": len(held)})
    return study.runs.once(f"pretrain/{feature}/{epochs}-{rate:g}", config, work)


def heard_and_held(sound: Sound, standard: Standard, feature: str, seed: int) -> tuple[Tensor, Tensor]:
    """Patches to learn from and to watch, of other artists."""
    learn, held = (([sound.features[i] for i in side]) for side in grouped_folds(sound.groups, HELD, seed)[0])
    return beats_material.patches(learn, feature, standard), beats_material.patches(held, feature, standard)


# fine-tuning ----------------------------------------------------------------------------------------------------------


def tuned(material: Material, feature: str, sizes: list[int], machines: list[RBM] | None, learn: Part, plan: dict,
          seed: int, epochs: int | None = None) -> Fitted:
    """Back-propagation to mean valence and arousal from `machines`' weights (random ones where None), stopped early on
    the clips that `learn` holds out; `predicted` is (N, 2) of every clip."""
    torch.manual_seed(seed)
    x, wanted = material.x[feature], material.wanted
    network = DBN((x.shape[1], *sizes))
    if machines is not None:
        network.start_from(machines)
    among, held = material.patches_of(learn.learn), material.patches_of(learn.held)
    with torch.no_grad():
        network.head.bias.copy_(wanted[among].mean(dim=0))

    @torch.no_grad()
    def judge() -> float:
        return float(((network(x[held]) - wanted[held]) ** 2).mean())
    curve = fit(network, lambda rows, rng: x[rows], wanted, among, plan, seed, judge=judge if len(held) else None,
                epochs=epochs)
    with torch.no_grad():
        predicted = material.by_clip(material.pool @ network(x).numpy())
    return Fitted(curve, network.state_dict(), predicted)

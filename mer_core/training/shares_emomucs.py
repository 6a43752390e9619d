"""Do EmoMucs' own shares of its stems agree with exact Shapley values? Asked of each clip, by networks new to it.

As each stem has a network of its own, leaving a stem out of the mix only silences that network's picture, and all
sixteen mixes of a clip cost one pass over its stems and one over silence.
"""

from __future__ import annotations

from itertools import product

import numpy as np
import torch
from torch import Tensor

from mer_core.explainers.stem_shapley import shapley
from mer_core.models.nets.emomucs import EmoMucs
from mer_core.schema import STEM_NAMES, TARGETS
from mer_core.training.evaluate import pearson
from mer_core.training.fit_c2d import windows
from mer_core.training.nested import Outer
from mer_core.training.source_models import Study
from mer_core.training.stems_cache import SOURCES

ROWS = [SOURCES.index(stem) for stem in STEM_NAMES]
HOW = ("shapley", "fusion_layer", "leave_one_out")


def shares(study: Study, folds: list[Outer], name: str) -> dict:
    """For the runs of the variant `name`: how -> target -> each stem's mean |share|, and how far the fusion layer's
    shares and leaving a stem out go with Shapley values (Pearson r over the clips, one a stem)."""
    found = {how: np.zeros((len(study.clips), len(STEM_NAMES), len(TARGETS))) for how in HOW}
    for outer in folds:
        weights = study.runs.stored(f"fusion/{name}/{outer.final.name}").weights
        network = EmoMucs.like(weights)
        network.load_state_dict(weights)
        for i in outer.test:
            for how, values in of_clip(network.eval(), study.pictures[i]).items():
                found[how][i] = values
    size = {how: {t: np.abs(values[..., k]).mean(axis=0).round(4).tolist() for k, t in enumerate(TARGETS)}
            for how, values in found.items()}
    agree = {how: {t: _together(found["shapley"][..., k], found[how][..., k]) for k, t in enumerate(TARGETS)}
             for how in HOW[1:]}
    return {"name": name, "stems": list(STEM_NAMES), "size": size, "agreement_with_shapley": agree}


def _together(one: np.ndarray, other: np.ndarray) -> list[float]:
    """Pearson r over the clips, one a stem, of two (N, S)."""
    return [round(pearson(a, b), 3) for a, b in zip(one.T, other.T, strict=True)]


@torch.no_grad()
def of_clip(network: EmoMucs, picture: np.ndarray) -> dict[str, np.ndarray]:
    """how -> (S, K) shares of the stems in the middle window of a clip's pictures (5, 96, T)."""
    x = torch.from_numpy(np.stack([windows(picture[row], 3)[1] for row in ROWS]))[None]
    features = network.tapped(torch.cat([x, torch.zeros_like(x)]))  # as it is, and silent: (2, S, D)
    heard = {members: network.fusion(network.scaled(_chosen(features, members)))[0].double().numpy()
             for members in product((0, 1), repeat=len(STEM_NAMES))}
    z = network.scaled(features[:1])
    stem = torch.arange(z.shape[1]) // features.shape[2]
    fallen = [network.fusion(z) - network.fusion(torch.where(stem == s, 0.0, z)) for s in range(len(STEM_NAMES))]
    return {"shapley": shapley(heard, len(STEM_NAMES)), "fusion_layer": network.contributions(features[:1])[0][0].numpy(),
            "leave_one_out": torch.cat(fallen).numpy()}


def _chosen(features: Tensor, members: tuple[int, ...]) -> Tensor:
    """(1, S, D) the stems that are in, and silence for the others."""
    present = torch.tensor(members, dtype=torch.bool)[None, :, None]
    return torch.where(present, features[:1], features[1:])

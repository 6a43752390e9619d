"""How a transformer's maps add up and differ: `python -m mer_core.training.relevance_study SOUND_FILE ...`.

Of each file the window in the middle is heard by vit_happy_sad. Printed are means over the files and both classes:
what of output - base each part holds (log-odds, absolute), and what of it is lost; how far apart the log-odds are when
the most and when the least relevant tenth of the patches falls silent (chance: 0); and the correlation of the maps
over patches.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, interpolate

from mer_core import registry
from mer_core.audio import decode
from mer_core.explainers._attnlrp_rules import Sweep
from mer_core.explainers._rollout_rules import rollout, upsampled
from mer_core.explainers.attnlrp import VARIANTS, AttnLrpParams, rules
from mer_core.models.nets.vit import ViT
from mer_core.schema import Segment

MODEL = "vit_happy_sad"
SILENCED = 0.1  # of the patches


def heard(paths: Sequence[Path], name: str = MODEL) -> tuple[nn.Module, Tensor]:
    """A model's network, and (N, 1, F, T) the window in the middle of each file."""
    model, found = registry.get("models", name)(), []
    for path in paths:
        track = decode(path)
        width = model.card.takes["window"]
        start = max((track.duration - width) / 2, 0.0)
        found.append(model.encode(track, Segment(start, start + width)))
    with model.session():
        return model.network, torch.from_numpy(np.concatenate(found))


def maps(network: ViT, x: Tensor, target: int) -> tuple[dict[str, Tensor], dict[str, dict[str, float]]]:
    """name -> (N, 1, rows, columns), a mean for each patch; name -> where output - base of a window lies."""
    found, kept = {}, {}
    for variant in VARIANTS:
        found[variant], kept[variant] = swept(network, x, target, variant)
    wanted = x.clone().requires_grad_()
    gradient, = torch.autograd.grad(network(wanted)[:, target].sum(), wanted)
    found["gradient x input"] = (gradient * x).detach()
    found["rollout"] = upsampled(rollout(network, x)[0], network)[target][:, None]
    found["chance"] = torch.rand(x.shape, generator=torch.Generator().manual_seed(0))
    size = tuple(n // m for n, m in zip(x.shape[2:], network.grid, strict=True))
    return {name: avg_pool2d(values.reshape(x.shape), size) for name, values in found.items()}, kept


def swept(network: ViT, x: Tensor, target: int, variant: str) -> tuple[Tensor, dict[str, float]]:
    """A variant's map, and the mean absolute share of each part in output - base, "lost" what none of them holds."""
    shares, total = [], defaultdict(float)
    for one in x:
        sweep = Sweep(network, one[None], rules(AttnLrpParams(variant=variant)))
        share, absorbed = sweep.relevance(target)
        moved, cells = float((sweep.outputs - sweep.base)[0, target]), float(share.sum())
        parts = {"output - base": moved, "cells": cells, **absorbed, "lost": moved - cells - sum(absorbed.values())}
        for name, value in parts.items():
            total[name] += abs(value) / len(x)
        shares.append(share)
    return torch.cat(shares), dict(total)


def apart(network: nn.Module, x: Tensor, patches: Tensor, target: int) -> float:
    """Log-odds without the least relevant patches, less those without the most relevant ones."""
    flat, said = patches.flatten(1), []
    for sign in (-1, 1):
        chosen = (sign * flat).topk(round(SILENCED * flat.shape[1]), dim=1).indices
        mask = torch.ones_like(flat).scatter_(1, chosen, 0).view_as(patches)
        with torch.no_grad():
            said.append(network(x * interpolate(mask, x.shape[2:]))[:, target])
    return float((said[0] - said[1]).mean())


def measure(network: ViT, x: Tensor) -> dict:
    """held[variant][part], apart[method] and alike[method][method], means over windows and classes."""
    found = {"held": defaultdict(lambda: defaultdict(float)), "apart": defaultdict(float)}
    classes, alike = network.head.out_features, []
    for target in range(classes):
        drawn, kept = maps(network, x, target)
        for name, patches in drawn.items():
            found["apart"][name] += apart(network, x, patches, target) / classes
        for variant, parts in kept.items():
            for name, value in parts.items():
                found["held"][variant][name] += value / classes
        alike += [np.corrcoef([patches[i].flatten().numpy() for patches in drawn.values()]) for i in range(len(x))]
    names, mean = list(found["apart"]), np.mean(alike, axis=0)
    return found | {"alike": {a: dict(zip(names, row.tolist())) for a, row in zip(names, mean)}}


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m mer_core.training.relevance_study", description=__doc__)
    parser.add_argument("files", type=Path, nargs="+", metavar="SOUND_FILE")
    found = measure(*heard(parser.parse_args(argv).files))
    for variant, parts in found["held"].items():
        print(f"{variant}: " + ", ".join(f"{name} {value:.2g}" for name, value in parts.items()))
    for name, row in found["alike"].items():
        print(f"{name:<17} apart {found['apart'][name]:5.2f}   r " + " ".join(f"{value:5.2f}" for value in row.values()))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

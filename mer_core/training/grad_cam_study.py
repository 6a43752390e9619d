"""How well Grad-CAM points at what counts: `python -m mer_core.training.grad_cam_study SOUND_FILE ...`.

Of each file the window in the middle is heard by harmonics_cnn. Printed are means over the files and the four classes:
how far apart the log-odds are when the most and when the least relevant tenth of the cells (8 bands by 0.16 s) falls
silent (chance: 0); what of output - reference the cells add up to, and by how much they miss it (both absolute,
log-odds).
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d

from mer_core.explainers._grad_cam_maps import OVER, dark, maps, over_bands, over_frames
from mer_core.training.relevance_study import apart, heard

MODEL = "harmonics_cnn"
CELL = (8, 7)  # bands, frames: a window has 32 x 37
UNITLESS = ("loudness", "chance")


def pictures(network: nn.Module, x: Tensor, target: int) -> dict[str, Tensor]:
    """name -> (N, 1, F, W) how relevant each cell is said to be."""
    shares = torch.from_numpy(over_bands(network.table.numpy(), x.shape[2])).to(x.dtype)
    found = {}
    for silence in (False, True):
        for over in OVER:
            rows = over_frames(maps(network, x, target, over, silence=silence), network.hop, x.shape[-1])
            name = f"{over} - {'silence' if silence else 'dark'}"
            found[name] = torch.einsum("npow,pof->nfw", rows, shares)[:, None]
    wanted = x.clone().requires_grad_()
    gradient, = torch.autograd.grad(network(wanted)[:, target].sum(), wanted)
    found["gradient x input"] = (gradient * x).detach()
    found["loudness"] = x
    found["chance"] = torch.rand(x.shape, generator=torch.Generator().manual_seed(0))
    return found


def measure(network: nn.Module, x: Tensor) -> dict[str, dict[str, float]]:
    """name -> apart, and of what is in log-odds cells and missed: means over windows and classes."""
    with torch.no_grad():
        output, bases = network(x), {"dark": dark(network, x), "silence": network(torch.zeros_like(x[:1]))[0]}
    moved = {name: output - base for name, base in bases.items()}
    found = {f"output - {name}": {"moved": float(values.abs().mean())} for name, values in moved.items()}
    classes = output.shape[1]
    for target in range(classes):
        for name, values in pictures(network, x, target).items():
            total, row = values.sum(dim=(1, 2, 3)), found.setdefault(name, defaultdict(float))
            row["apart"] += apart(network, x, avg_pool2d(values, CELL), target) / classes
            if name not in UNITLESS:
                missed = moved["dark" if name.endswith("dark") else "silence"][:, target] - total
                row["cells"] += float(total.abs().mean()) / classes
                row["missed"] += float(missed.abs().mean()) / classes
    return found


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m mer_core.training.grad_cam_study", description=__doc__)
    parser.add_argument("files", type=Path, nargs="+", metavar="SOUND_FILE")
    for name, row in measure(*heard(parser.parse_args(argv).files, MODEL)).items():
        print(f"{name:<25}" + "   ".join(f"{what} {value:6.3f}" for what, value in row.items()))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

"""Greedy pre-training (paper 5, section 5): one machine at a time from the bottom up, each on the layer below it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from mer_core.models.nets.rbm import RBM, BinomialRBM, GaussianBinomialRBM, Momentum
from mer_core.schema import Progress, part, silent

SHOWN = 5000  # patches of the training part whose free energy is followed
EDGE = 0.01  # a visible unit's first bias says a chance between this and 1 - this


@dataclass(frozen=True, eq=False)
class Pretrained:
    """`curves[layer][epoch]` holds free_energy and reconstruction of patches learnt from, and of held-out ones, after
    that many epochs (0: before the first)."""

    machines: list[RBM]
    curves: list[list[dict[str, float]]]


def pretrain(x: Tensor, held: Tensor, sizes: Sequence[int], plan: dict, seed: int,
             progress: Progress = silent) -> Pretrained:
    """A Gaussian-binomial machine on standardised patches `x` (P, D), binomial ones above it; nothing is learnt from
    `held` (H, D). A layer hands its chances up, not draws."""
    machines, curves = [], []
    for layer, size in enumerate(sizes):
        machine = (BinomialRBM if layer else GaussianBinomialRBM)(x.shape[1], size, seed=seed + layer)
        curves.append(learn(machine, x, held, plan, seed + layer,
                            part(progress, layer / len(sizes), (layer + 1) / len(sizes))))
        machines.append(machine)
        x, held = machine.chances(x), machine.chances(held)
    return Pretrained(machines, curves)


@torch.no_grad()
def learn(machine: RBM, x: Tensor, held: Tensor, plan: dict, seed: int, progress: Progress = silent) -> list[dict]:
    """Contrastive divergence of plan["k"] steps over shuffled batches; the curve. `machine` is changed."""
    dice = torch.Generator().manual_seed(seed)
    binomial = isinstance(machine, BinomialRBM)
    if binomial:
        chance = x.mean(dim=0).clamp(EDGE, 1 - EDGE)
        machine.visible.copy_(torch.log(chance / (1 - chance)))
    steps = Momentum(machine, plan["binomial_rate" if binomial else "rate"], plan["momentum"], plan["decay"])
    shown = x[torch.randperm(len(x), generator=dice)[:SHOWN]]
    curve = [point(machine, shown, held, 0)]
    for epoch in range(plan["epochs"]):
        for batch in torch.randperm(len(x), generator=dice).split(plan["batch"]):
            steps.step(machine.gradient(x[batch], plan["k"], dice))
        curve.append(point(machine, shown, held, epoch + 1))
        progress((epoch + 1) / plan["epochs"], f"pre-training, epoch {epoch + 1}")
    return curve


def point(machine: RBM, shown: Tensor, held: Tensor, epoch: int) -> dict[str, float]:
    found = {"epoch": epoch}
    for name, patches in (("train", shown), ("held", held)):
        found[f"free_energy_{name}"] = round(float(machine.free_energy(patches).mean()), 4)
        found[f"reconstruction_{name}"] = round(float(machine.reconstruction(patches).mean()), 5)
    return found


def to_tensors(machines: Sequence[RBM]) -> dict[str, Tensor]:
    """Every parameter of the machines by "layer.name"."""
    return {f"{layer}.{name}": value.detach() for layer, machine in enumerate(machines)
            for name, value in machine.named_parameters()}


def from_tensors(tensors: dict[str, Tensor]) -> list[RBM]:
    """The machines that `to_tensors` was given."""
    machines = []
    for layer in range(len(tensors) // 3):
        machine = (BinomialRBM if layer else GaussianBinomialRBM)(*tensors[f"{layer}.weight"].shape)
        machine.load_state_dict({name: tensors[f"{layer}.{name}"] for name in ("weight", "visible", "hidden")})
        machines.append(machine)
    return machines

"""Grad-CAM for each pitch class of a harmonics network: its branches' maps, and where they lie on a mel picture.

R. Selvaraju et al., Grad-CAM: Visual Explanations from Deep Networks via Gradient-based Localization, ICCV 2017; the
paper (papers, 4) draws it for each of its twelve filters. `network.branches` is the one layer whose output
(N, 12 * channels, O, W'), class by class, is read; `network.table` (12, O, H) the bands each row hears (-1: none);
`network.hop` the frames of input that a column stands for.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

CLASSES = 12
OVER = {"map": (2, 3), "octave": (3,), "cell": ()}  # what gradients are averaged over, of (N, channels, O, W')


def maps(network: nn.Module, x: Tensor, target: int, gradients: str = "map", *, silence: bool = False) -> Tensor:
    """(N, 1, F, W) -> (N, 12, O, W'), signed, in log-odds: what speaks for output `target`, and what against it.

    "map" is Grad-CAM: a channel's map A times its weight a, the mean of dy/dA over the map's cells (equation 1 there),
    summed over the channels of a pitch class (equation 2, without its ReLU: what speaks against a target is kept). With
    the mean, and not the sum, of the gradients the unit is the output's own: where y is linear in the means of the
    maps, every cell of a map has the same gradient, so sum(a A) is sum(dy/dA A), what the maps add to y. Elsewhere it
    is only an estimate of that, as the gradient is spread over cells that had no part in it.

    "octave" averages over time alone: each octave of a channel is a map of its own, for a network that weighs it on its
    own. "cell" averages over nothing (HiResCAM: R. Draelos and L. Carin, arXiv 2011.08891): its sum is exactly what the
    maps add where all behind them is made of maxima, means and a linear layer.

    With `silence` A is replaced by how far it is from what it would be in silence (x of zeros): a branch may light up
    because something is missing, and then it is the sound that darkens it.
    """
    from captum.attr import LayerGradCam

    if gradients == "map" and not silence:
        found = LayerGradCam(network, network.branches).attribute(x, target, relu_attributions=False,
                                                                  attr_dim_summation=False)
    else:
        lit, gradient = _read(network, x, target)
        if silence:
            lit = lit - lit_up(network, torch.zeros_like(x[:1]))
        found = lit * (gradient.mean(dim=OVER[gradients], keepdim=True) if OVER[gradients] else gradient)
    return found.detach().unflatten(1, (CLASSES, -1)).sum(dim=2)


def _read(network: nn.Module, x: Tensor, target: int) -> tuple[Tensor, Tensor]:
    """(N, 12 * channels, O, W') what the branches say, and the gradient of the output by it."""
    kept = []

    def keep(layer, given, out):
        kept.append(out.detach().requires_grad_())
        return kept[0]
    handle = network.branches.register_forward_hook(keep)
    try:
        with torch.enable_grad():
            gradient, = torch.autograd.grad(network(x)[:, target].sum(), kept[0])
        return kept[0].detach(), gradient
    finally:
        handle.remove()


def lit_up(network: nn.Module, x: Tensor) -> Tensor:
    """(N, 12 * channels, O, W') what the branches say."""
    kept = []
    handle = network.branches.register_forward_hook(lambda layer, given, out: kept.append(out))
    try:
        with torch.no_grad():
            network(x)
        return kept[0]
    finally:
        handle.remove()


def dark(network: nn.Module, x: Tensor) -> Tensor:
    """(K,) what the network says of a window where no branch lights up: all its maps are 0."""
    handle = network.branches.register_forward_hook(lambda layer, given, out: torch.zeros_like(out))
    try:
        with torch.no_grad():
            return network(x[:1])[0]
    finally:
        handle.remove()


def over_frames(values: Tensor, hop: int, width: int) -> Tensor:
    """(..., W') -> (..., width): each column's value is shared out evenly among the frames that it stands for."""
    column = torch.arange(width) // hop
    counts = torch.bincount(column, minlength=values.shape[-1])[:values.shape[-1]].clamp(min=1)
    heard = int((column < values.shape[-1]).sum())
    spread = (values / counts)[..., column[:heard]]
    return torch.nn.functional.pad(spread, (0, width - heard))


def over_bands(table: np.ndarray, bands: int) -> np.ndarray:
    """(12, O, H) the bands each row hears -> (12, O, bands): how a row's value is shared out evenly among them.

    Each row adds up to 1, but to 0 where all its multiples lie above the highest band.
    """
    rows = table.reshape(-1, table.shape[-1])
    shares = np.zeros((len(rows), bands))
    for share, heard in zip(shares, rows, strict=True):
        heard = heard[heard >= 0]
        np.add.at(share, heard, 1 / max(len(heard), 1))
    return shares.reshape(*table.shape[:2], bands)

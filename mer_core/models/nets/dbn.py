"""The deep belief networks on beats, and the ellipses that are read off their layers (paper 5, sections 5 and 6)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

from mer_core.models.nets.rbm import RBM

SIZES = (75, 50, 25)  # of layers 0, 1 and 2
NUMBERS = 5  # a two-dimensional Gaussian as models/_gaussian.py writes it


class DBN(nn.Module):
    """(N, D) standardised features of four successive beats -> (N, 2): mean valence and arousal."""

    def __init__(self, sizes: Sequence[int]):
        """`sizes`: (D, 75, 50, 25)."""
        super().__init__()
        self.steps = nn.ModuleList(nn.Linear(a, b) for a, b in zip(sizes, sizes[1:]))
        self.head = nn.Linear(sizes[-1], 2)

    def layers(self, x: Tensor) -> list[Tensor]:
        """(N, D) -> (N, 75), (N, 50), (N, 25), each between 0 and 1."""
        found = []
        for step in self.steps:
            x = torch.sigmoid(step(x))
            found.append(x)
        return found

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.layers(x)[-1])

    def start_from(self, machines: Sequence[RBM]) -> DBN:
        """Takes the forward weights of pre-trained machines, one a layer; the head stays as it is."""
        with torch.no_grad():
            for step, machine in zip(self.steps, machines, strict=True):
                step.weight.copy_(machine.weight.T)
                step.bias.copy_(machine.hidden)
        return self


class EllipseNetwork(nn.Module):
    """DBNs of several features, and a linear regression to a Gaussian for each combination of them and each layer.

    Input is (N, M, 1 + D): N seconds, up to M patches in each, first a patch's weight (a second's weights add up to 1),
    then its features, those of a combination side by side in the order of its name, "rhythm+fourier".
    """

    def __init__(self, inputs: Mapping[str, int], combinations: Sequence[str], sizes: Sequence[int] = SIZES):
        """`inputs`: feature -> D."""
        super().__init__()
        self.inputs = dict(inputs)
        self.features, self.layer = combinations[-1], len(sizes) - 1  # what `forward` reads; load sets the shipped choice
        self.networks = nn.ModuleDict({name: DBN((size, *sizes)) for name, size in inputs.items()})
        self.readings = nn.ModuleDict({reading(c, k): nn.Linear(len(c.split("+")) * size, NUMBERS)
                                       for c in combinations for k, size in enumerate(sizes)})

    def parts(self, x: Tensor, features: str) -> dict[str, Tensor]:
        """(..., D of the combination) -> feature -> (..., D of the feature)."""
        names = features.split("+")
        return dict(zip(names, x.split([self.inputs[name] for name in names], dim=-1), strict=True))

    def seconds(self, x: Tensor, features: str, layer: int) -> Tensor:
        """(N, M, 1 + D) -> (N, width): the layer's outputs, averaged over each second's patches."""
        weights, parts = x[..., :1], self.parts(x[..., 1:], features)
        hidden = torch.cat([self.networks[name].layers(part)[layer] for name, part in parts.items()], dim=-1)
        return (weights * hidden).sum(dim=1)

    def gaussians(self, x: Tensor, features: str, layer: int) -> Tensor:
        """(N, M, 1 + D) -> (N, 5) the numbers of a Gaussian a second."""
        return self.readings[reading(features, layer)](self.seconds(x, features, layer))

    def forward(self, x: Tensor) -> Tensor:
        """(N, M, 1 + D) -> (N, 2) mean valence and arousal of each second, by the shipped combination and layer."""
        return self.gaussians(x, self.features, self.layer)[:, :2]


def reading(features: str, layer: int) -> str:
    """The name of a regression: "rhythm+fourier/2"."""
    return f"{features}/{layer}"

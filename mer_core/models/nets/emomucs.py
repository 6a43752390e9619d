"""EmoMucs (de Berardinis, Cangelosi, Coutinho 2020, section 3.2): one source model a stem, two layers that join them.

The paper fixes where the features are taken (early, mid or late) and that two fully-connected layers with dropout
follow; their width is ours. So is the scaling before them: features are counted from their mean over the training
songs, in units of their spread, so that no stem weighs more for its units and "as in a mean song" is zero.
"""

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from mer_core.errors import ParameterError
from mer_core.models.nets.c1d import C1D
from mer_core.models.nets.c2d import C2D

NETWORKS = {"c1d": C1D, "c2d": C2D}
TAPS = {  # fusion -> how many layers from the end the features are taken; after the first dense layer only C1D has more
    "c1d": {"early": -5, "mid": -2, "late": None},
    "c2d": {"early": -2, "late": None}}
SIZES = {("c1d", "early"): 896, ("c1d", "mid"): 64, ("c1d", "late"): 2, ("c2d", "early"): 32, ("c2d", "late"): 2}


class EmoMucs(nn.Module):
    """(N, S, F, T) log-mel pictures of S stems -> (N, outputs)."""

    def __init__(self, network: str = "c2d", fusion: str = "late", sources: int = 4, hidden: int = 32,
                 dropout: float = 0.3, outputs: int = 2):
        super().__init__()
        if fusion not in TAPS[network]:
            raise ParameterError(f"{network} has no {fusion} features; it has {', '.join(TAPS[network])}")
        self.tap, size = TAPS[network][fusion], sources * SIZES[network, fusion]
        self.sources = nn.ModuleList(NETWORKS[network](2) for _ in range(sources))
        self.register_buffer("centre", torch.zeros(size))
        self.register_buffer("spread", torch.ones(size))
        self.fusion = nn.Sequential(nn.Dropout(dropout), nn.Linear(size, hidden), nn.ReLU(), nn.Dropout(dropout),
                                    nn.Linear(hidden, outputs))

    @classmethod
    def like(cls, tensors: Mapping[str, Tensor], sources: int = 4) -> "EmoMucs":
        """One that `tensors`, a state dict, fit; raises KeyError or StopIteration where none does."""
        network = "c1d" if "sources.0.dense.2.weight" in tensors else "c2d"
        hidden, size = tensors["fusion.1.weight"].shape
        fusion = next(f for f in TAPS[network] if SIZES[network, f] * sources == size)
        return cls(network, fusion, sources, hidden)

    def tapped(self, x: Tensor, front: int = 0) -> Tensor:
        """(N, S, D) features of the stems; `x` (N, S, ...) is what the first `front` layers of each made of them, or
        the pictures (N, S, F, T) where `front` is 0."""
        return torch.stack([self.tap_of(s, x[:, s] if front else x[:, s:s + 1], front)
                            for s in range(len(self.sources))], dim=1)

    def tap_of(self, stem: int, x: Tensor, front: int = 0) -> Tensor:
        """(N, D) features of one stem; `x` (N, 1, F, T) its pictures, or what the first `front` layers made of them."""
        x = x.contiguous(memory_format=torch.channels_last)
        for layer in self.sources[stem].layers()[front:self.tap]:
            x = layer(x)
        return x

    def scaled(self, features: Tensor) -> Tensor:
        """(N, S, D) -> (N, S * D), zero where a song is as the mean training song."""
        return (features.flatten(1) - self.centre) / self.spread

    def forward(self, x: Tensor, front: int = 0) -> Tensor:
        return self.joined(self.tapped(x, front))

    def joined(self, features: Tensor) -> Tensor:
        """(N, S, D) -> (N, outputs)."""
        return self.fusion(self.scaled(features))

    def contributions(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """(N, S, D) -> what each stem adds (N, S, K) and what a mean song's stems give under the same open units (N, K).

        With the hidden units that this song opens (g) held, the output is linear in the features: W2 g (b1 + sum_s
        W1_s z_s) + b2. Stem s adds W2 g W1_s z_s. Both parts sum to the output exactly.
        """
        first, last = self.fusion[1], self.fusion[4]
        z = self.scaled(features)
        opened = (first(z) > 0).to(z.dtype)  # (N, H)
        each = (first.weight * z[:, None]).reshape(len(z), first.out_features, len(self.sources), -1).sum(-1)  # (N, H, S)
        added = torch.einsum("kh,nh,nhs->nsk", last.weight, opened, each)
        return added, (opened * first.bias) @ last.weight.T + last.bias

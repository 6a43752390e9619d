"""Small harmonics networks with the attributes Grad-CAM reads, and a toy model around them. Tests import them by name."""

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from torch import nn

from mer_core.features.mel import MelSpec
from mer_core.models._logmel import LogMelInput
from mer_core.schema import ModelCard

sys.path.insert(0, str(Path(__file__).parents[1] / "contracts"))
import toys  # noqa: E402

INPUT = LogMelInput(MelSpec(sr=22_050, n_fft=4096, hop=512, n_mels=64), frames=44, floor=-70.0, scale=50.0)
QUADRANTS = ("exuberance", "anxiety", "sadness", "contentment")
OCTAVES, MULTIPLES = 3, 4


def table(bands: int = 64) -> np.ndarray:
    """(12, 3, 4) from 220 Hz on, by the bands' own centres; -1 above the top."""
    centres = INPUT.spec.grid(1).freqs
    hertz = 220 * 2 ** (np.arange(12)[:, None, None] / 12 + np.arange(OCTAVES)[:, None]) * np.arange(1, MULTIPLES + 1)
    nearest = np.abs(hertz[..., None] - centres).argmin(axis=-1)
    return np.where(hertz < 4000, nearest, -1)


class Branches(nn.Module):
    """(N, 1, F, W) -> (N, 12 * channels, O, W // hop), after the ReLU."""

    def __init__(self, table: torch.Tensor, channels: int, hop: int):
        super().__init__()
        self.table = table
        self.conv = nn.Conv2d(12, 12 * channels, (1, MULTIPLES * hop), stride=(1, MULTIPLES * hop), groups=12)
        self.hop = hop

    def forward(self, x):
        padded = torch.cat([x[:, 0], torch.zeros_like(x[:, 0, :1])], dim=1)  # band -1 is silence
        seen = padded[:, self.table.flatten()].unflatten(1, self.table.shape)  # (N, 12, O, H, W)
        width = seen.shape[-1] // self.hop * self.hop
        seen = seen[..., :width].unflatten(-1, (-1, self.hop)).transpose(3, 4).flatten(3)
        return torch.relu(self.conv(seen))


class SmallNet(nn.Module):
    """`pool` "mean": linear in the means of the maps; "max": maxima over the columns first, as the real one does."""

    def __init__(self, pool: str = "max", channels: int = 2, hop: int = 4, targets: int = 4, seed: int = 0):
        super().__init__()
        torch.manual_seed(seed)
        self.register_buffer("table", torch.from_numpy(table()))
        self.hop, self.pool = hop, pool
        self.branches = Branches(self.table, channels, hop)
        self.head = nn.Linear(12 * channels, targets)
        self.requires_grad_(False)

    def forward(self, x):
        found = self.branches(x)
        if self.pool == "max":
            found = nn.functional.max_pool2d(nn.functional.avg_pool2d(found, (1, 2)), (1, 3))
        return self.head(found.mean(dim=(2, 3)))


class ToyHarmonics(toys.ToyModel):
    """Windows of about 1 s; four quadrants."""

    a4 = 440.0

    def __init__(self, network: nn.Module | None = None):
        super().__init__(network or SmallNet(), INPUT)

    @property
    def card(self) -> ModelCard:
        return replace(super().card, gives=("audio", "gradients", "harmonics"), targets=QUADRANTS, kind="classes",
                       unit="log-odds")


def pictures(count: int, seed: int = 0) -> torch.Tensor:
    return torch.rand(count, 1, 64, INPUT.frames, generator=torch.Generator().manual_seed(seed))

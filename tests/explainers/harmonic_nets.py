"""Small harmonics networks with the attributes Grad-CAM reads, and a toy model around them. Tests import them."""

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from torch import nn

from mer_core.features.harmonics import TunedMel, band_table
from mer_core.models._tuned import TunedInput
from mer_core.schema import ModelCard, Track, TrackInfo

sys.path.insert(0, str(Path(__file__).parents[1] / "contracts"))
import toys  # noqa: E402

BANDS, OCTAVES, MULTIPLES = 128, 5, 4
INPUT = TunedInput(TunedMel(sr=22_050, n_fft=4096, hop=512, n_mels=BANDS), frames=44, floor=-50.0, scale=50.0)
QUADRANTS = ("exuberance", "anxiety", "sadness", "contentment")


def table() -> np.ndarray:
    return band_table(INPUT.spec.grid(1).freqs, OCTAVES, MULTIPLES)


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
    """`pool` "mean": linear in the means of the maps; "octaves": in those of each octave; "max": in means of maxima."""

    def __init__(self, pool: str = "max", channels: int = 2, hop: int = 4, targets: int = 4, seed: int = 0):
        super().__init__()
        torch.manual_seed(seed)
        self.register_buffer("table", torch.from_numpy(table()))
        self.hop, self.pool = hop, pool
        self.branches = Branches(self.table, channels, hop)
        self.head = nn.Linear(12 * channels * (OCTAVES if pool == "octaves" else 1), targets)
        self.requires_grad_(False)

    def forward(self, x):
        found = self.branches(x)
        if self.pool == "max":
            found = nn.functional.max_pool2d(nn.functional.avg_pool2d(found, (1, 2)), (1, 3))
        return self.head(found.mean(dim=3).flatten(1) if self.pool == "octaves" else found.mean(dim=(2, 3)))


class ToyHarmonics(toys.ToyModel):
    """Windows of about 1 s; four quadrants."""

    def __init__(self, network: nn.Module | None = None, a4: float | None = None):
        super().__init__(network or SmallNet(), replace(INPUT, a4=a4))
        self.input = self.inputs

    @property
    def card(self) -> ModelCard:
        return replace(super().card, gives=("audio", "gradients", "harmonics"), targets=QUADRANTS, kind="classes",
                       unit="log-odds")


def pictures(count: int, seed: int = 0) -> torch.Tensor:
    return torch.rand(count, 1, BANDS, INPUT.frames, generator=torch.Generator().manual_seed(seed))


class Listening(nn.Module):
    """Two targets: how loud the fundamentals of `good` are (places among A ... G#), and those of `bad` against it; the
    second is minus the first. Linear in the means of its maps."""

    def __init__(self, good: tuple[int, ...], bad: tuple[int, ...] = ()):
        super().__init__()
        self.register_buffer("table", torch.from_numpy(table()))
        self.hop = 1
        self.branches = Fundamentals(self.table)
        weight = torch.zeros(12)
        weight[list(good)], weight[list(bad)] = 10.0, -10.0
        self.register_buffer("weight", torch.stack([weight, -weight]))
        self.register_buffer("bias", torch.tensor([0.25, -0.5]))

    def forward(self, x):
        return self.branches(x).mean(dim=(2, 3)) @ self.weight.T + self.bias


class Fundamentals(nn.Module):
    """(N, 1, F, W) -> (N, 12, O, W): the square of how far a row's fundamental stands over 0.8."""

    def __init__(self, table: torch.Tensor):
        super().__init__()
        self.places = table[:, :, 0]

    def forward(self, x):
        return torch.relu(x[:, 0, self.places] - 0.8) ** 2


class TwoSided(ToyHarmonics):
    """The model of a `Listening` network."""

    @property
    def card(self) -> ModelCard:
        return replace(super().card, targets=("contentment", "anxiety"))


def chord(hertz: tuple[float, ...], seconds: float = 4.0, start: float = 0.0, end: float = 9.0) -> Track:
    """Sines, quiet where it is not between `start` and `end`."""
    t = np.arange(round(seconds * 44_100)) / 44_100
    y = sum(0.15 * np.sin(2 * np.pi * f * t) for f in hertz) * ((t >= start) & (t < end))
    return Track(TrackInfo(id="chord", title="chord", duration=seconds, channels=1), y[None].astype(np.float32))

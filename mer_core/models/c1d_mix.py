"""C1D on the mix-down (C1D-M of EmoMucs, section 4): log-mel windows of 20 s to valence and arousal."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from mer_core.models import c2d_mix
from mer_core.models._torch import TorchModel, read_network
from mer_core.schema import Grid, Segment, Stems, Track

# Its last layers know where in the window they are, so a shorter song is padded with silence, as in the paper.
INPUT = replace(c2d_mix.INPUT, shortest=None)


class C1DMix(TorchModel):
    """Windows are (N, 1, 96, 938), in the units of c2d_mix."""

    name = "c1d_mix"

    def load(self) -> None:
        from mer_core.models.nets.c1d import C1D

        self.network = read_network(self, INPUT, lambda tensors: C1D(len(self.card.targets)))

    def encode(self, track: Track, segment: Segment) -> np.ndarray:
        """(1, 1, 96, 938); the same numbers as `encode_all`, at the price of the whole song's spectrogram."""
        return self.encode_all(track, [segment])

    def encode_all(self, track: Track, segments: list[Segment]) -> np.ndarray:
        return INPUT.cut(INPUT.song(track), segments)

    def mixer(self, stems: Stems, segments: list[Segment]) -> Callable[[np.ndarray], np.ndarray]:
        return INPUT.mixer(stems, segments)

    def grid(self, track: Track) -> Grid:
        return INPUT.grid(track)

    def column(self, segment: Segment) -> int:
        return INPUT.start(segment)

    def forward(self, x):
        """numpy or torch (N, 1, 96, 938) -> torch (N, 2) on [-1, 1]; differentiable where x is a tensor."""
        import torch

        return self.network(torch.from_numpy(np.array(x)) if isinstance(x, np.ndarray) else x)

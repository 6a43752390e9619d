"""The student network and a perceptron: log-mel windows to valence and arousal, with nothing to fetch."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from mer_core.models._torch import TorchModel, read_network
from mer_core.models.backbones.student import INPUT
from mer_core.schema import Grid, Segment, Stems, Track


class StudentMLP(TorchModel):
    """Windows are (N, 1, 96, 1292), narrower for a song shorter than 30 s; models/_logmel.py says what a cell is."""

    name = "student_mlp"

    def load(self) -> None:
        import torch

        from mer_core.models.nets.student import StudentEmotion

        network = read_network(self, INPUT, lambda tensors: StudentEmotion(len(self.card.targets)))
        self.network = network.to(memory_format=torch.channels_last)

    def encode(self, track: Track, segment: Segment) -> np.ndarray:
        """(1, 1, 96, T), T at most 1292; the same numbers as `encode_all`, at the price of the whole spectrogram."""
        return self.encode_all(track, [segment])

    def encode_all(self, track: Track, segments: list[Segment]) -> np.ndarray:
        return INPUT.cut(INPUT.song(track), segments)

    def mixer(self, stems: Stems, segments: list[Segment]) -> Callable[[np.ndarray], np.ndarray]:
        return INPUT.mixer(stems, segments)

    def grid(self, track: Track) -> Grid:
        return INPUT.grid(track)

    def column(self, segment: Segment) -> int:
        return INPUT.start(segment)

    def layers(self) -> list:
        return self.network.layers()

    def forward(self, x):
        """numpy or torch (N, 1, 96, T) -> torch (N, 2) on [-1, 1]; differentiable where x is a tensor."""
        import torch

        x = torch.from_numpy(np.array(x)) if isinstance(x, np.ndarray) else x
        return self.network(x.contiguous(memory_format=torch.channels_last))

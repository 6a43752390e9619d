"""What models on windows of one log-mel picture share: from a song to its windows, and through the network."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable

import numpy as np

from mer_core.models._logmel import LogMelInput
from mer_core.models._torch import TorchModel, read_network, tensor
from mer_core.schema import Grid, Segment, Stems, Track


class PictureModel(TorchModel):
    """Windows are (N, 1, bands, frames), as `input` cuts them; models/_logmel.py says what a cell is."""

    input: LogMelInput
    channels_last = False  # the memory format in which 2-D convolutions are quickest

    @abstractmethod
    def make(self, tensors: dict):
        """The torch network, with any weights; `tensors` are the ones it gets."""

    def load(self) -> None:
        import torch

        network = read_network(self, self.input, self.make)
        self.network = network.to(memory_format=torch.channels_last) if self.channels_last else network

    def encode(self, track: Track, segment: Segment) -> np.ndarray:
        """(1, 1, bands, frames); the same numbers as `encode_all`, at the price of the whole song's spectrogram."""
        return self.encode_all(track, [segment])

    def encode_all(self, track: Track, segments: list[Segment]) -> np.ndarray:
        return self.input.cut(self.input.song(track), segments)

    def mixer(self, stems: Stems, segments: list[Segment]) -> Callable[[np.ndarray], np.ndarray]:
        return self.input.mixer(stems, segments)

    def grid(self, track: Track) -> Grid:
        return self.input.grid(track)

    def column(self, segment: Segment) -> int:
        return self.input.start(segment)

    def forward(self, x):
        """numpy or torch (N, 1, bands, frames) -> torch (N, K) on [-1, 1]; differentiable where x is a tensor."""
        import torch

        x = tensor(x)
        return self.network(x.contiguous(memory_format=torch.channels_last) if self.channels_last else x)

"""A perceptron on one embedding of a published network (PANNs + MLP of paper 2, with the backbone that is at hand)."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from mer_core.errors import WeightsError
from mer_core.features import spectral
from mer_core.models import _hearing
from mer_core.models._torch import TorchModel, tensor
from mer_core.models._mono import mono_mixer
from mer_core.models.backbones.chunks import HEARD
from mer_core.schema import Progress, Segment, Stems, Track, silent


class BackboneMLP(TorchModel):
    """Windows are (N, C): the mean embedding of the chunks in each. `network` is the perceptron."""

    part: str  # "musicnn_embed", say

    def available(self) -> str:
        return _hearing.missing((self.part,))

    def download(self, *, progress: Progress = silent) -> None:
        """Fetch the weights of others that are missing, because the user asked; raises WeightsError."""
        _hearing.fetch((self.part,), progress)

    def load(self) -> None:
        from safetensors import SafetensorError
        from safetensors.torch import load

        from mer_core.models.nets.mlp import EmotionMLP

        try:
            tensors = load(self.weights())
            network = EmotionMLP(tensors["0.weight"].shape[1], outputs=len(self.card.targets))
            network.load_state_dict(tensors)
        except (KeyError, RuntimeError, SafetensorError) as error:
            raise WeightsError(f"the weights of {self.name} in {self.folder} do not fit its layers: {error}") from error
        if missing := self.available():
            raise WeightsError(missing)
        self.network = network.requires_grad_(False).eval()
        self.ears = {name: _hearing.EARS[name].load() for name in _hearing.ears((self.part,))}

    def encode(self, track: Track, segment: Segment) -> np.ndarray:
        """(1, C) of one window."""
        return self.encode_all(track, [segment])

    def encode_all(self, track: Track, segments: list[Segment]) -> np.ndarray:
        return self._measure(spectral.mono(track, HEARD), segments)

    def mixer(self, stems: Stems, segments: list[Segment]) -> Callable[[np.ndarray], np.ndarray]:
        """The stems are mixed as mono at 22,050 Hz: both steps are linear."""
        return mono_mixer(stems, HEARD, lambda y: self._measure(y, segments))

    def forward(self, x):
        """numpy or torch (N, C) -> torch (N, 2) on [-1, 1]."""
        return self.network(tensor(x))

    def _measure(self, y: np.ndarray, segments: list[Segment]) -> np.ndarray:
        return _hearing.measured((self.part,), self.ears, y, segments)[self.part].astype(np.float32)

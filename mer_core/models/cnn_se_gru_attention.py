"""CNN with squeeze-and-excitation, a GRU and attention over time (Gupta 2025, section 6.7) on log-mel chunks of 3 s."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from mer_core.errors import WeightsError
from mer_core.features.mel import VIEW
from mer_core.models._logmel import LogMelInput
from mer_core.models._torch import TorchModel
from mer_core.schema import Grid, Segment, Stems, Track

# The paper: mono 22,050 Hz, 128 bands, chunks of 3 s brought to 128 x 128. Here FFT 2048 and hop 512, of whose 130
# columns in 3 s the first 128 are taken. Zero is -60 dB, under which 3 % of the training cells are.
INPUT = LogMelInput(VIEW, frames=128, floor=-60.0, scale=50.0)
COLUMNS_PER_STEP = 8  # three poolings by two


class CNNSeGruAttention(TorchModel):
    """Windows are (N, 1, 128, 128); a song shorter than 3 s is padded with silence."""

    name = "cnn_se_gru_attention"

    def load(self) -> None:
        from safetensors import SafetensorError
        from safetensors.torch import load

        from mer_core.models.nets.cnn_family import CNNAttention

        network = CNNAttention(len(self.card.targets))
        try:
            tensors = load(self.weights())
            expected = {k: float(tensors.pop(f"input.{k}")) for k in ("floor", "scale")}
            network.load_state_dict(tensors)
        except (KeyError, RuntimeError, SafetensorError) as error:
            raise WeightsError(f"the weights of {self.name} in {self.folder} do not fit it: {error}") from error
        if expected != {"floor": INPUT.floor, "scale": INPUT.scale}:
            raise WeightsError(f"the weights of {self.name} were made for another input: {expected}; train it again")
        self.network = network.requires_grad_(False).eval()

    def encode(self, track: Track, segment: Segment) -> np.ndarray:
        """(1, 1, 128, 128)."""
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
        """numpy or torch (N, 1, 128, 128) -> torch (N, 2) on [-1, 1]; differentiable where x is a tensor."""
        return self.network(_tensor(x))

    def attention(self, x, segments: list[Segment]) -> tuple[np.ndarray, np.ndarray]:
        """The encoded windows and where they lie -> (N, 16) weights, each row sums to 1, and (N, 16) s, the centre of
        each weight's step of 0.19 s. A step's state has heard what came before it in its window too."""
        import torch

        with torch.no_grad():
            weights = self.network.attention(_tensor(x)).numpy()
        step = COLUMNS_PER_STEP * INPUT.spec.hop / INPUT.spec.sr
        starts = np.array([INPUT.start(s) for s in segments]) * INPUT.spec.hop / INPUT.spec.sr
        return weights, starts[:, None] + (np.arange(weights.shape[1]) + 0.5) * step


def _tensor(x):
    import torch

    return torch.from_numpy(np.array(x)) if isinstance(x, np.ndarray) else x

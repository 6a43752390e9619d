"""CNN with squeeze-and-excitation, a GRU and attention over time (Gupta 2025, section 6.7) on log-mel chunks of 3 s."""

from __future__ import annotations

import numpy as np

from mer_core.features.mel import VIEW
from mer_core.models._logmel import LogMelInput
from mer_core.models._picture import PictureModel
from mer_core.models._torch import tensor
from mer_core.schema import Segment

# The paper: mono 22,050 Hz, 128 bands, chunks of 3 s brought to 128 x 128. Here FFT 2048 and hop 512, of whose 130
# columns in 3 s the first 128 are taken. Zero is -60 dB, under which 3 % of the training cells are.
INPUT = LogMelInput(VIEW, frames=128, floor=-60.0, scale=50.0)
COLUMNS_PER_STEP = 8  # three poolings by two


class CNNSeGruAttention(PictureModel):
    """Windows are (N, 1, 128, 128); a song shorter than 3 s is padded with silence."""

    name = "cnn_se_gru_attention"
    input = INPUT

    def make(self, tensors: dict):
        from mer_core.models.nets.cnn_family import CNNAttention

        return CNNAttention(len(self.card.targets))

    def attention(self, x, segments: list[Segment]) -> tuple[np.ndarray, np.ndarray]:
        """The encoded windows and where they lie -> (N, 16) weights, each row sums to 1, and (N, 16) s, the centre of
        each weight's step of 0.19 s. A step's state has heard what came before it in its window too."""
        import torch

        with torch.no_grad():
            weights = self.network.attention(tensor(x)).numpy()
        step = COLUMNS_PER_STEP * INPUT.spec.hop / INPUT.spec.sr
        starts = np.array([INPUT.start(s) for s in segments]) * INPUT.spec.hop / INPUT.spec.sr
        return weights, starts[:, None] + (np.arange(weights.shape[1]) + 0.5) * step

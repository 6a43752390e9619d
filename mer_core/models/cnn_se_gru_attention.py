"""CNN with squeeze-and-excitation, a GRU and attention over time (Gupta 2025, section 6.7) on log-mel chunks of 3 s."""

from __future__ import annotations

import numpy as np

from mer_core.models._chunks import COLUMNS_PER_STEP, INPUT, ChunkModel
from mer_core.models._torch import tensor
from mer_core.schema import Segment


class CNNSeGruAttention(ChunkModel):
    """Windows are (N, 1, 128, 128)."""

    name = "cnn_se_gru_attention"

    def attention(self, x, segments: list[Segment]) -> tuple[np.ndarray, np.ndarray]:
        """The encoded windows and where they lie -> (N, 16) weights, each row sums to 1, and (N, 16) s, the centre of
        each weight's step of 0.19 s. A step's state has heard what came before it in its window too."""
        import torch

        with torch.no_grad():
            weights = self.network.attention(tensor(x)).numpy()
        step = COLUMNS_PER_STEP * INPUT.spec.hop / INPUT.spec.sr
        starts = np.array([INPUT.start(s) for s in segments]) * INPUT.spec.hop / INPUT.spec.sr
        return weights, starts[:, None] + (np.arange(weights.shape[1]) + 0.5) * step

    def contributions(self, x) -> tuple[np.ndarray, np.ndarray]:
        """(N, 16, K) what each step adds to the window's value and (N, K) what no step's state gives; their sum is
        `forward`. See nets.cnn_family.CNNAttention.contributions for what is held fixed."""
        import torch

        with torch.no_grad():
            added, rest = self.network.contributions(tensor(x))
        return added.numpy(), rest.numpy()

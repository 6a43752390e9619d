"""What the four networks on chunks share (Gupta 2025, sections 6.4 to 6.7): log-mel pictures of 3 s."""

from __future__ import annotations

from mer_core.features.mel import VIEW
from mer_core.models._logmel import LogMelInput
from mer_core.models._picture import PictureModel

# The paper: mono 22,050 Hz, 128 bands, chunks of 3 s brought to 128 x 128. Here FFT 2048 and hop 512, of whose 130
# columns in 3 s the first 128 are taken. Zero is -60 dB, under which 3 % of the training cells are.
INPUT = LogMelInput(VIEW, frames=128, floor=-60.0, scale=50.0)
COLUMNS_PER_STEP = 8  # three poolings by two


class ChunkModel(PictureModel):
    """Windows are (N, 1, 128, 128); a song shorter than 3 s is padded with silence."""

    input = INPUT

    def make(self, tensors: dict):
        from mer_core.models.nets.cnn_family import NETWORKS

        return NETWORKS[self.name](len(self.card.targets))

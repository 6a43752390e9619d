"""CNN with squeeze-and-excitation and a convolution along time (Gupta 2025, section 6.5) on log-mel chunks of 3 s."""

from mer_core.models._chunks import ChunkModel


class CNNSeTemporal(ChunkModel):
    """Windows are (N, 1, 128, 128)."""

    name = "cnn_se_temporal"

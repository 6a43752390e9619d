"""CNN with squeeze-and-excitation and a GRU along time (Gupta 2025, section 6.6) on log-mel chunks of 3 s."""

from mer_core.models._chunks import ChunkModel


class CNNSeGru(ChunkModel):
    """Windows are (N, 1, 128, 128)."""

    name = "cnn_se_gru"

"""A plain CNN (Gupta 2025, section 6.4) on log-mel chunks of 3 s."""

from mer_core.models._chunks import ChunkModel


class CNN(ChunkModel):
    """Windows are (N, 1, 128, 128)."""

    name = "cnn"

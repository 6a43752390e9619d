"""The perceptron on an embedding (A. Gupta, Modeling Arousal and Valence in Music, 2025: 2048-512-128-2, dropout .3)."""

from torch import nn


class EmotionMLP(nn.Sequential):
    """(N, inputs) -> (N, outputs), both targets jointly."""

    def __init__(self, inputs: int = 2048, hidden: tuple[int, ...] = (512, 128), outputs: int = 2,
                 dropout: float = 0.3):
        layers: list[nn.Module] = []
        for width in hidden:
            layers += [nn.Linear(inputs, width), nn.ReLU(), nn.Dropout(dropout)]
            inputs = width
        super().__init__(*layers, nn.Linear(inputs, outputs))

"""C1D, the one-dimensional baseline of EmoMucs (de Berardinis, Cangelosi, Coutinho 2020, section 3.2 and figure 2).

Its convolutions run along time and see all bands at once. Kernels, pooling and layer sizes follow Delbouys et al. (ISMIR
2018); with 938 frames they give the parameter count of the paper's table 1, 86,354. No non-linearity but the maxima of
the pooling stands between the convolutions, as there.
"""

from torch import Tensor, nn

BANDS, FRAMES = 96, 938
KERNELS, WIDTH, POOL, HIDDEN = (32, 16), 8, 4, 64


class C1D(nn.Module):
    """(N, 1, 96, 938) log-mel -> (N, outputs). The last layers know where in the window they are: its length is fixed."""

    def __init__(self, outputs: int = 2, dropout: float = 0.3, head_dropout: float = 0.3):
        super().__init__()
        self.features = nn.Sequential(nn.Flatten(1, 2), *self._block(BANDS, KERNELS[0]), *self._block(*KERNELS))
        self.dense = nn.Sequential(nn.Flatten(), nn.Dropout(dropout), nn.Linear(self._flat(), HIDDEN), nn.ReLU())
        self.dropout = nn.Dropout(head_dropout)
        self.head = nn.Linear(HIDDEN, outputs)

    @staticmethod
    def _block(channels: int, kernels: int) -> list[nn.Module]:
        return [nn.Conv1d(channels, kernels, WIDTH), nn.MaxPool1d(POOL), nn.BatchNorm1d(kernels)]

    @staticmethod
    def _flat() -> int:
        """How many values the convolutions leave: 938 frames -> 931 -> 232 -> 225 -> 56, times 16 kernels."""
        frames = FRAMES
        for _ in KERNELS:
            frames = (frames - WIDTH + 1) // POOL
        return KERNELS[-1] * frames

    def layers(self) -> list[nn.Module]:
        """The modules in the order in which they run; nothing else happens in forward."""
        return [*self.features, *self.dense, self.dropout, self.head]

    def forward(self, x: Tensor) -> Tensor:
        x = self.features(x)  # (N, 1, 96, 938) -> (N, 16, 56)
        x = self.dense(x)  # -> (N, 64)
        return self.head(self.dropout(x))  # -> (N, outputs)

"""C2D, the two-dimensional baseline of EmoMucs (de Berardinis, Cangelosi, Coutinho 2020, section 3.2 and figure 2).

The paper fixes the five blocks, the 32 kernels and the 32 x 1 average pooling, and the parameter count of its table 2
(37,698) fixes the rest but for the pooling sizes and dropout rates, which it does not print; ours are below.
"""

import torch
from torch import Tensor, nn

POOLS = ((2, 4), (2, 4), (2, 2), (2, 2), (2, 2))  # (bands, frames) halved five times, time faster than pitch at first
KERNELS = 32


class C2D(nn.Module):
    """(N, 1, F, T) log-mel -> (N, outputs). F of at least 32, T of at least 128; 37,698 parameters for two outputs."""

    def __init__(self, outputs: int = 2, dropout: float = 0.1, head_dropout: float = 0.3):
        super().__init__()
        blocks = [self._block(1 if i == 0 else KERNELS, pool, dropout) for i, pool in enumerate(POOLS)]
        self.features = nn.Sequential(*blocks)
        self.average = nn.AdaptiveAvgPool2d(1)
        self.dropout = nn.Dropout(head_dropout)
        self.head = nn.Linear(KERNELS, outputs)

    @staticmethod
    def _block(channels: int, pool: tuple[int, int], dropout: float) -> nn.Sequential:
        # The paper's ELU comes before the pooling. It rises, so the values are the same; behind it there are fewer.
        return nn.Sequential(nn.Conv2d(channels, KERNELS, 3, padding=1), nn.BatchNorm2d(KERNELS), nn.MaxPool2d(pool),
                             nn.ELU(), nn.Dropout(dropout))

    def layers(self) -> list[nn.Module]:
        """The modules in the order in which they run; nothing else happens in forward."""
        return [layer for block in self.features for layer in block] + [
            self.average, nn.Flatten(), self.dropout, self.head]

    def forward(self, x: Tensor) -> Tensor:
        x = self.features(x)  # (N, 1, 96, 938) -> (N, 32, 3, 7)
        x = self.average(x)  # -> (N, 32, 1, 1): the paper's 32 x 1
        x = torch.flatten(x, 1)  # -> (N, 32)
        return self.head(self.dropout(x))  # -> (N, outputs)

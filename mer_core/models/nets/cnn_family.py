"""The four networks of "Modeling arousal and valence in music" (Gupta 2025, sections 6.4 to 6.7) on (1, 128, 128)
log-mel chunks of 3 s: three convolution blocks, then four ways of reading what they give.

The published notebooks ran the GRU, the attention and the "temporal" convolution over mel bands; the text says time,
and so it is here: a step is one of the 16 columns of the pooled picture, described by all its channels and bands.
"""

import torch
from torch import Tensor, nn

CHANNELS = (16, 32, 64)
BANDS, STEPS = 16, 16  # of the pooled picture of a chunk; 128 halved three times
WIDE = CHANNELS[-1] * BANDS  # values of one step
HIDDEN = 64


class SqueezeExcite(nn.Module):
    """Each channel times a gate in (0, 1) that all channels' means decide (Hu and others, CVPR 2018, equations 2-4)."""

    def __init__(self, channels: int, reduction: int = 4):
        super().__init__()
        self.gate = nn.Sequential(nn.Linear(channels, channels // reduction), nn.ReLU(),
                                  nn.Linear(channels // reduction, channels), nn.Sigmoid())

    def forward(self, x: Tensor) -> Tensor:
        return x * self.gate(x.mean(dim=(2, 3)))[:, :, None, None]


class Family(nn.Module):
    """Blocks of convolution, batch norm, ReLU, pooling (and squeeze-and-excitation); `reads` and FC 128 follow."""

    reads: int  # values a subclass's `read` gives

    def __init__(self, outputs: int = 2, excite: bool = True, dropout: float = 0.3):
        super().__init__()
        self.blocks = nn.Sequential(*(self._block(a, b, excite) for a, b in zip((1, *CHANNELS), CHANNELS)))
        self.head = nn.Sequential(nn.Linear(self.reads, 128), nn.ReLU(), nn.Dropout(dropout), nn.Linear(128, outputs))

    @staticmethod
    def _block(before: int, channels: int, excite: bool) -> nn.Sequential:
        # ReLU rises, so pooling first gives the same values from fewer.
        return nn.Sequential(nn.Conv2d(before, channels, 3, padding=1), nn.BatchNorm2d(channels), nn.MaxPool2d(2),
                             nn.ReLU(), *((SqueezeExcite(channels),) if excite else ()))

    def read(self, features: Tensor) -> Tensor:
        """(N, 64, bands, steps) -> (N, reads)."""
        raise NotImplementedError

    def forward(self, x: Tensor) -> Tensor:
        """(N, 1, 128, 128) -> (N, outputs)."""
        return self.head(self.read(self.blocks(x)))


class CNN(Family):
    """Section 6.4: the pooled picture, flattened."""

    reads = WIDE * STEPS

    def __init__(self, outputs: int = 2):
        super().__init__(outputs, excite=False)

    def read(self, features: Tensor) -> Tensor:
        return features.flatten(1)


class CNNTemporal(Family):
    """Section 6.5: squeeze-and-excitation, and a convolution of width 3 along the steps."""

    reads = HIDDEN * STEPS

    def __init__(self, outputs: int = 2):
        super().__init__(outputs)
        self.temporal = nn.Sequential(nn.Conv1d(WIDE, HIDDEN, 3, padding=1), nn.ReLU())

    def read(self, features: Tensor) -> Tensor:
        return self.temporal(steps_of(features).transpose(1, 2)).flatten(1)


class CNNGru(Family):
    """Section 6.6: a GRU along the steps, of which the last state is read. Any number of steps will do."""

    reads = HIDDEN

    def __init__(self, outputs: int = 2):
        super().__init__(outputs)
        self.gru = nn.GRU(WIDE, HIDDEN, batch_first=True)

    def states(self, features: Tensor) -> Tensor:
        """(N, 64, bands, steps) -> (N, steps, 64), each of this and the earlier steps only."""
        return self.gru(steps_of(features))[0]

    def read(self, features: Tensor) -> Tensor:
        return self.states(features)[:, -1]


class CNNAttention(CNNGru):
    """Section 6.7: the mean of the GRU's states, weighted by an attention that is learnt."""

    def __init__(self, outputs: int = 2):
        super().__init__(outputs)
        self.attend = nn.Linear(HIDDEN, 1)

    def weights(self, states: Tensor) -> Tensor:
        """(N, steps, 64) -> (N, steps), positive, a row sums to 1."""
        return torch.softmax(self.attend(states)[..., 0], dim=1)

    def read(self, features: Tensor) -> Tensor:
        states = self.states(features)
        return (self.weights(states)[..., None] * states).sum(dim=1)

    def attention(self, x: Tensor) -> Tensor:
        """(N, 1, 128, T) -> (N, T // 8) how much each step of 8 columns counts."""
        return self.weights(self.states(self.blocks(x)))

    def contributions(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """(N, 1, 128, T) -> (N, T // 8, K) what each step adds, (N, K) what a state of zeros gives; together `forward`.

        The head reads the sum of weight times state, so its first layer splits exactly over the steps; its ReLU is held
        as the whole chunk set it: a hidden unit is open for all steps or for none."""
        states = self.states(self.blocks(x))
        parts = self.weights(states)[..., None] * states
        first, _, _, last = self.head
        opened = (first(parts.sum(dim=1)) > 0).to(x.dtype)  # (N, 128)
        added = (parts @ first.weight.T * opened[:, None]) @ last.weight.T
        return added, last(opened * first.bias)


def steps_of(features: Tensor) -> Tensor:
    """(N, C, bands, steps) -> (N, steps, C x bands): the sequence runs over time, a step holds every band."""
    return features.permute(0, 3, 1, 2).flatten(2)


NETWORKS = {"cnn": CNN, "cnn_se_temporal": CNNTemporal, "cnn_se_gru": CNNGru, "cnn_se_gru_attention": CNNAttention}

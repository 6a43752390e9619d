"""Networks of the thesis's feature route (paper 3, sections 3.3 and 4.5): audio to emotions, directly and by way of a
few mid-level descriptors. The backbone is Figure 9, from S. Chowdhury and others, ISMIR 2019.

The thesis states kernels, strides and channels. Paddings that keep the size and the widths of the perceptron on mean
chroma are ours.
"""

import torch
from torch import Tensor, nn

FEATURES = 256  # values of one backbone
CLASSES = 12  # values of a mean chroma
DROPOUT = 0.3


def _block(before: int, channels: int, kernel: int, stride: int = 1) -> list[nn.Module]:
    return [nn.Conv2d(before, channels, kernel, stride, kernel // 2), nn.BatchNorm2d(channels), nn.ReLU()]


class Backbone(nn.Sequential):
    """(N, 1, bands, frames) -> (N, 256), of any size of at least 8 x 8."""

    def __init__(self):
        pause = [nn.MaxPool2d(2), nn.Dropout(DROPOUT)]
        super().__init__(
            *_block(1, 64, 5, 2), *_block(64, 64, 3), *pause,
            *_block(64, 128, 3), *_block(128, 128, 3), *pause,
            *_block(128, 256, 3), *_block(256, 256, 3), *_block(256, 384, 3), *_block(384, 512, 3),
            *_block(512, FEATURES, 1), nn.AdaptiveAvgPool2d(1), nn.Flatten())


class A2E(nn.Module):
    """Pictures to ratings. `branches` backbones of their own weights, one for each picture, are joined late: the head
    reads 256 features of each. With seven outputs it is A2Mid."""

    def __init__(self, outputs: int = 8, branches: int = 1):
        super().__init__()
        self.branches = nn.ModuleList(Backbone() for _ in range(branches))
        self.head = nn.Linear(FEATURES * branches, outputs)

    def forward(self, pictures: Tensor | tuple[Tensor, ...]) -> Tensor:
        """(N, 1, bands, frames) for each branch -> (N, outputs)."""
        pictures = (pictures,) if isinstance(pictures, Tensor) else pictures
        return self.head(torch.cat([branch(x) for branch, x in zip(self.branches, pictures, strict=True)], dim=1))


class MeanChromaMLP(nn.Sequential):
    """(N, 12) -> (N, outputs): dense layers with batch norm and dropout, as a vector has no neighbourhoods."""

    def __init__(self, outputs: int = 8, hidden: tuple[int, ...] = (128, 64)):
        layers, before = [], CLASSES
        for width in hidden:
            layers += [nn.Linear(before, width), nn.BatchNorm1d(width), nn.ReLU(), nn.Dropout(DROPOUT)]
            before = width
        super().__init__(*layers, nn.Linear(before, outputs))

    @property
    def head(self) -> nn.Linear:
        return self[-1]


class Mid2E(nn.Sequential):
    """Table 13: descriptors to ratings by one hidden layer of 32."""

    def __init__(self, inputs: int = 7, outputs: int = 8, hidden: int = 32):
        super().__init__(nn.Linear(inputs, hidden), nn.ReLU(), nn.Dropout(DROPOUT), nn.Linear(hidden, outputs))


class A2Mid2E(nn.Module):
    """A network to descriptors, and a linear layer from them alone to ratings: all that a rating knows of the sound
    goes through the descriptors. Trained with both losses at once it is the joint variant."""

    def __init__(self, to_mid: nn.Module, mids: int = 7, outputs: int = 8):
        super().__init__()
        self.to_mid, self.head = to_mid, nn.Linear(mids, outputs)

    def forward(self, x) -> Tensor:
        """-> (N, outputs + mids): the ratings, then the descriptors they were made of."""
        mids = self.to_mid(x)
        return torch.cat([self.head(mids), mids], dim=1)


def network_of(given: str, outputs: int) -> nn.Module:
    """The network for one of the four inputs: "spectrogram", "chromagram", "both" or "mean_chroma"."""
    return MeanChromaMLP(outputs) if given == "mean_chroma" else A2E(outputs, branches=2 if given == "both" else 1)

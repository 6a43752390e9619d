"""Twelve branches, a pitch class each, that see only the bands of their harmonics; and the plain network beside them.

Paper: arXiv 2408.07113 (read in a summary): a filter for each pitch class with 32 channels, then batch norm, ReLU,
average pooling and dropout; concatenation, max pooling, dropout, a fully connected layer; about 100,000 parameters.
Sizes of kernels and pools are not in the summary; ours are below.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor, nn

CLASSES = 12


class HarmonicsCNN(nn.Module):
    """(N, 1, F, W) log-mel, silence is 0 -> (N, outputs) log-odds.

    `table` (12, O, H) int says which band each branch reads for multiple h of its fundamental in octave o; -1 reads
    silence (features/harmonics.py). A branch convolves over all H multiples and `reach` steps of time with the same
    kernels at every octave, so that a row of its picture is a fundamental.
    """

    def __init__(self, table: np.ndarray, bands: int = 256, channels: int = 32, reach: int = 22, step: int = 2,
                 stride: int = 4, pool: int = 4, dropout: float = 0.2, outputs: int = 4):
        super().__init__()
        classes, octaves, multiples = table.shape
        self.hop = step * stride
        self.register_buffer("steps", torch.tensor([step, stride, pool]))
        self.register_buffer("table", torch.as_tensor(np.asarray(table, np.int64)))
        self.fewer = nn.AvgPool2d((1, step), ceil_mode=True)
        self.level = nn.BatchNorm1d(bands, affine=False)
        convolution = nn.Conv2d(classes * multiples, classes * channels, (1, reach), (1, stride), groups=classes,
                                padding=(0, (reach - stride + 1) // 2), bias=False)
        self.branches = nn.Sequential(convolution, nn.BatchNorm2d(classes * channels), nn.ReLU())
        self.average = nn.AvgPool2d((1, pool), ceil_mode=True)
        self.dropout = nn.Dropout(dropout)
        self.highest = nn.AdaptiveMaxPool2d((octaves, 1))
        self.head_dropout = nn.Dropout(dropout)
        self.head = nn.Linear(classes * channels * octaves, outputs)

    @classmethod
    def like(cls, tensors: Mapping[str, Tensor]) -> HarmonicsCNN:
        """An untaught network of the size that `tensors` have, with their table."""
        (kernels, _, _, reach), table = tensors["branches.0.weight"].shape, tensors["table"].numpy()
        step, stride, pool = tensors["steps"].tolist()
        return cls(table, len(tensors["level.running_mean"]), kernels // len(table), reach, step, stride, pool,
                   outputs=len(tensors["head.bias"]))

    def seen(self, x: Tensor) -> Tensor:
        """(N, 1, F, W) -> (N, 12 * H, O, W): for each branch and multiple the bands at the octaves' fundamentals."""
        places = self.table.transpose(1, 2).flatten()  # (12 * H * O,), as the convolution's channels and rows lie
        heard = self.level(x[:, 0]).index_select(1, places.clamp(min=0)) * (places >= 0).to(x.dtype)[:, None]
        classes, octaves, multiples = self.table.shape
        return heard.reshape(len(x), classes * multiples, octaves, x.shape[-1])

    def forward(self, x: Tensor) -> Tensor:
        x = self.branches(self.seen(self.fewer(x)))  # -> (N, 12 * 32, O, W'), W' = W // hop
        x = self.dropout(self.average(x))
        x = self.head_dropout(self.highest(x))  # -> (N, 12 * 32, O, 1)
        return self.head(x.flatten(1))


class PlainCNN(nn.Module):
    """(N, 1, F, W) -> (N, outputs) log-odds by square kernels that know nothing of pitch: five blocks, 5 million
    parameters, for the comparison."""

    WIDTHS = (32, 64, 192, 512, 832)

    def __init__(self, bands: int = 256, step: int = 2, dropout: float = 0.2, outputs: int = 4):
        super().__init__()
        self.fewer = nn.AvgPool2d((1, step), ceil_mode=True)
        self.level = nn.BatchNorm1d(bands, affine=False)
        blocks, last = [], 1
        for width in self.WIDTHS:
            stride = (4, 2) if last == 1 else 1  # most of the work is in the early layers
            blocks += [nn.Conv2d(last, width, 3, stride, padding=1, bias=False), nn.BatchNorm2d(width), nn.ReLU(),
                       nn.MaxPool2d(2), nn.Dropout(dropout)]
            last = width
        self.features = nn.Sequential(*blocks)
        self.head = nn.Linear(last, outputs)

    def forward(self, x: Tensor) -> Tensor:
        x = self.features(self.level(self.fewer(x)[:, 0])[:, None])  # (N, 1, 256, 259) -> (N, 832, 2, 2)
        return self.head(x.mean(dim=(2, 3)))

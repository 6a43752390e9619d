"""The student: a small network of our own that learnt to hear what two larger ones hear (Hinton, Vinyals, Dean,
Distilling the Knowledge in a Neural Network, 2015), from log-mel pictures in which silence is zero.
"""

import torch
from torch import Tensor, nn

from mer_core.models.nets.mlp import EmotionMLP

CHANNELS = (24, 40, 80, 160)
ROWS = 3  # bands that are left; they are kept apart, for it matters where in the spectrum something happens
WIDTH = 256  # numbers of one embedding


class Student(nn.Module):
    """(N, 1, 96, T) -> (N, 256), T of at least 64; the layers run in order and nothing happens between them.

    The first filters see 4 bands and 8 columns (0.2 s) and step over half of that: coarse at once, which is what makes
    the network quick enough to learn on two cores.
    """

    def __init__(self):
        super().__init__()
        first = self._block(1, CHANNELS[0], (4, 8), stride=(2, 4), padding=(1, 2))
        rest = [self._block(a, b, 3, padding=1) for a, b in zip(CHANNELS, CHANNELS[1:])]
        self.features = nn.Sequential(first, *rest)
        self.average = nn.AdaptiveAvgPool2d((ROWS, 1))
        self.embedding = nn.Linear(ROWS * CHANNELS[-1], WIDTH)

    @staticmethod
    def _block(inputs: int, outputs: int, kernel, **how) -> nn.Sequential:
        return nn.Sequential(nn.Conv2d(inputs, outputs, kernel, bias=False, **how), nn.BatchNorm2d(outputs),
                             nn.MaxPool2d(2), nn.ReLU())

    def layers(self) -> list[nn.Module]:
        return [*(layer for block in self.features for layer in block), self.average, nn.Flatten(), self.embedding]

    def pooled(self, x: Tensor) -> Tensor:
        """(N, 1, 96, T) -> (N, 480): each channel's mean over time, in each of three bands."""
        return torch.flatten(self.average(self.features(x)), 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.embedding(self.pooled(x))


class StudentEmotion(nn.Module):
    """(N, 1, 96, T) -> (N, outputs): the student, and the perceptron on its embedding."""

    def __init__(self, outputs: int = 2):
        super().__init__()
        self.student, self.head = Student(), EmotionMLP(WIDTH, outputs=outputs)

    def layers(self) -> list[nn.Module]:
        return [*self.student.layers(), *self.head]

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.student(x))

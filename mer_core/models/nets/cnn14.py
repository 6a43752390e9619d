"""CNN14 of PANNs (Q. Kong et al., PANNs: Large-Scale Pretrained Audio Neural Networks for Audio Pattern Recognition,
IEEE/ACM TASLP 2020, table 1). Module names are those of the published checkpoint.
"""

import torch
from torch import Tensor, nn

CHANNELS = (64, 128, 256, 512, 1024, 2048)
BANDS = 64


class Block(nn.Module):
    """Two 3 x 3 convolutions, then the mean over `pool` x `pool` cells."""

    def __init__(self, inputs: int, outputs: int, pool: int):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, padding=1, bias=False)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1, bias=False)
        self.bn1, self.bn2 = nn.BatchNorm2d(outputs), nn.BatchNorm2d(outputs)
        self.pool = nn.AvgPool2d(pool)

    def forward(self, x: Tensor) -> Tensor:
        return self.pool(self.bn2(self.conv2(self.bn1(self.conv1(x)).relu())).relu())


class CNN14(nn.Module):
    """(N, 1, T, 64) dB -> 527 AudioSet logits; `embed` gives the 2048 numbers below. T of at least 32."""

    def __init__(self, classes: int = 527, channels: tuple[int, ...] = CHANNELS):
        super().__init__()
        self.bn0 = nn.BatchNorm2d(BANDS)
        self.blocks = len(channels)
        for i, (a, b) in enumerate(zip((1, *channels), channels), 1):
            setattr(self, f"conv_block{i}", Block(a, b, 2 if i < len(channels) else 1))
        self.fc1 = nn.Linear(channels[-1], channels[-1])
        self.fc_audioset = nn.Linear(channels[-1], classes)

    def embed(self, x: Tensor) -> Tensor:
        """(N, 1, T, 64) -> (N, 2048): the mean over bands, then the maximum and the mean over time, added."""
        x = self.bn0(x.transpose(1, 3)).transpose(1, 3)
        for i in range(self.blocks):
            x = getattr(self, f"conv_block{i + 1}")(x)
        x = x.mean(dim=3)
        return self.fc1(x.amax(dim=2) + x.mean(dim=2)).relu()

    def forward(self, x: Tensor) -> Tensor:
        return self.fc_audioset(self.embed(x))


FRONT = ("spectrogram_extractor.stft.conv_real.weight", "spectrogram_extractor.stft.conv_imag.weight",
         "logmel_extractor.melW")  # the file holds the transform to log-mel as weights too; features/ computes ours


def from_checkpoint(content: dict) -> dict[str, Tensor]:
    """The published file, {"model": {name: tensor}, ...}, to the state of CNN14; KeyError where "model" is missing."""
    return {name: torch.as_tensor(value) for name, value in content["model"].items() if name not in FRONT}

"""MusiCNN (J. Pons, X. Serra, musicnn: pre-trained convolutional neural networks for music audio tagging, ISMIR 2019
late-breaking; the front end after Pons et al., End-to-end learning for music audio tagging at scale, ISMIR 2018).

Written from the paper and from the layer list that the published Keras file carries; its weights are renamed, not changed.
"""

import torch
from torch import Tensor, nn

FRAMES = 187  # of one patch: 3 s at 16 kHz with a hop of 256
BANDS = 96
EPS = 1e-3
FRONT = ("timbral_low", "timbral_high", "temporal_long", "temporal_mid", "temporal_short")
KERNELS = ((7, 38), (7, 67), (128, 1), (64, 1), (32, 1))  # frames, bands
CHANNELS = (204, 204, 51, 51, 51)
MIDDLE = 64


class FrontEnd(nn.Module):
    """(N, 1, T, 96) -> (N, C, T): one filter shape, its strongest answer over all bands of each frame."""

    def __init__(self, channels: int, kernel: tuple[int, int]):
        super().__init__()
        self.timbral = kernel[1] > 1
        self.conv = nn.Conv2d(1, channels, kernel, padding=(3, 0) if self.timbral else 0)
        self.norm = nn.BatchNorm2d(channels, eps=EPS)

    def forward(self, x: Tensor) -> Tensor:
        if not self.timbral:  # an even kernel: one frame more of silence behind than before, as TensorFlow pads
            long = self.conv.kernel_size[0]
            x = nn.functional.pad(x, (0, 0, (long - 1) // 2, long // 2))
        return self.norm(self.conv(x).relu()).amax(dim=3)


class Middle(nn.Module):
    """(N, C, T) -> (N, 64, T)."""

    def __init__(self, channels: int):
        super().__init__()
        self.conv = nn.Conv1d(channels, MIDDLE, 7, padding=3)
        self.norm = nn.BatchNorm1d(MIDDLE, eps=EPS)

    def forward(self, x: Tensor) -> Tensor:
        return self.norm(self.conv(x).relu())


class MusiCNN(nn.Module):
    """(N, T, 96) log10(1 + 10000 mel) -> 50 tag logits; `embed` gives what lies below. T is 187 in training."""

    def __init__(self, tags: int = 50):
        super().__init__()
        self.norm = nn.BatchNorm2d(1, eps=EPS)
        self.front = nn.ModuleDict({name: FrontEnd(c, k) for name, c, k in zip(FRONT, CHANNELS, KERNELS)})
        width = sum(CHANNELS)
        self.middle = nn.ModuleList([Middle(width), Middle(MIDDLE), Middle(MIDDLE)])
        pooled = 2 * (width + 3 * MIDDLE)
        self.flat_norm = nn.BatchNorm1d(pooled, eps=EPS)
        self.dense = nn.Linear(pooled, 200)
        self.dense_norm = nn.BatchNorm1d(200, eps=EPS)
        self.tags = nn.Linear(200, tags)

    def pooled(self, x: Tensor) -> Tensor:
        """(N, T, 96) -> (N, 1506): the maximum and the mean over time of each of 753 channels, in turn."""
        x = self.norm(x[:, None])
        front = torch.cat([branch(x) for branch in self.front.values()], dim=1)
        first = self.middle[0](front)
        second = self.middle[1](first) + first
        third = self.middle[2](second) + second
        every = torch.cat([front, first, second, third], dim=1)
        return torch.stack([every.amax(dim=2), every.mean(dim=2)], dim=2).flatten(1)

    def embed(self, x: Tensor) -> Tensor:
        """(N, T, 96) -> (N, 200), before the ReLU."""
        return self.dense(self.flat_norm(self.pooled(x)))

    def forward(self, x: Tensor) -> Tensor:
        return self.tags(self.dense_norm(self.embed(x).relu()))


NORM = {"weight": "gamma", "bias": "beta", "running_mean": "moving_mean", "running_var": "moving_variance"}
LAYERS = {  # ours -> Keras'
    "norm": "batch_normalization", "flat_norm": "bn_flatpool", "dense": "dense", "dense_norm": "bn_dense",
    "tags": "dense_1",
    **{f"front.{n}.conv": f"conv2d_{i}" if i else "conv2d" for i, n in enumerate(FRONT)},
    **{f"front.{n}.norm": f"batch_normalization_{i + 1}" for i, n in enumerate(FRONT)},
    **{f"middle.{i}.conv": f"midend_conv{i + 1}" for i in range(3)},
    **{f"middle.{i}.norm": f"bn_midend_conv{i + 1}" for i in range(3)},
}


def keras_names() -> dict[str, tuple[str, str]]:
    """Our tensor -> (layer, variable) of the Keras file, without the counter that Keras appends to a variable."""
    found = {}
    for ours, layer in LAYERS.items():
        known = NORM if ours.endswith("norm") else {"weight": "kernel", "bias": "bias"}
        found |= {f"{ours}.{name}": (layer, variable) for name, variable in known.items()}
    return found


def from_keras(arrays: dict[tuple[str, str], Tensor]) -> dict[str, Tensor]:
    """(layer, variable) -> array, as the file holds them, to the state of MusiCNN; KeyError where one is missing."""
    return {name: _turned(name, torch.as_tensor(arrays[place])) for name, place in keras_names().items()}


def _turned(name: str, value: Tensor) -> Tensor:
    """Keras keeps kernels as (height, width, in, out) and (in, out); torch wants the outputs first."""
    if value.ndim == 4:
        value = value.permute(3, 2, 0, 1)  # (out, in, frames, bands)
        return value[:, 0].transpose(1, 2).contiguous() if name.startswith("middle") else value.contiguous()
    return value.T.contiguous() if value.ndim == 2 else value.contiguous()

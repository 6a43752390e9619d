"""Small vision transformers for the tests of their explainers, alone and as a model of a song."""

import sys
from dataclasses import replace
from pathlib import Path

import torch

from mer_core.features.mel import MelSpec
from mer_core.models._logmel import LogMelInput
from mer_core.models.nets.vit import ViT

sys.path.insert(0, str(Path(__file__).parents[1] / "contracts"))
import toys  # noqa: E402

INPUT = LogMelInput(MelSpec(sr=8_000, n_fft=512, hop=200, n_mels=32), frames=48, floor=-70.0, scale=50.0)


def small(seed: int = 0, outputs: int = 2, **shape) -> ViT:
    """Two blocks, random in every weight, biases and norms away from where they start."""
    torch.manual_seed(seed)
    net = ViT(outputs, **{**dict(image=(32, 48), channels=1, patch=16, width=12, depth=2, heads=3, ratio=2.0), **shape})
    for name, value in net.named_parameters():
        torch.nn.init.normal_(value, std=0.3)
        if "norm" in name and name.endswith("weight"):
            value.data += 1
    net.patches.weight.data /= 8
    return net.eval().requires_grad_(False)


def pictures(n: int = 2, seed: int = 1, image=(32, 48)) -> torch.Tensor:
    return torch.rand(n, 1, *image, generator=torch.Generator().manual_seed(seed))


class ToyViT(toys.ToyModel):
    """Windows of 1.2 s, (N, 1, 32, 48)."""

    def __init__(self, network: ViT, kind: str = "ratings"):
        super().__init__(network, INPUT)
        self._kind = kind

    @property
    def card(self):
        targets = ("happy", "sad", "tender")[:self.network.head.out_features]
        found = replace(super().card, gives=("audio", "gradients", "transformer"), kind=self._kind)
        return replace(found, targets=targets) if self._kind == "classes" else found


def reading(row: int, columns: tuple[int, ...]) -> ViT:
    """One block whose class token attends to the patches in one row and some columns of 2 x 3, by their positions;
    the first output says how loud they are, the second minus half of it."""
    net = small(width=8, depth=1, heads=1)
    with torch.no_grad():
        for name, value in net.named_parameters():
            value.fill_(1.0 if "norm" in name and name.endswith("weight") else 0.0)
        block = net.blocks[0]
        net.patches.weight[1] = 1 / 256  # the patch's mean in unit 1, its negative in unit 2: the norm's mean stays 0
        net.patches.weight[2] = -1 / 256
        for place in range(6):
            flag = 4.0 if place // 3 == row and place % 3 in columns else -4.0
            net.positions[1 + place, 3], net.positions[1 + place, 4] = flag, -flag
        block.key.weight[0, 3], block.query.bias[0] = 1.0, 20.0
        block.value.weight[5, 1], block.value.weight[6, 1] = 1.0, -1.0
        block.join.weight.copy_(torch.eye(8))
        net.token[0], net.token[7] = 1.0, -1.0
        net.head.weight[0, 5], net.head.weight[1, 5] = 1.0, -0.5
        net.head.bias.copy_(torch.tensor([0.1, -0.1]))
    return net

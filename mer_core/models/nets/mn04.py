"""mn04, a MobileNetV3 of width .4 for sound (F. Schmid, K. Koutini, G. Widmer, Efficient Large-Scale Audio Tagging via
Transformer-to-CNN Knowledge Distillation, ICASSP 2023; the network after Howard et al., Searching for MobileNetV3, ICCV
2019, table 1). Module names are those of the published checkpoint, so that it loads as it is.
"""

from torch import Tensor, nn

WIDTH = 0.4
BLOCKS = (  # kernel, expanded, out, squeeze, hard swish, stride: table 1 of MobileNetV3-Large
    (3, 16, 16, False, False, 1), (3, 64, 24, False, False, 2), (3, 72, 24, False, False, 1),
    (5, 72, 40, True, False, 2), (5, 120, 40, True, False, 1), (5, 120, 40, True, False, 1),
    (3, 240, 80, False, True, 2), (3, 200, 80, False, True, 1), (3, 184, 80, False, True, 1),
    (3, 184, 80, False, True, 1), (3, 480, 112, True, True, 1), (3, 672, 112, True, True, 1),
    (5, 672, 160, True, True, 2), (5, 960, 160, True, True, 1), (5, 960, 160, True, True, 1))


def channels(count: float) -> int:
    """The multiple of 8 nearest to `count`, at least 8, and not less than nine tenths of it."""
    rounded = max(8, int(count + 4) // 8 * 8)
    return rounded + 8 if rounded < 0.9 * count else rounded


def conv(inputs: int, outputs: int, kernel: int = 1, stride: int = 1, groups: int = 1, act=None) -> nn.Sequential:
    parts = [nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False),
             nn.BatchNorm2d(outputs, eps=1e-3, momentum=0.01)]
    return nn.Sequential(*parts, *([act()] if act else []))


class Squeeze(nn.Module):
    """(N, C, F, T) scaled channel by channel: squeeze and excitation (Hu et al., CVPR 2018)."""

    class Layer(nn.Module):
        def __init__(self, width: int):
            super().__init__()
            squeezed = channels(width // 4)
            self.fc1, self.fc2 = nn.Linear(width, squeezed), nn.Linear(squeezed, width)

        def forward(self, x: Tensor) -> Tensor:
            scale = self.fc2(self.fc1(x.mean(dim=(2, 3))).relu()).sigmoid()
            return x * scale[:, :, None, None]

    def __init__(self, width: int):
        super().__init__()
        self.conc_se_layers = nn.ModuleList([self.Layer(width)])

    def forward(self, x: Tensor) -> Tensor:
        return self.conc_se_layers[0](x)


class Block(nn.Module):
    """Expand, filter each channel by itself, squeeze, project; added to its input where the shapes agree."""

    def __init__(self, inputs: int, kernel: int, wide: int, outputs: int, squeeze: bool, swish: bool, stride: int):
        super().__init__()
        act = nn.Hardswish if swish else nn.ReLU
        self.adds = stride == 1 and inputs == outputs
        self.block = nn.Sequential(
            *([conv(inputs, wide, act=act)] if wide != inputs else []),
            conv(wide, wide, kernel, stride, wide, act),
            *([Squeeze(wide)] if squeeze else []),
            conv(wide, outputs))

    def forward(self, x: Tensor) -> Tensor:
        return self.block(x) + x if self.adds else self.block(x)


class MN04(nn.Module):
    """(N, 1, 128, T) log-mel -> 527 AudioSet logits; `embed` gives the 384 averages below. T is 1000 for 10 s."""

    def __init__(self, classes: int = 527):
        super().__init__()
        layers, width = [conv(1, channels(16 * WIDTH), 3, 2, act=nn.Hardswish)], channels(16 * WIDTH)
        for kernel, wide, outputs, squeeze, swish, stride in BLOCKS:
            wide, outputs = channels(wide * WIDTH), channels(outputs * WIDTH)
            layers.append(Block(width, kernel, wide, outputs, squeeze, swish, stride))
            width = outputs
        layers.append(conv(width, 6 * width, act=nn.Hardswish))
        self.features = nn.Sequential(*layers)
        last = channels(1280 * WIDTH)
        self.classifier = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(6 * width, last),
                                        nn.Hardswish(), nn.Dropout(0.2), nn.Linear(last, classes))

    def embed(self, x: Tensor) -> Tensor:
        """(N, 1, 128, T) -> (N, 384)."""
        return self.features(x).mean(dim=(2, 3))

    def forward(self, x: Tensor) -> Tensor:
        return self.classifier(self.features(x))

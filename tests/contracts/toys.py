"""Small models with known answers. They are not in the registry; tests import them by name."""

import numpy as np
import torch
from torch import nn

from mer_core.features.mel import MelSpec
from mer_core.models._logmel import LogMelInput
from mer_core.models._torch import TorchModel
from mer_core.schema import ModelCard, Segment, Track, TrackInfo

INPUT = LogMelInput(MelSpec(sr=8_000, n_fft=512, hop=200, n_mels=48), frames=241, floor=-70.0, scale=50.0)


class ToyModel(TorchModel):
    """Windows of 6 s, hop 6 s; an untrained network of real layers whose answers the test knows."""

    name = "toy"

    def __init__(self, network: nn.Module, inputs: LogMelInput = INPUT):
        super().__init__()
        self.network, self.inputs = network, inputs

    @property
    def card(self) -> ModelCard:
        window = (self.inputs.frames - 1) * self.inputs.spec.hop / self.inputs.spec.sr
        return ModelCard(
            name="toy", title="Toy", summary="A test.", takes={"sample_rate": 8000, "window": window, "hop": window},
            gives=("audio", "gradients", "layers"), targets=("valence", "arousal"), parameters=0, trained_on=(),
            test_error={"covariance": [[0.01, 0], [0, 0.01]]}, reported={}, weights="", digest="", licence="", paper="",
            limits=(), commands={})

    def load(self) -> None:
        self.network.eval()

    def encode(self, track, segment):
        return self.inputs.cut(self.inputs.song(track), [segment])

    def encode_all(self, track, segments):
        return self.inputs.cut(self.inputs.song(track), segments)

    def mixer(self, stems, segments):
        return self.inputs.mixer(stems, segments)

    def forward(self, x):
        return self.network(torch.as_tensor(np.array(x)) if isinstance(x, np.ndarray) else x)

    def layers(self):
        return list(self.network)

    def grid(self, track):
        return self.inputs.grid(track)

    def column(self, segment):
        return self.inputs.start(segment)


def planted(low: float, high: float, start: float, end: float) -> ToyModel:
    """Valence reads only the sound between `low` and `high` Hz and `start` and `end` s; arousal is minus half of it."""
    bands = (INPUT.spec.grid(1).freqs >= low) & (INPUT.spec.grid(1).freqs <= high)
    times = INPUT.spec.grid(INPUT.frames).times
    frames = (times >= start) & (times <= end)
    blur = nn.Conv2d(1, 2, 1)
    head = nn.Linear(2 * INPUT.spec.n_mels * INPUT.frames, 2)
    with torch.no_grad():
        blur.weight.copy_(torch.tensor([1.0, 0.5]).reshape(2, 1, 1, 1))
        blur.bias.zero_()
        mask = torch.from_numpy(np.outer(bands, frames).astype(np.float32))
        head.weight.copy_(torch.stack([mask, mask]).flatten() / mask.sum() * torch.tensor([[0.5], [-0.25]]))
        head.bias.copy_(torch.tensor([0.1, -0.1]))
    return ToyModel(nn.Sequential(blur, nn.ELU(), nn.Dropout(0.5), nn.Flatten(), head))


def small_net(seed: int = 0) -> ToyModel:
    """Every kind of layer C2D has, with random weights and running statistics that are not the default ones."""
    torch.manual_seed(seed)
    net = nn.Sequential(nn.Conv2d(1, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ELU(), nn.MaxPool2d((2, 4)),
                        nn.Dropout(0.2), nn.Conv2d(4, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ELU(), nn.MaxPool2d(2),
                        nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 2))
    for layer in net:
        if isinstance(layer, nn.BatchNorm2d):
            layer.running_mean.uniform_(-0.3, 0.3)
            layer.running_var.uniform_(0.5, 1.5)
            nn.init.uniform_(layer.weight, 0.5, 1.5)
            nn.init.uniform_(layer.bias, -0.3, 0.3)
    return ToyModel(net)


def noise_track(duration: float, seed: int = 0, sr: int = 44_100, channels: int = 2) -> Track:
    """Quiet noise with tones at 300 Hz and 1500 Hz that swell once a second."""
    rng = np.random.default_rng(seed)
    t = np.arange(int(duration * sr)) / sr
    swell = 0.5 + 0.5 * np.sin(2 * np.pi * t)
    tone = 0.2 * swell * np.sin(2 * np.pi * 300 * t) + 0.1 * (1 - swell) * np.sin(2 * np.pi * 1500 * t)
    y = np.stack([tone + 0.02 * rng.standard_normal(len(t)) for _ in range(channels)]).astype(np.float32)
    return Track(TrackInfo(id=f"toy{seed}", title="toy", duration=duration, channels=channels, sr=sr), y)


def whole(duration: float) -> Segment:
    return Segment(0.0, duration)

"""Deep belief networks with weights of the test's own, on beats of the test's own. They are not in the registry."""

from dataclasses import replace

import numpy as np
import torch

from mer_core.features.beats import BeatFeatures, patched
from mer_core.features.beats.tracking import Beats
from mer_core.models._dbn import COMBINATIONS, BeatModel, Heard, Standard
from mer_core.models.nets.dbn import EllipseNetwork
from mer_core.schema import ModelCard, Track, TrackInfo

WIDTHS = {"rhythm": 80, "pitch": 192, "fourier": 384}
TIMES = np.cumsum([0.3, 0.5, 0.5, 0.4, 0.6, 0.5, 0.5, 1.0, 0.5, 0.5, 0.5, 0.4])  # s; uneven, one missed


class Toy(BeatModel):
    """A song's beats are given to it instead of being heard."""

    name = "toy"

    def __init__(self, found: BeatFeatures, features: str = "rhythm+fourier", layer: int = 2, seed: int = 0, *,
                 standards: dict | None = None, scale: float = 1.0):
        super().__init__()
        torch.manual_seed(seed)
        self.found, self.said = found, ()
        made = EllipseNetwork(WIDTHS, COMBINATIONS, (6, 5, 4)).double()
        made.features, made.layer = features, layer
        with torch.no_grad():
            for value in made.parameters():
                value.copy_(scale * torch.randn_like(value) / value.shape[-1] ** 0.5)
        self.network = made.requires_grad_(False)
        self.standards = standards or {n: Standard(getattr(found, n).mean(axis=0), getattr(found, n).std(axis=0) + 0.1)
                                       for n in WIDTHS}

    @property
    def card(self) -> ModelCard:
        return ModelCard(
            name="toy", title="Toy", summary="A test.", takes={"sample_rate": 22_050, "window": 1.0, "hop": 1.0},
            gives=("audio", "gradients", "beats"), targets=("valence", "arousal"), parameters=0, trained_on=(),
            test_error={"covariance": [[0.01, 0], [0, 0.01]]}, reported={}, weights="", digest="", licence="", paper="",
            limits=(), commands={})

    def load(self) -> None:
        self.network.eval()

    def heard(self, track, grid=None) -> Heard:
        return Heard(self.found, self.said)

    def forward(self, x):
        return self.network(torch.as_tensor(np.asarray(x, np.float64)))


def track(seconds: float = 7.3) -> Track:
    return Track(TrackInfo("toy", "toy", seconds, 1), np.zeros((1, round(seconds * 44_100)), np.float32))


def rows(beats: int = len(TIMES), seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """(B, 20) timbre in dB and (B, 48) amplitudes."""
    rng = np.random.default_rng(seed)
    return rng.normal(0, 8, (beats, 20)).astype(np.float32), (0.01 * rng.exponential(1, (beats, 48))).astype(np.float32)


def beats(times: np.ndarray = TIMES, seed: int = 0) -> BeatFeatures:
    return patched(Beats(times, "tracked"), *rows(len(times), seed))


def raw(width: int) -> Standard:
    """Leaves a feature as it is."""
    return Standard(np.zeros(width), np.ones(width))


def value(toy: Toy, song: Track, found: BeatFeatures | None = None) -> np.ndarray:
    """(K,) the model's answer, the long way: windows of all seconds, and their mean."""
    with toy.session():
        x = toy.windows_of(found or toy.found, [s.end for s in toy.windows(song.duration)])
        return toy.outputs(x).mean(axis=0)


def silent_but(which: int, feature: str) -> BeatFeatures:
    """Beats of which only one has anything of a feature; all else is 0."""
    timbres, amplitudes = (np.zeros_like(part) for part in rows())
    made = rows(seed=3)
    (timbres if feature == "rhythm" else amplitudes)[which] = made[0 if feature == "rhythm" else 1][which]
    return replace(patched(Beats(TIMES, "tracked"), timbres, amplitudes))

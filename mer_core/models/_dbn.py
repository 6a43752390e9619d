"""From a song to an ellipse for each second, by way of its beats: what deep belief networks on beats share."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from mer_core.ellipse import EllipsePath
from mer_core.errors import ParameterError, TooFewBeats, WeightsError
from mer_core.features import spectral
from mer_core.features.beats import SPAN, VERSION, BeatFeatures, beat_features
from mer_core.models._gaussian import to_gaussians
from mer_core.models._ridge import header
from mer_core.models._torch import TorchModel, tensor
from mer_core.schema import Prediction, Progress, Segment, Track, silent

SR = 22_050  # Hz
COMBINATIONS = ("rhythm", "pitch", "fourier", "rhythm+pitch", "rhythm+fourier")
LAYERS = (0, 1, 2)
MOST = 8  # patches a second; the latest ones where there were more
TRACKED, EVEN = "tracked", "even 0.5 s"  # the grid of a song, and the one where no beat is found


@dataclass(frozen=True, eq=False)
class Heard:
    """A song's beats and what they sound like."""

    features: BeatFeatures
    notes: tuple[str, ...]  # plain sentences on what was unusual


@dataclass(frozen=True, eq=False)
class Standard:
    """(D,) mean and spread of a feature over the patches that the machines learnt from."""

    mean: np.ndarray
    spread: np.ndarray

    def __call__(self, x: np.ndarray) -> np.ndarray:
        return (x - self.mean) / self.spread


class BeatModel(TorchModel):
    """Windows are (N, M, 1 + D), one a second: M = 8 places for the patches of four beats that ended in it, each with
    its weight (they add up to 1, 0 in an empty place) and its D standardised features. A second in which no patch ended
    hears the latest one before it, or the song's first.

    The weights file holds a DBN for each feature, the regressions of nets/dbn.py, the features' standards, and in its
    header the combination and layer that the answer to `predict` comes from.
    """

    _latest: tuple[tuple, Heard] | None = None

    def load(self) -> None:
        from safetensors import SafetensorError
        from safetensors.torch import load

        from mer_core.models.nets.dbn import EllipseNetwork

        raw = self.weights()
        try:
            tensors, facts = load(raw), json.loads(header(raw)["facts"])
            names, sizes = facts["features"], facts["sizes"]
            self.standards = {name: Standard(*(tensors.pop(f"standard.{name}.{k}").numpy() for k in ("mean", "spread")))
                              for name in names}
            network = EllipseNetwork({n: len(s.mean) for n, s in self.standards.items()}, COMBINATIONS, sizes)
            network.load_state_dict(tensors)
            network.features, network.layer = facts["chosen"], facts["layer"]
        except (KeyError, RuntimeError, SafetensorError, ValueError) as error:
            raise WeightsError(f"the weights of {self.name} in {self.folder} do not fit its network: {error}. "
                               "Train it again.") from error
        self.network = network.requires_grad_(False).eval()

    @property
    def depends_on(self) -> str:
        return f"{super().depends_on}-{VERSION}"

    @property
    def features(self) -> str:
        """The combination that `forward` reads; known once the model is loaded."""
        return self.network.features

    @property
    def layer(self) -> int:
        return self.network.layer

    def heard(self, track: Track, grid: str | None = None) -> Heard:
        """The song's beats and their features, kept until another song is asked for. Where no grid is named and too few
        beats are found, it walks in even steps of 0.5 s and says so; raises TooFewBeats where a grid is named."""
        key = hashlib.blake2b(np.ascontiguousarray(track.y)).hexdigest(), track.sr, grid
        kept = self._latest
        if kept is None or kept[0] != key:
            kept = self._latest = key, self._hear(spectral.mono(track, SR), grid)
        return kept[1]

    def _hear(self, y: np.ndarray, grid: str | None) -> Heard:
        try:
            found = beat_features(y, SR, grid or TRACKED)
        except TooFewBeats as error:
            if grid:
                raise
            found = beat_features(y, SR, EVEN)
            return Heard(found, (f"{error} Until then it walks through the song in even steps of 0.5 s.",))
        return Heard(found, (found.beats.note,) if found.beats.note else ())

    def encode(self, track: Track, segment: Segment) -> np.ndarray:
        """(1, M, 1 + D); the same numbers as `encode_all`, at the price of the whole song's beats where it is new."""
        return self.encode_all(track, [segment])

    def encode_all(self, track: Track, segments: list[Segment], features: str | None = None,
                   grid: str | None = None) -> np.ndarray:
        """(N, M, 1 + D) of a combination of features, the shipped one where none is named."""
        found = self.heard(track, grid).features
        return self.windows_of(found, [segment.end for segment in segments], features)

    def windows_of(self, found: BeatFeatures, ends: Sequence[float], features: str | None = None) -> np.ndarray:
        """(N, M, 1 + D): a window for the second before each of `ends` (s)."""
        at = slots(patch_times(found), ends)
        x = np.concatenate([self.standards[name](getattr(found, name)) for name in self.checked(features).split("+")],
                           axis=1)
        inside = (at >= 0)[..., None]
        return np.concatenate([weights(at)[..., None], np.where(inside, x[at], 0)], axis=2).astype(np.float32)

    def checked(self, features: str | None, layer: int = 0) -> str:
        """The combination meant; raises ParameterError where there is no such one, or no such layer."""
        if features is not None and features not in COMBINATIONS:
            raise ParameterError(f"no features are called {features!r}; there are: {', '.join(COMBINATIONS)}")
        if layer not in LAYERS:
            raise ParameterError(f"there is no layer {layer!r}; there are: {', '.join(map(str, LAYERS))}")
        return features or self.features

    def forward(self, x):
        """numpy or torch (N, M, 1 + D) -> torch (N, 2) on [-1, 1]; differentiable where x is a tensor."""
        return self.network(tensor(x))

    def gaussians(self, x, features: str | None = None, layer: int | None = None) -> tuple[np.ndarray, np.ndarray]:
        """Means (N, 2) and covariances (N, 2, 2) of encoded windows (N, M, 1 + D) by a combination of features and a
        layer; the shipped ones where none is named."""
        import torch

        layer = self.layer if layer is None else layer
        features = self.checked(features, layer)
        with torch.no_grad():
            return to_gaussians(self.network.gaussians(tensor(x), features, layer).numpy())

    def ellipses(self, track: Track, features: str | None = None, layer: int | None = None,
                 grid: str | None = None) -> EllipsePath:
        """An ellipse for each second of the song. Raises TooFewBeats where a grid is named that the song does not have;
        without one it falls back to an even grid."""
        layer = self.layer if layer is None else layer
        features = self.checked(features, layer)
        segments, heard = self.windows(track.duration), self.heard(track, grid)
        means, covariances = self.gaussians(
            self.windows_of(heard.features, [s.end for s in segments], features), features, layer)
        return EllipsePath(times=[s.centre for s in segments], means=np.clip(means, -1, 1), covariances=covariances,
                           beats=heard.features.beats.times, features=features, layer=layer,
                           grid=heard.features.beats.grid, notes=heard.notes)

    def predict(self, track: Track, *, progress: Progress = silent) -> Prediction:
        with self.session():
            found = super().predict(track, progress=progress)
            return replace(found, notes=self.heard(track).notes)


def patch_times(found: BeatFeatures) -> np.ndarray:
    """(P,) s: a patch stands at the last of its beats (which it hears up to the next one)."""
    return found.beats.times[SPAN - 1:]


def slots(times: np.ndarray, ends: Sequence[float]) -> np.ndarray:
    """(N, M) which of the patches at `times` (P,) each second before one of `ends` hears, -1 for an empty place."""
    found = np.full((len(ends), MOST), -1)
    for row, end in zip(found, ends, strict=True):
        inside = np.flatnonzero((times > end - 1) & (times <= end))[-MOST:]
        if not len(inside):
            inside = [max(np.searchsorted(times, end, side="right") - 1, 0)]
        row[:len(inside)] = inside
    return found


def weights(at: np.ndarray) -> np.ndarray:
    """(N, M) of `slots` -> (N, M) equal weights of the places that are filled."""
    filled = at >= 0
    return filled / filled.sum(axis=1, keepdims=True)

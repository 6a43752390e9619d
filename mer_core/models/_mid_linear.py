"""Linear regression on the seven mid-level descriptors of the signal (paper 3, Mid2E): every part of an answer has a
name."""

from __future__ import annotations

import json

import numpy as np

from mer_core.errors import WeightsError
from mer_core.features import mid_level
from mer_core.models._base import Model
from mer_core.models._ridge import header
from mer_core.schema import Segment, Track


class MidLinear(Model):
    """Windows are (N, 7): each descriptor's mean over the stretches of ten seconds inside, NaN where it has none.

    A descriptor that is not defined counts as the mean of the training clips, plus what clips without it were rated
    more or less. The weights file holds mean (7,), coefficients (7, K) a unit, missing (7, K) and bias (K,), and in its
    header the descriptors' names.
    """

    features: tuple[str, ...]  # (7,) what the columns are, set by load

    def load(self) -> None:
        from safetensors import SafetensorError
        from safetensors.numpy import load

        raw = self.weights()
        try:
            tensors = {name: array.astype(float) for name, array in load(raw).items()}
            names = tuple(json.loads(header(raw)["descriptors"]))
            self.mean, self.coefficients, self.missing, self.bias = (
                tensors[k] for k in ("mean", "coefficients", "missing", "bias"))
        except (KeyError, SafetensorError, ValueError) as error:
            raise WeightsError(f"the weights of {self.name} in {self.folder} cannot be read: {error}") from error
        if names != mid_level.NAMES:
            raise WeightsError(f"{self.name} was trained on {', '.join(names)}, which is not what is measured now. "
                               "Train it again.")
        self.features = names

    def encode(self, track: Track, segment: Segment) -> np.ndarray:
        """(1, 7) of one window."""
        return self.encode_all(track, [segment])

    def encode_all(self, track: Track, segments: list[Segment]) -> np.ndarray:
        """(N, 7) from one description of the song."""
        found = mid_level.describe(track, pictures=False) if track.levels is None else track.levels
        return np.stack([within(found, segment) for segment in segments])

    def forward(self, x: np.ndarray) -> np.ndarray:
        """(N, 7) -> (N, K)."""
        return self.base + self.contributions(x).sum(axis=1)

    @property
    def base(self) -> np.ndarray:
        """(K,) the answer where every descriptor is at its mean over the training clips."""
        return self.bias

    def contributions(self, x: np.ndarray) -> np.ndarray:
        """(N, 7) -> (N, 7, K) what each descriptor adds to `base`: coefficient times (value - mean)."""
        lost = np.isnan(x)
        moved = np.where(lost, 0, x - self.mean)
        return moved[..., None] * self.coefficients + lost[..., None] * self.missing

    def remarks(self, x: np.ndarray) -> tuple[str, ...]:
        """What was done about descriptors that are not defined in some of the windows (N, 7)."""
        share = np.isnan(x).mean(axis=0)
        return tuple(f"{name.replace('_', ' ').capitalize()} is not defined in {_much(s)}: the mean of the training "
                     "clips stands for it there, and what clips without it were rated more or less."
                     for name, s in zip(self.features, share) if s)


def within(found: mid_level.MidLevel, segment: Segment) -> np.ndarray:
    """(7,) the mean of each descriptor's curve over the stretches inside `segment`, or over the nearest one where it is
    shorter than they are; NaN where the curve has no value."""
    if not len(found.times):
        return np.full(len(found.names), np.nan)
    half = min(mid_level.WINDOW / 2, found.times[0])
    inside = (found.times - half >= segment.start - 1e-3) & (found.times + half <= segment.end + 1e-3)
    if not inside.any():
        inside = np.arange(len(found.times)) == np.abs(found.times - segment.centre).argmin()
    values = found.curves[:, inside].astype(float)
    known = np.isfinite(values)
    sums = np.where(known, values, 0).sum(axis=1)
    return np.where(known.any(axis=1), sums / np.maximum(known.sum(axis=1), 1), np.nan)


def _much(share: float) -> str:
    return "this song" if share == 1 else f"{share:.0%} of the song's windows"

"""Ridge regression on what several ears hear in a window: a weighted sum of standardised numbers for each target."""

from __future__ import annotations

import json
from collections.abc import Callable

import numpy as np

from mer_core.errors import WeightsError
from mer_core.features import spectral
from mer_core.features.handcrafted import NAMES
from mer_core.models import _hearing
from mer_core.models._base import Model
from mer_core.models._mono import mono_mixer
from mer_core.models.backbones.chunks import HEARD
from mer_core.schema import Progress, Segment, Stems, Track, silent


class Ridge(Model):
    """Windows are (N, C): the numbers of all `parts` in turn. The weights file holds mean (C,), coefficients
    (C, K), bias (K,), and in its header the names of the handcrafted values that it takes and its networks' digests."""

    parts: tuple[str, ...]
    networks: dict

    def available(self) -> str:
        return _hearing.missing(self.parts)

    def download(self, *, progress: Progress = silent) -> None:
        """Fetch the weights of others that are missing, because the user asked; raises WeightsError."""
        _hearing.fetch(self.parts, progress)

    def load(self) -> None:
        from safetensors import SafetensorError
        from safetensors.numpy import load

        raw = self.weights()
        try:
            self._tensors = load(raw)
            words = header(raw)
            places = {name: i for i, name in enumerate(NAMES)}
            self._columns = [places[name] for name in json.loads(words["handcrafted"])]
            digests = json.loads(words["ears"])
        except (KeyError, SafetensorError, ValueError) as error:
            raise WeightsError(f"the weights of {self.name} in {self.folder} do not fit what is measured now: {error}. "
                               "Train it again.") from error
        if missing := self.available():
            raise WeightsError(missing)
        for name, digest in digests.items():
            if _hearing.EARS[name].WEIGHTS.digest != digest:
                raise WeightsError(f"{self.name} was trained with another {name} (sha256 {digest[:12]}…) than the one "
                                   "that is here. Train it again.")
        self.networks = {name: _hearing.EARS[name].load() for name in digests}

    def encode(self, track: Track, segment: Segment) -> np.ndarray:
        """(1, C) of one window."""
        return self.encode_all(track, [segment])

    def encode_all(self, track: Track, segments: list[Segment]) -> np.ndarray:
        return self._measure(spectral.mono(track, HEARD), segments)

    def mixer(self, stems: Stems, segments: list[Segment]) -> Callable[[np.ndarray], np.ndarray]:
        """The stems are mixed as mono at 22,050 Hz: both steps are linear."""
        return mono_mixer(stems, HEARD, lambda y: self._measure(y, segments))

    def forward(self, x: np.ndarray) -> np.ndarray:
        """(N, C) -> (N, K) on [-1, 1]."""
        t = self._tensors
        return (x - t["mean"]) @ t["coefficients"] + t["bias"]

    def _measure(self, y: np.ndarray, segments: list[Segment]) -> np.ndarray:
        found = _hearing.measured(self.parts, self.networks, y, segments)
        if "handcrafted" in found:
            found["handcrafted"] = found["handcrafted"][:, self._columns]
        return np.concatenate([found[part] for part in self.parts], axis=1).astype(np.float32)


def header(raw: bytes) -> dict[str, str]:
    """The words in the header of a safetensors file: eight bytes of length, then JSON."""
    size = int.from_bytes(raw[:8], "little")
    return json.loads(raw[8:8 + size])["__metadata__"]

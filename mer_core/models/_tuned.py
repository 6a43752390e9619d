"""Log-mel windows whose bands move with the song's own tuning."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from weakref import WeakKeyDictionary

import numpy as np

from mer_core.features import spectral
from mer_core.features.harmonics import TunedMel, estimate_a4
from mer_core.models._logmel import LogMelInput
from mer_core.schema import Grid, Segment, Stems, Track

_KNOWN: WeakKeyDictionary[Track, float] = WeakKeyDictionary()  # estimating it asks for the whole song


@dataclass(frozen=True)
class TunedInput(LogMelInput):
    """As LogMelInput, after the song's tuning has been estimated, or as `a4` says (Hz)."""

    spec: TunedMel
    a4: float | None = None

    def song(self, track: Track) -> np.ndarray:
        y = spectral.mono(track, self.spec.sr)
        return self._moved(self.tuning(track, y)).picture(spectral.stft_blocks(y, self.spec.n_fft, self.spec.hop))

    def tuning(self, track: Track, y: np.ndarray | None = None) -> float:
        """Hz, the A4 that the song is read with; `y` is its mono sound at the spec's rate, where that is at hand."""
        if self.a4 is None and track not in _KNOWN:
            _KNOWN[track] = self.estimate(spectral.mono(track, self.spec.sr) if y is None else y)
        return self.a4 or _KNOWN[track]

    def estimate(self, y: np.ndarray) -> float:
        """A4 in Hz from (samples,) at the spec's rate, by frames side by side."""
        return estimate_a4(spectral.stft_blocks(y, self.spec.n_fft, self.spec.n_fft), self.spec.sr, self.spec.n_fft)

    def grid(self, track: Track) -> Grid:
        return self._moved(self.tuning(track)).grid(track)

    def mixer(self, stems: Stems, segments: list[Segment]) -> Callable[[np.ndarray], np.ndarray]:
        """Every mix is read with the tuning of the whole song: what is turned down must not move the bands."""
        y = spectral.resample(stems.mix.mean(axis=0), stems.sr, self.spec.sr)
        return self._moved(self.a4 or self.estimate(y)).mixer(stems, segments)

    def _moved(self, a4: float) -> LogMelInput:
        """The plain input with its bands moved to that A4."""
        return LogMelInput(replace(self.spec, a4=a4), self.frames, self.floor, self.scale, self.shortest)

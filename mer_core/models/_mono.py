"""Mixes for models that hear one channel: the mean of the channels and resampling are linear, so each is done once."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from mer_core.features import spectral
from mer_core.schema import Stems


def mono_mixer(stems: Stems, sr: int, measure: Callable[[np.ndarray], np.ndarray]) -> Callable[[np.ndarray], np.ndarray]:
    """gains (S + 1,), the residual's last -> `measure` of that mix, (samples,) mono at `sr` Hz."""
    parts = np.stack([spectral.resample(y.mean(axis=0), stems.sr, sr) for y in (*stems.y, stems.residual)])
    return lambda gains: measure(np.asarray(gains, np.float32) @ parts)

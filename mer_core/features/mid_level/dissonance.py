"""Dissonance as roughness: how much the partials that sound together beat against each other."""

import numpy as np

from mer_core.features.mid_level.partials import Partials
from mer_core.features.mid_level.windows import Measured, averaged

# The curve of R. Plomp and W. Levelt (1965) as fitted by Sethares: strongest at a quarter of a critical band.
FALL, RISE = 3.5, 5.75
STRONGEST, SLOPE, OFFSET = 0.24, 0.0207, 18.96
PEAK = 0.181  # the largest value of exp(-FALL x) - exp(-RISE x)
LEAST = 10  # sounding frames a window needs, one second
BLOCK = 512  # frames whose pairs are in memory at once


def measure(partials: Partials, spans: list[tuple[int, int]]) -> Measured:
    """Sensory dissonance of W. Sethares, Local consonance and the relationship between timbre and scale, JASA 94(3),
    1993: the sum over all pairs of partials of a_i a_j (exp(-3.5 x) - exp(-5.75 x)) with
    x = 0.24 (f_j - f_i) / (0.0207 f_i + 18.96), f_i the lower one.

    Taken here over the power of the frame, so that it says nothing of loudness, and over its greatest value for two
    partials, which equal ones have at a quarter of a critical band: they have 1. From 0; a voice alone has some 0.1,
    noise 2.7. Half of a pair's roughness counts for each of its partials.
    """
    rough = np.concatenate([_of_frames(partials.freqs[k:k + BLOCK], partials.amps[k:k + BLOCK])
                            for k in range(0, len(partials.times), BLOCK)])
    curve, weights = averaged(rough.sum(axis=1), partials.sounding, spans, LEAST)
    reason = "" if np.isfinite(curve).any() else "Nothing sounds for a whole second, so nothing can be rough."
    return Measured(curve, weights[:, None] * rough, reason)


def _of_frames(freqs: np.ndarray, amps: np.ndarray) -> np.ndarray:
    """(T, P) Hz and amplitudes -> (T, P) each partial's half of its pairs' roughness."""
    lower = np.minimum(freqs[:, :, None], freqs[:, None])
    x = STRONGEST * np.abs(freqs[:, :, None] - freqs[:, None]) / (SLOPE * lower + OFFSET)
    pairs = (np.exp(-FALL * x) - np.exp(-RISE * x)) * amps[:, None]
    power = (amps ** 2).sum(axis=1, keepdims=True)
    return amps * pairs.sum(axis=2) / np.maximum(power, 1e-20) / PEAK

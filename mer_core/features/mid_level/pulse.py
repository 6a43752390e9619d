"""Rhythm stability: how clear and steady the pulse is."""

import numpy as np

from mer_core.features.mid_level.strokes import RATE, Strokes, too_few
from mer_core.features.mid_level.windows import Measured
from mer_core.features.rhythm import FASTEST, SLOWEST, autocorrelation

FIRST, LAST = int(RATE * 60 / FASTEST), int(np.ceil(RATE * 60 / SLOWEST))  # frames between two beats
LEAST = 4  # onsets a window needs


def measure(strokes: Strokes, spans: list[tuple[int, int]]) -> Measured:
    """Pulse clarity, the highest autocorrelation of the onset strength at a lag of 40 to 220 beats a minute (the MAX
    predictor of O. Lartillot, T. Eerola, P. Toiviainen, J. Fornari, Multi-feature modeling of pulse clarity: design,
    validation and optimization, ISMIR 2008). 0 to 1; 1 for strokes that recur exactly."""
    curve, shares = np.full(len(spans), np.nan), np.zeros(strokes.rises.shape)
    for w, (start, end) in enumerate(spans):
        if ((strokes.onsets >= start) & (strokes.onsets < end)).sum() >= LEAST and end - start > LAST:
            curve[w], lag = _clarity(strokes.curve[start:end])
            if curve[w] > 0:
                shares[:, start:end] += _shares(strokes.rises[:, start:end], lag)
    good = np.isfinite(curve).sum()
    return Measured(curve, shares / max(good, 1), "" if good else too_few(strokes, LEAST))


def _clarity(onset: np.ndarray) -> tuple[float, int]:
    """(T,) -> pulse clarity and its lag in frames."""
    found = autocorrelation(onset.astype(float), LAST + 1)
    lag = FIRST + int(found[FIRST:].argmax())
    return max(float(found[lag]), 0.0), lag


def _shares(rises: np.ndarray, lag: int) -> np.ndarray:
    """(B, T) -> (B, T) what each band and frame adds to the autocorrelation at `lag`: half of each product for each of
    the two strokes that recur."""
    centred = rises - rises.mean(axis=1, keepdims=True)
    onset = centred.sum(axis=0, dtype=float)
    frames = len(onset)
    partner = np.zeros(frames)
    partner[lag:] += onset[:-lag]
    partner[:-lag] += onset[lag:]
    return centred * partner / 2 / (frames - lag) / (np.mean(onset ** 2) + 1e-30)

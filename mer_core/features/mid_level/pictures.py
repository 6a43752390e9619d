"""Where in time and frequency a descriptor comes from: its shares on rows of a semitone."""

import numpy as np

from mer_core.features.mid_level.partials import Partials
from mer_core.features.mid_level.strokes import SPEC, Strokes
from mer_core.features.spectral import MAX_FRAMES, pool_factor
from mer_core.schema import Grid, Picture

ROWS = np.arange(28, 130)  # semitones, E1 = 41 Hz to 15 kHz; 69 is A4 = 440 Hz
FREQS = 440 * 2 ** ((ROWS - 69) / 12)  # Hz
FRAMES = 4  # frames of the strokes in one column, 46 ms


def of_partials(partials: Partials, shares: np.ndarray, unit: str) -> Picture:
    """(T, P) shares -> (F, T) their sums in rows of a semitone."""
    row = np.clip(np.round(partials.pitches).astype(int) - ROWS[0], 0, len(ROWS) - 1)
    frames = len(partials.times)
    flat = np.arange(frames)[:, None] * len(ROWS) + row
    cells = np.bincount(flat.ravel(), shares.ravel(), frames * len(ROWS)).reshape(frames, -1).T
    return _picture(cells, partials.times, pool_factor(frames), unit)


def of_bands(strokes: Strokes, shares: np.ndarray, unit: str) -> Picture:
    """(B, T) shares -> (F, T), each band's evenly over the semitones it is nearest to."""
    nearest = np.abs(np.log2(FREQS[:, None] / SPEC.grid(1).freqs)).argmin(axis=1)
    rows = np.equal.outer(nearest, np.arange(len(shares))).astype(float)
    crowded = np.flatnonzero(rows.sum(axis=0) == 0)  # bands narrower than a semitone
    rows[np.abs(np.log2(FREQS[:, None] / SPEC.grid(1).freqs[crowded])).argmin(axis=0), crowded] = 1
    cells = rows / rows.sum(axis=0) @ shares
    return _picture(cells, strokes.times, max(FRAMES, pool_factor(len(strokes.times), MAX_FRAMES)), unit)


def _picture(cells: np.ndarray, times: np.ndarray, factor: int, unit: str) -> Picture:
    edges = np.arange(0, len(times), factor)
    centres = np.add.reduceat(times, edges) / np.diff([*edges, len(times)])
    return Picture(np.add.reduceat(cells, edges, axis=1), Grid(times=centres, freqs=FREQS), unit)

"""Arrays as small pictures: pooling over time, rows even in log-frequency, PNG for a figure's background."""

from __future__ import annotations

import base64
from io import BytesIO

import numpy as np
from PIL import Image

from components.theme import LOWERS, QUIET, RAISES

COLUMNS = 1200  # about as wide as a page: more cells than pixels only cost time
LOWEST = 40.0  # Hz, where the frequency axis begins


def pooled(values: np.ndarray, times: np.ndarray, columns: int = COLUMNS, signed: bool = False):
    """(F, T) -> (F, at most `columns`) and its times: each group's mean, or its strongest value when `signed`."""
    frames = values.shape[1]
    step = -(-frames // columns)
    if step == 1:
        return np.asarray(values), np.asarray(times)
    edges = np.arange(0, frames, step)
    counts = np.diff(np.append(edges, frames))
    centres = np.add.reduceat(np.asarray(times, float), edges) / counts
    if not signed:
        return np.add.reduceat(values, edges, axis=1) / counts, centres
    high, low = np.maximum.reduceat(values, edges, axis=1), np.minimum.reduceat(values, edges, axis=1)
    return np.where(high >= -low, high, low), centres


def log_rows(freqs: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """(count,) Hz even in log-frequency from LOWEST to the top of `freqs`, and the nearest row of each."""
    aims = np.geomspace(LOWEST, freqs[-1], count)
    middles = np.sqrt(freqs[:-1] * freqs[1:])
    return aims, np.searchsorted(middles, aims)


def greys(level: np.ndarray) -> str:
    """(rows, columns) in 0 (transparent) to 1 (grey), lowest frequency first -> PNG as a data address."""
    return _png(np.broadcast_to(_rgb(QUIET), (*level.shape, 3)), level)


def signs(level: np.ndarray) -> str:
    """(rows, columns) in -1 (blue) over 0 (transparent) to 1 (red), lowest frequency first -> PNG as a data address."""
    return _png(np.where(level[..., None] >= 0, _rgb(RAISES), _rgb(LOWERS)), np.abs(level))


def _rgb(colour: str) -> np.ndarray:
    return np.array([int(colour[i:i + 2], 16) for i in (1, 3, 5)], np.uint8)


def _png(rgb: np.ndarray, alpha: np.ndarray) -> str:
    """Row 0 goes to the bottom."""
    opacity = (np.clip(alpha, 0, 1) * 255).astype(np.uint8)[..., None]
    pixels, out = np.concatenate([rgb, opacity], axis=2)[::-1], BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels)).save(out, "PNG", compress_level=3)
    return "data:image/png;base64," + base64.b64encode(out.getvalue()).decode()

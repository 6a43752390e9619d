"""8-bit pictures and waveforms, small enough for a browser to scroll: PNG tiles of time-frequency pictures, int8 pairs.

A column is drawn from its left edge: column i of a tile set covers `start + i * step` to `start + (i + 1) * step` s.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from mer_core.errors import ParameterError
from mer_core.features.spectral import decibels
from mer_core.schema import SHARES, Explanation, Grid, Picture

WIDTH = 2048  # columns of a tile, and at most of an overview: every browser's graphics memory takes that
RELEVANCE_ROWS = 192
LOWEST = 40.0  # Hz, where the frequency axis begins
RANGE = 55.0  # dB that a spectrogram shows
LOUDEST = 99.8  # percentile that ends a scale: a few extreme cells must not darken the others
RATE = 100  # columns a second of a waveform


@dataclass(frozen=True)
class Tiles:
    """A picture over the whole song as grey PNGs, the lowest frequency in an image's last row.

    Byte b stands for low + (high - low) * b / 255; where `signed`, for high * (b - 128) / 127, so that 128 is exactly 0
    and a `low` of 0 says that no value is below.
    """

    overview: Path  # the whole song in at most WIDTH columns
    tiles: tuple[Path, ...]  # each `width` columns, the last one maybe fewer
    width: int
    columns: int  # of all tiles
    start: float  # s, the left edge of column 0; half a column before 0 where frames are centred on their time
    step: float  # s, the width of a column
    overview_step: float  # s
    rows: int
    hz: tuple[float, float] | None  # the outer edges of the rows, even in log-frequency; None for pitch classes
    low: float
    high: float
    unit: str
    signed: bool

    @classmethod
    def read(cls, folder: Path, facts: Mapping) -> Tiles:
        """The tiles that lie in `folder`, from what `spectrogram`, `chroma` or `relevance` said of them."""
        return cls(**{**facts, "overview": folder / facts["overview"], "hz": facts["hz"] and tuple(facts["hz"]),
                      "tiles": tuple(folder / name for name in facts["tiles"])})


@dataclass(frozen=True)
class Waveform:
    """int8 pairs (lowest, highest sample of any channel), `rate` pairs a second, 127 is full scale."""

    path: Path
    rate: int = RATE


def spectrogram(picture: Picture, folder: Path) -> dict:
    """Write a spectrogram in dB, its rows even in log-frequency; returns the facts of Tiles. Silence is byte 0."""
    high = max(float(np.percentile(picture.values, LOUDEST)), float(decibels(0.0)) + RANGE)
    ratio = (picture.grid.freqs[-1] / picture.grid.freqs[0]) ** (0.5 / (len(picture.grid.freqs) - 1))
    hz = (float(picture.grid.freqs[0] / ratio), float(picture.grid.freqs[-1] * ratio))
    return _write(picture.values, picture.grid, folder, hz=hz, low=high - RANGE, high=high, unit=picture.unit)


def chroma(picture: Picture, folder: Path) -> dict:
    """Write a chromagram with values in 0 to 1, C in the last row; returns the facts of Tiles."""
    return _write(picture.values, picture.grid, folder, hz=None, low=0.0, high=1.0, unit=picture.unit)


def relevance(explanation: Explanation, folder: Path) -> dict:
    """Write an explanation over time and frequency on one symmetric scale, which ends at the LOUDEST percentile of the
    strongest cells; returns the facts of Tiles. Raises ParameterError for another kind of explanation."""
    if explanation.space != "timefreq" or explanation.grid is None:
        raise ParameterError(f"only relevance over time and frequency can be drawn; {explanation.method} gives "
                             f"{explanation.space}")
    values, grid = explanation.values, explanation.grid
    end = _end(values)
    hz = (LOWEST, _top(grid.freqs))
    return _write(log_rows(values, grid.freqs, hz, RELEVANCE_ROWS), grid, folder, hz=hz, low=-end, high=end,
                  unit="share" if explanation.unit == SHARES else explanation.measure, signed=True)


def classes(values: np.ndarray, times: np.ndarray, folder: Path, unit: str) -> dict:
    """Write signed values (R, T), such as of pitch classes, on one scale as `relevance` does, but from 0 where none is
    below; the first row is an image's last, `times` (T,) s are the columns' centres. Returns the facts of Tiles."""
    end = _end(values)
    low = -end if values.min() < 0 else 0.0
    return _write(values, Grid(times, np.arange(len(values))), folder, hz=None, low=low, high=end, unit=unit, signed=True)


def values(made: Tiles) -> np.ndarray:
    """(rows, columns) what the tiles show, the lowest row first, as fine as their bytes are."""
    levels = np.concatenate([np.asarray(Image.open(path)) for path in made.tiles], axis=1)[::-1].astype(np.float32)
    return made.high * (levels - 128) / 127 if made.signed else made.low + (made.high - made.low) * levels / 255


def _end(values: np.ndarray) -> float:
    """Where a symmetric scale ends."""
    return float(np.percentile(np.abs(pooled(values, _factor(values), signed=True)), LOUDEST)) or 1e-9


def log_rows(values: np.ndarray, freqs: np.ndarray, hz: tuple[float, float], rows: int) -> np.ndarray:
    """(F, T) -> (rows, T), even in log-frequency between the edges `hz`: the band nearest to each row's centre, or the
    strongest value of the bands centred in the row, where there are such, so that none is lost."""
    edges = np.geomspace(*hz, rows + 1)
    nearest = np.searchsorted((freqs[:-1] + freqs[1:]) / 2, np.sqrt(edges[:-1] * edges[1:]))
    first = np.searchsorted(freqs, edges)
    out = values[nearest]
    for row in np.flatnonzero(np.diff(first)):
        out[row] = pooled(values[first[row]:first[row + 1]].T, first[row + 1] - first[row], signed=True)[:, 0]
    return out


def pooled(values: np.ndarray, factor: int, signed: bool) -> np.ndarray:
    """(F, T) -> (F, ceil(T / factor)): each run's highest value, or where `signed` the one farthest from 0."""
    edges = np.arange(0, values.shape[1], factor)
    high = np.maximum.reduceat(values, edges, axis=1)
    if not signed:
        return high
    low = np.minimum.reduceat(values, edges, axis=1)
    return np.where(high >= -low, high, low)


def _factor(values: np.ndarray) -> int:
    return -(-values.shape[1] // WIDTH)


def _top(freqs: np.ndarray) -> float:
    """Hz, the upper edge of the highest band."""
    return float(freqs[-1] + (freqs[-1] - freqs[-2]) / 2)


def step(grid: Grid) -> float:
    """s between the columns; the last one is left out, as it may be the mean of fewer frames than the others."""
    inner = grid.times[:-1] if len(grid.times) > 2 else grid.times
    return float(inner[-1] - inner[0]) / (len(inner) - 1)


def _write(values: np.ndarray, grid: Grid, folder: Path, *, low: float, high: float, signed: bool = False, **facts) -> dict:
    factor, width = _factor(values), step(grid)
    parts = {f"tile-{i}.png": values[:, i * WIDTH:(i + 1) * WIDTH] for i in range(factor)}
    parts |= {"overview.png": pooled(values, factor, signed)} if factor > 1 else {}
    for name, part in parts.items():
        _png(folder / name, levels(part, low, high, signed))
    tiles = [f"tile-{i}.png" for i in range(factor)]
    return {"overview": list(parts)[-1], "tiles": tiles, "width": WIDTH, "columns": values.shape[1],
            "start": float(grid.times[0]) - width / 2, "step": width, "overview_step": factor * width,
            "rows": len(values), "low": low, "high": high, "signed": signed, **facts}


def levels(values: np.ndarray, low: float, high: float, signed: bool) -> np.ndarray:
    """uint8 of the same shape, as Tiles says."""
    if signed:
        return (128 + np.rint(np.clip(values / high, -1, 1) * 127)).astype(np.uint8)
    return np.rint(np.clip((values - low) / (high - low), 0, 1) * 255).astype(np.uint8)


def _png(path: Path, image: np.ndarray) -> None:
    """Looking for runs alone makes these pictures no larger and takes half the time."""
    Image.fromarray(np.ascontiguousarray(image[::-1])).save(path, compress_type=zlib.Z_RLE)


def waveform(y: np.ndarray, sr: int, rate: int = RATE) -> np.ndarray:
    """(channels, samples) -> (columns, 2) int8, the last column maybe of fewer samples; beyond full scale is clipped."""
    starts = np.arange(0, y.shape[1], sr // rate)
    low, high = (f.reduceat(y, starts, axis=1) for f in (np.minimum, np.maximum))
    return np.rint(np.clip(np.stack([low.min(axis=0), high.max(axis=0)], axis=1), -1, 1) * 127).astype(np.int8)

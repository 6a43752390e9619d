"""A painted region of the spectrogram: heard alone, taken out of the song, and what the relevance says of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import astuple, dataclass
from pathlib import Path

import numpy as np

from mer_core.errors import ParameterError
from mer_core.masking import HOP, N_FFT, apply_mask, stft_grid
from mer_core.schema import Explanation, Grid, Prediction, Track

MOST = 2000  # boxes a stroke may hold
_MARGIN = 2 * N_FFT  # samples on both sides of a region: no frame that is masked reaches past them


@dataclass(frozen=True)
class Box:
    """A rectangle of the spectrogram. A brush stroke is many small ones."""

    start: float  # s
    end: float  # s
    low: float  # Hz
    high: float  # Hz

    def __post_init__(self):
        if not np.isfinite(astuple(self)).all():
            raise ParameterError(f"a box needs finite edges, not {astuple(self)}")
        if not self.start < self.end:
            raise ParameterError(f"a box must end after its start, not run from {self.start} to {self.end} s")
        if not self.low < self.high:
            raise ParameterError(f"a box must have its high edge above its low one, not {self.low} to {self.high} Hz")

    def rounded(self) -> tuple[float, ...]:
        """To the millisecond and a tenth of a hertz: boxes that differ by less are the same question."""
        return tuple(round(float(edge), digits) for edge, digits in zip(astuple(self), (3, 3, 1, 1), strict=True))


@dataclass(frozen=True, eq=False)
class Brushed:
    """What a painted region sounds like, and the model's word on the song before and after it is taken out."""

    only: Path  # FLAC, as long as the song
    without: Path  # FLAC
    before: Prediction
    after: Prediction
    window: float  # s, how much of the song one point of the curves hears

    def change(self) -> np.ndarray:
        """(K,) how far the value of the whole song moved."""
        return self.after.values - self.before.values

    def change_around(self, boxes: Sequence[Box]) -> np.ndarray:
        """(K,) the same, over the windows that touch the boxes' time; over the nearest where none does."""
        start, end = min(b.start for b in boxes), max(b.end for b in boxes)
        far = np.maximum(start - self.before.times, self.before.times - end)  # s from a window's centre to the region
        near = (far < self.window / 2) | (far == far.min())
        return (self.after.curve - self.before.curve)[:, near].mean(axis=1)


def split(track: Track, boxes: Sequence[Box]) -> tuple[np.ndarray, np.ndarray]:
    """(only, without), both (channels, samples): the painted region and the rest; they add up to the song.

    A gain on the STFT, 1 inside the boxes and a half on the cells next to them, so that nothing clicks. Work is done
    where the boxes are, so that a few seconds of a long song are quick. What `only` holds stays as loud as it is in the
    song. Raises ParameterError for no boxes, for more than MOST, and where none of them lies inside the song.
    """
    _check(boxes, track)
    only = np.zeros_like(track.y)
    for first, last in _stretches(boxes, track):
        piece = track.y[:, first:last]
        grid, start = stft_grid(piece.shape[1], track.sr), first / track.sr
        past = HOP / track.sr  # the last frame may be centred past the song's end
        here = [Box(b.start - start, b.end - start + past * (b.end >= track.duration), b.low, b.high)
                for b in boxes if b.start < last / track.sr and b.end > start]
        only[:, first:last] = apply_mask(piece, _softened(inside(grid, here)))
    return only, track.y - only


def relevance(explanation: Explanation, boxes: Sequence[Box]) -> float:
    """The sum of the relevance in the boxes, in the target's units; the explanation must be over time and frequency."""
    if explanation.space != "timefreq" or explanation.grid is None:
        raise ParameterError(f"only relevance over time and frequency has a sum in a region; {explanation.method} gives "
                             f"{explanation.space}")
    return float(explanation.values[inside(explanation.grid, boxes)].sum(dtype=np.float64))


def inside(grid: Grid, boxes: Sequence[Box]) -> np.ndarray:
    """(F, T) bool: the cells whose centre lies in a box; a box between the centres takes the cell it lies in."""
    found = np.zeros(grid.shape, bool)
    for box in boxes:
        found[_covered(grid.freqs, box.low, box.high), _covered(grid.times, box.start, box.end)] = True
    return found


def _covered(centres: np.ndarray, low: float, high: float) -> slice:
    first, last = np.searchsorted(centres, low), np.searchsorted(centres, high, "right")
    if first < last or len(centres) < 2:
        return slice(first, last)
    edges = np.concatenate([[1.5 * centres[0] - 0.5 * centres[1]], (centres[1:] + centres[:-1]) / 2,
                            [1.5 * centres[-1] - 0.5 * centres[-2]]])
    cell = int(np.searchsorted(edges, (low + high) / 2)) - 1
    return slice(cell, cell + 1) if 0 <= cell < len(centres) else slice(0, 0)


def _softened(hard: np.ndarray) -> np.ndarray:
    """(F, T) float32 gain: 1 where `hard`, a half on the cells beside, a quarter at the corners."""
    gain = hard.astype(np.float32)
    for axis in (0, 1):
        padded = np.pad(gain, [(1, 1) if a == axis else (0, 0) for a in (0, 1)])
        before, after = (padded.take(range(k, k + gain.shape[axis]), axis) for k in (0, 2))
        gain = np.minimum(gain + 0.5 * np.maximum(before, after), 1)
    return gain


def _check(boxes: Sequence[Box], track: Track) -> None:
    if not 1 <= len(boxes) <= MOST:
        raise ParameterError(f"paint a region of 1 to {MOST} boxes, not {len(boxes)}")
    if not any(b.start < track.duration and b.end > 0 and b.low < track.sr / 2 and b.high > 0 for b in boxes):
        raise ParameterError(f"the painted region ({boxes[0].start:g} to {boxes[0].end:g} s, {boxes[0].low:g} to "
                             f"{boxes[0].high:g} Hz) lies outside the song, which ends at {track.duration:.1f} s and "
                             f"{track.sr / 2:g} Hz")


def _stretches(boxes: Sequence[Box], track: Track) -> Iterator[tuple[int, int]]:
    """First and end sample of each stretch of the song to work on, from multiples of the hop."""
    spans = sorted((int(b.start * track.sr) // HOP * HOP - _MARGIN, int(b.end * track.sr) + _MARGIN) for b in boxes)
    size = track.y.shape[1]
    first, last = spans[0]
    for start, end in [*spans[1:], (np.inf, 0)]:
        if start <= last:
            last = max(last, end)
            continue
        if max(first, 0) < min(last, size):
            yield max(first, 0), min(last, size)
        first, last = start, end

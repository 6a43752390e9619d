"""Harmonic/percussive separation of a magnitude spectrogram by median filtering (paper 5, section 4.1, after
D. FitzGerald, Harmonic/percussive separation using median filtering, DAFx 2010)."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import numpy as np

from mer_core.features import spectral

WIDTH = 17  # values in each median, FitzGerald's
CHUNK = 2 ** 15  # cells whose medians are taken at once, so that they stay in the processor's cache
TINY = 1e-12  # power, against 0 / 0


@dataclass(frozen=True)
class Separation:
    """One of the three transforms: window and hop in samples, how many frames lie between two values of the median
    over time, the frames separated at once, and how many of the lowest bins are kept (None: all)."""

    n_fft: int
    hop: int
    step: int = 1
    block: int = 1024
    bins: int | None = None

    @property
    def reach(self) -> int:
        """Frames that the median over time looks to each side."""
        return WIDTH // 2 * self.step

    def parts(self, y: np.ndarray, margin: int = 0) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """(samples,) -> (harmonic, percussive) magnitude, each (up to `block`, bins) float32, block after block.

        The blocks overlap inside, so the result is that of the whole song; memory is bounded by `block`.
        """
        held, start = np.zeros((0, 0), np.float32), 0  # start: the song's frame that `held` begins with
        done, total = 0, spectral.frame_count(len(y), self.hop)
        for spectrum in spectral.stft_blocks(y, self.n_fft, self.hop, self.block):
            new = np.sqrt(spectral.power(spectrum[:, :self.bins]))
            held = np.concatenate([held, new]) if len(held) else new
            end = start + len(held)
            ready = total if end == total else end - self.reach
            if ready > done:
                inside = slice(done - start, ready - start)
                yield tuple(part[inside] for part in split(held, self.step))
                done = ready
            keep = max(done - self.reach, start)
            held, start = held[keep - start:], keep


def split(magnitude: np.ndarray, step: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """(T, bins) -> its harmonic and percussive part, each (T, bins): Wiener masks (FitzGerald, eq. 7 and 8) from the
    median of WIDTH frames, `step` frames apart, and from the median of WIDTH neighbouring bins."""
    steady = running_median(magnitude, axis=0, step=step) ** 2
    broad = running_median(magnitude, axis=1) ** 2
    harmonic = magnitude * (steady / (steady + broad + np.float32(TINY)))
    return harmonic, magnitude - harmonic


def running_median(values: np.ndarray, axis: int, step: int = 1, width: int = WIDTH) -> np.ndarray:
    """(T, F) float32 -> (T, F): the median of an odd number of values `step` apart along one axis, the edge repeated
    past the ends: scipy.ndimage.median_filter with mode "nearest", six times as fast."""
    reach = width // 2 * step
    padded = np.pad(values, [(reach, reach) if a == axis else (0, 0) for a in (0, 1)], mode="edge")
    out, rows = np.empty_like(values), max(CHUNK // max(values.shape[1], 1), 1)
    for first in range(0, len(values), rows):
        target = out[first:first + rows]
        cut = padded[first:first + len(target) + (2 * reach if axis == 0 else 0)]
        length = target.shape[axis]
        views = [cut[k:k + length] if axis == 0 else cut[:, k:k + length] for k in range(0, 2 * reach + 1, step)]
        _median(views, target)
    return out


def _median(views: list[np.ndarray], out: np.ndarray) -> None:
    """The median of equal arrays, cell by cell, into `out`: comparisons of whole arrays, as in a sorting network."""
    spare = [np.empty_like(out) for _ in range(len(views) + 2)]
    held = list(views)
    for low, high, keep_low, keep_high in _comparisons(len(views)):
        a, b = held[low], held[high]
        if keep_low:
            held[low] = np.minimum(a, b, out=spare.pop())
        if keep_high:
            held[high] = np.maximum(a, b, out=spare.pop())
        spare += [used for used in (a, b) if not any(used is view for view in views)]
    out[...] = held[len(views) // 2]


@cache
def _comparisons(width: int) -> list[tuple[int, int, bool, bool]]:
    """(low, high, whether the smaller and whether the larger is needed later): those comparisons of a sorting network
    that the middle of `width` values hangs on."""
    needed, kept = {width // 2}, []
    for low, high in reversed(_merge_exchange(width)):
        if low in needed or high in needed:
            kept.append((low, high, low in needed, high in needed))
            needed |= {low, high}
    return kept[::-1]


def _merge_exchange(width: int) -> list[tuple[int, int]]:
    """Batcher's sorting network for any number of values (D. Knuth, The art of computer programming, vol. 3, 5.2.2,
    algorithm M)."""
    pairs, top = [], 1 << (width - 1).bit_length() - 1
    p = top
    while p:
        q, r, d = top, 0, p
        while True:
            pairs += [(i, i + d) for i in range(width - d) if i & p == r]
            if q == p:
                break
            q, r, d = q // 2, p, q - p
        p //= 2
    return pairs

"""A long song in overlapping blocks, so that memory is bounded by the block and not by the song."""

from collections.abc import Callable, Iterator

import numpy as np
import scipy.fft

from mer_core.features.spectral import hann
from mer_core.schema import Progress


def spans(samples: int, width: int, overlap: int) -> Iterator[tuple[int, int]]:
    """(start, end) of blocks of equal length, at most `width`, that overlap by `overlap` samples."""
    count = max(1, -(-(samples - overlap) // (width - overlap)))
    step = (samples - overlap) / count
    for i in range(count):
        start = round(i * step)
        yield start, samples if i == count - 1 else round((i + 1) * step) + overlap


def in_blocks(mix: np.ndarray, take: Callable[[np.ndarray], np.ndarray], out: np.ndarray, *, width: int, overlap: int,
              progress: Progress) -> None:
    """Fill `out` (S, channels, samples) with `take`'s stems of each block of `mix` (channels, samples).

    Neighbours are faded linearly over the overlap: where the stems of both blocks sum to the mix, so does the fade.
    """
    parts = list(spans(mix.shape[1], width, overlap))
    for i, (start, end) in enumerate(parts):
        progress(i / len(parts), f"separating, part {i + 1} of {len(parts)}")
        stems = take(mix[:, start:end])
        fade = overlap if i else 0
        ramp = (np.arange(fade, dtype=np.float32) + 0.5) / max(fade, 1)
        out[..., start:start + fade] *= 1 - ramp
        out[..., start:start + fade] += stems[..., :fade] * ramp
        out[..., start + fade:end] = stems[..., fade:]
    progress(1.0, "separated")


def inverse(spectrum: np.ndarray, hop: int, samples: int) -> np.ndarray:
    """(samples,) from (F, T), the inverse of features.spectral.stft: least squares over the overlapping frames.

    Source: Griffin and Lim (1984), eq. 6, applied once.
    """
    n_fft = 2 * (len(spectrum) - 1)
    window = hann(n_fft)
    frames = scipy.fft.irfft(spectrum.T, n=n_fft, axis=1) * window
    parts, count = n_fft // hop, len(frames)
    total = np.zeros((count + parts - 1, hop), np.float32)
    weight = np.zeros_like(total)
    for i in range(parts):  # the i-th quarter of every frame lands i hops after its start
        total[i:i + count] += frames[:, i * hop:(i + 1) * hop]
        weight[i:i + count] += window[i * hop:(i + 1) * hop] ** 2
    y = (total / np.maximum(weight, 1e-6)).reshape(-1)[n_fft // 2:]
    return np.pad(y, (0, max(0, samples - len(y))))[:samples]

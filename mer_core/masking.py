"""A gain on the short-time Fourier transform of a sound, its phase untouched, and the way back (paper 3, eq. 12-16)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
from scipy.fft import irfft, rfft
from scipy.signal.windows import hann

from mer_core.errors import ParameterError
from mer_core.schema import Grid, Progress, silent

N_FFT, HOP = 2048, 512  # samples: 46 ms and 22 Hz at 44.1 kHz, fine enough for drum hits and for bass notes
_FRAMES = 512  # STFT frames worked on at once: bounds memory


def stft_grid(samples: int, sr: int, n_fft: int = N_FFT, hop: int = HOP) -> Grid:
    """Where the STFT of apply_mask lies (equation 13): frame t is centred at t * hop, the last at or past the end."""
    return Grid(times=np.arange(-(-samples // hop) + 1) * hop / sr, freqs=np.arange(n_fft // 2 + 1) * sr / n_fft)


def apply_mask(y: np.ndarray, gain: np.ndarray, n_fft: int = N_FFT, hop: int = HOP, *,
               progress: Progress = silent) -> np.ndarray:
    """(channels, samples) whose STFT is `gain` (F, T) times that of `y`, the phase untouched (equations 15 and 16).

    Hann windows on both sides, divided by their summed squares, so that a gain of one gives the input back. Works a few
    frames of all channels at a time: beyond the gain it needs only the result's memory. Raises ParameterError for a
    gain that is not on stft_grid.
    """
    channels, samples = y.shape
    frames = -(-samples // hop) + 1
    if n_fft % hop or n_fft < 2 * hop:
        raise ParameterError(f"the FFT size must be two or more hops, not {n_fft} for a hop of {hop}")
    if gain.shape != (n_fft // 2 + 1, frames):
        raise ParameterError(f"expected a gain of shape {(n_fft // 2 + 1, frames)} for {samples} samples, "
                             f"got {gain.shape}")
    window = hann(n_fft, sym=False).astype(np.float32)
    out = np.zeros((channels, samples), np.float32)
    with ThreadPoolExecutor(channels) as pool:
        for start in range(0, frames, _FRAMES):
            stop = min(start + _FRAMES, frames)
            weights = np.ascontiguousarray(gain[:, start:stop].T)
            list(pool.map(lambda c: _add_masked(out[c], y[c], weights, start, hop, window), range(channels)))
            progress(stop / frames, "making it audible")
    out /= _overlapped(np.broadcast_to(window ** 2, (frames, n_fft)), hop)[n_fft // 2:][:samples]
    return out


def _add_masked(out: np.ndarray, y: np.ndarray, weights: np.ndarray, start: int, hop: int, window: np.ndarray) -> None:
    """Add to `out` (samples,) the frames of `y` from `start` on, each times its row of `weights` (frames, F)."""
    pieces = _frames(y, start, start + len(weights), len(window), hop) * window
    pieces = irfft(rfft(pieces) * weights, len(window)) * window
    _add_at(out, _overlapped(pieces, hop), start * hop - len(window) // 2)


def _frames(y: np.ndarray, start: int, stop: int, n_fft: int, hop: int) -> np.ndarray:
    """(stop - start, n_fft) pieces of (samples,), frame t centred at t * hop, zeros outside."""
    first, last = start * hop - n_fft // 2, (stop - 1) * hop + n_fft // 2
    inside = y[max(first, 0):max(min(last, len(y)), 0)]
    padded = np.pad(inside, (max(-first, 0), last - first - len(inside) - max(-first, 0)))
    return np.lib.stride_tricks.sliding_window_view(padded, n_fft)[::hop]


def _overlapped(pieces: np.ndarray, hop: int) -> np.ndarray:
    """(samples,): (frames, n_fft) pieces added up, each `hop` after the one before."""
    frames, n_fft = pieces.shape
    out = np.zeros((frames + n_fft // hop - 1, hop), np.float32)
    for k in range(n_fft // hop):
        out[k:k + frames] += pieces[:, k * hop:(k + 1) * hop]
    return out.reshape(-1)


def _add_at(out: np.ndarray, part: np.ndarray, at: int) -> None:
    """out += part, moved by `at` samples; what lies outside is dropped."""
    low, high = max(at, 0), min(at + len(part), len(out))
    out[low:high] += part[low - at:high - at]

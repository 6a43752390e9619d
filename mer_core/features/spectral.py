"""The short-time Fourier transform every picture and feature starts from, and the spectrogram for the eye."""

from collections.abc import Iterator
from functools import cache

import numpy as np
import scipy.fft

from mer_core.audio import resample
from mer_core.schema import Grid, Picture, Track

FLOOR = 1e-10  # power; nothing is quieter than -100 dB
MAX_FRAMES = 4000  # a picture's widest, so that a 20-minute song stays small
BLOCK = 1024  # frames transformed at once: bounds memory on a long song

VIEW_FFT, VIEW_HOP, VIEW_ROWS = 4096, 1024, 256
VIEW_LOW, VIEW_HIGH = 40.0, 16_000.0  # Hz, from under a bass's E1 to where most lossy files end


def mono(track: Track, sr: int) -> np.ndarray:
    """(samples,) the mean of the channels at `sr` Hz, float32."""
    return resample(track.mono, track.sr, sr)


def frame_count(samples: int, hop: int) -> int:
    return 1 + samples // hop


def stft(y: np.ndarray, n_fft: int, hop: int) -> np.ndarray:
    """(n_fft // 2 + 1, T) complex64: periodic Hann window, frame t centred on sample t * hop, zeros past the ends."""
    return np.concatenate(list(stft_blocks(y, n_fft, hop))).T


def stft_blocks(y: np.ndarray, n_fft: int, hop: int, block: int = BLOCK) -> Iterator[np.ndarray]:
    """The same transform, transposed, a block of frames at a time: (up to `block`, n_fft // 2 + 1) complex64.

    `y` is (samples,), or (channels, samples) whose mean is meant: of a memory-mapped song only the block is in memory.
    """
    y, window = np.atleast_2d(y), hann(n_fft)
    frames = frame_count(y.shape[1], hop)
    for first in range(0, frames, block):
        start, count = first * hop - n_fft // 2, min(block, frames - first)
        stop = start + (count - 1) * hop + n_fft
        inside = y[:, max(start, 0):stop].mean(axis=0, dtype=np.float32)
        padded = np.pad(inside, (max(-start, 0), stop - max(start, 0) - len(inside)))
        pieces = np.lib.stride_tricks.sliding_window_view(padded, n_fft)[::hop]
        yield scipy.fft.rfft(pieces * window, axis=1, overwrite_x=True)


@cache
def hann(n_fft: int) -> np.ndarray:
    """(n_fft,) the periodic Hann window, float32."""
    window = (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(n_fft) / n_fft)).astype(np.float32)
    window.flags.writeable = False
    return window


def power(spectrum: np.ndarray) -> np.ndarray:
    """|X|^2, float32, without the square root that abs() takes."""
    return spectrum.real ** 2 + spectrum.imag ** 2


def decibels(values: np.ndarray, floor: float = FLOOR) -> np.ndarray:
    """10 log10 of a power, never under `floor`; the reference is 1, never the clip's own maximum."""
    return 10 * np.log10(np.maximum(values, floor))


def frame_times(frames: int, sr: float, hop: int) -> np.ndarray:
    """(frames,) s, the centre of each frame."""
    return np.arange(frames) * hop / sr


def grid(frames: int, sr: float, n_fft: int, hop: int) -> Grid:
    """Seconds and hertz of `stft`'s cells."""
    return Grid(times=frame_times(frames, sr, hop), freqs=np.arange(n_fft // 2 + 1) * sr / n_fft)


def pool_factor(frames: int, limit: int | None = MAX_FRAMES) -> int:
    """How many frames become one so that at most `limit` are left; None keeps them all."""
    return -(-frames // limit) if limit else 1


def pooled(values: np.ndarray, times: np.ndarray, factor: int, reduce=np.maximum) -> tuple[np.ndarray, np.ndarray]:
    """(F, T) and (T,) with each run of `factor` frames reduced to one, at the mean of their times."""
    if factor == 1:
        return values, times
    edges = np.arange(0, values.shape[1], factor)
    counts = np.diff([*edges, values.shape[1]])
    out = reduce.reduceat(values, edges, axis=1)
    return (out / counts if reduce is np.add else out), np.add.reduceat(times, edges) / counts


def spectrogram(track: Track, limit: int | None = MAX_FRAMES) -> Picture:
    """Log-frequency spectrogram of the mono mix, dB below a full-scale sine, (256, at most `limit` where given).

    Rows are a twelfth of an octave or narrower, from 40 Hz to 16 kHz (or the Nyquist frequency); a long song is
    max-pooled over time, so short events stay visible.
    """
    scale = np.float32((2 / hann(VIEW_FFT).sum()) ** 2)
    rows, freqs = log_rows(track.sr, VIEW_FFT)
    parts = [decibels(rows @ (power(block).T * scale)) for block in stft_blocks(track.y, VIEW_FFT, VIEW_HOP)]
    values = np.concatenate(parts, axis=1)
    times = frame_times(values.shape[1], track.sr, VIEW_HOP)
    values, times = pooled(values, times, pool_factor(values.shape[1], limit))
    return Picture(values, Grid(times=times, freqs=freqs), "dB")


@cache
def log_rows(sr: float, n_fft: int):
    """Sparse (VIEW_ROWS, bins) that averages the power over each log-spaced row, and the rows' centres in Hz.

    Between two bins the power is taken as linear, so that rows narrower than a bin show no steps.
    """
    from scipy.sparse import csr_matrix

    edges = np.geomspace(VIEW_LOW, min(VIEW_HIGH, sr / 2), VIEW_ROWS + 1)
    at = edges[:, None] * n_fft / sr - np.arange(n_fft // 2 + 1)  # from each bin to each edge, in bins
    below = np.where(at < 0, np.maximum(1 + at, 0) ** 2, 2 - np.maximum(1 - at, 0) ** 2) / 2  # area of the bin's triangle
    weights = np.diff(below, axis=0) / (np.diff(edges)[:, None] * n_fft / sr)
    return csr_matrix(weights.astype(np.float32)), np.sqrt(edges[:-1] * edges[1:])

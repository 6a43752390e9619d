"""Every handcrafted value of every frame of a song, from one STFT: the rows that handcrafted.py takes statistics of."""

from dataclasses import dataclass

import numpy as np
import scipy.fft
from scipy.ndimage import uniform_filter1d

from mer_core.features import chroma, spectral
from mer_core.features.mel import VIEW as MEL
from mer_core.features.rhythm import onset_strength

SR, N_FFT, HOP = MEL.sr, MEL.n_fft, MEL.hop  # 22,050 Hz, 93 ms windows every 23 ms
RATE = SR / HOP  # frames a second
FLOOR = 1e-6  # power; 114 dB below a full-scale sine: above the dust of digital silence
N_MFCC = 40
CONTRAST_EDGES = (0, 200, 400, 800, 1600, 3200, 6400, SR / 2)  # Hz
CONTRAST_SHARE = 0.02  # of a band's bins that count as its peaks, and as its valleys
BINS = np.arange(N_FFT // 2 + 1) * SR / N_FFT  # Hz
LOW, HIGH = 150.0, 4000.0  # Hz: bass below, brilliance above
BLOCK = 256  # frames measured at once: as much as stays in the processor's cache
RUN = 32  # bins added up before it is looked where a sum is reached

SHAPES = ("centroid", "bandwidth", "rolloff", "flatness", "low_share", "high_share", "zcr")
INTERVALS = ("minor_second", "major_second", "minor_third", "major_third", "fourth", "tritone")
ROWS = (*(f"mfcc_{i}" for i in range(1, N_MFCC + 1)), *(f"chroma_{i}" for i in range(1, 13)),
        *(f"mel_{i}" for i in range(1, MEL.n_mels + 1)), *(f"contrast_{i}" for i in range(1, 8)),
        *(f"tonnetz_{i}" for i in range(1, 7)),  # the 193 of the paper end here
        "level", *SHAPES, "percussive_share", "onset", "onset_low", "onset_high",
        *INTERVALS, "chord_major", "chord_clarity", "tonal_change", "chroma_entropy")


@dataclass(frozen=True, eq=False)
class Frames:
    """The frame-level values of one song."""

    values: np.ndarray  # (len(ROWS), T) float32
    times: np.ndarray  # (T,) s

    def row(self, name: str) -> np.ndarray:
        """(T,) one of ROWS."""
        return self.values[ROWS.index(name)]


def measure(y: np.ndarray) -> Frames:
    """(samples,) mono at 22,050 Hz -> its frames. Memory is bounded by blocks of frames; nothing depends on the
    clip's own maximum, so a gain moves level rows by its dB and leaves the rest as it is (above the floor)."""
    parts = [_of_power(spectral.power(block)) for block in spectral.stft_blocks(y, N_FFT, HOP, BLOCK)]
    mels, pitches, contrasts, shapes = (np.concatenate(p).T for p in zip(*parts))
    log_mel = spectral.decibels(mels, FLOOR)
    pitch = chroma.normalised(pitches)
    shapes = np.concatenate([shapes, zero_crossings(y, shapes.shape[1])[None]])
    values = np.concatenate([mfcc(log_mel), pitch, log_mel, contrasts, tonnetz(pitch), shapes,
                             percussive_share(mels)[None], onsets(log_mel), harmony(pitches)])
    return Frames(values.astype(np.float32), spectral.frame_times(values.shape[1], SR, HOP))


def _of_power(power: np.ndarray) -> tuple[np.ndarray, ...]:
    """(B, bins) power -> mel (B, 128), pitch classes (B, 12), contrast (B, 7), level and shapes (B, 7)."""
    pitches = power @ chroma.filterbank(SR, N_FFT).T
    return power @ MEL.filterbank().T, pitches, contrast(power), spectral_shape(power)


def mfcc(log_mel: np.ndarray) -> np.ndarray:
    """(128, T) dB -> (40, T): orthonormal DCT-II (Davis and Mermelstein 1980)."""
    return scipy.fft.dct(log_mel, axis=0, norm="ortho")[:N_MFCC]


def contrast(power: np.ndarray) -> np.ndarray:
    """(B, bins) -> (B, 7) dB between the mean amplitude of the top and the bottom 2 % of bins in octave bands
    (Jiang and others, Music type classification by spectral contrast feature, ICME 2002)."""
    columns = []
    for first, last, count in contrast_bands():
        ordered = np.sort(power[:, first:last], axis=1)  # numpy sorts short rows faster than it partitions them
        valley, peak = np.sqrt(ordered[:, :count]).mean(axis=1), np.sqrt(ordered[:, -count:]).mean(axis=1)
        columns.append(spectral.decibels(peak ** 2, FLOOR) - spectral.decibels(valley ** 2, FLOOR))
    return np.stack(columns, axis=1)


def contrast_bands() -> list[tuple[int, int, int]]:
    """First bin, end bin and number of peak bins of each band; a band begins with the last bin under its edge."""
    bands = []
    for k, (low, high) in enumerate(zip(CONTRAST_EDGES, CONTRAST_EDGES[1:])):
        inside = np.flatnonzero((BINS >= low) & (BINS <= high))
        first, end = max(inside[0] - 1, 0), inside[-1] + 1
        top = k == len(CONTRAST_EDGES) - 2
        bands.append((first, end if top else end - 1, max(1, round(CONTRAST_SHARE * (end - first)))))
    return bands


def spectral_shape(power: np.ndarray) -> np.ndarray:
    """(B, bins) -> (B, 7): level in dB re full scale, then SHAPES without zcr.

    Centroid and 85 % roll-off in octaves above 20 Hz, bandwidth in octaves around the centroid, flatness in dB,
    shares of the power below 150 Hz and above 4 kHz from 0 to 1.
    """
    total = power.sum(axis=1) + FLOOR
    octaves = np.log2(np.maximum(BINS, 20) / 20).astype(np.float32)
    centroid = power @ octaves / total
    spread = np.sqrt(np.maximum(power @ octaves ** 2 / total - centroid ** 2, 0))
    rolloff = octaves[reached(power, 0.85 * total)]
    flatness = spectral.decibels(power + FLOOR).mean(axis=1) - spectral.decibels(total / len(BINS))
    level = spectral.decibels(2 * total / (N_FFT * np.sum(spectral.hann(N_FFT) ** 2)), 1e-12)
    below, above = np.searchsorted(BINS, LOW), np.searchsorted(BINS, HIGH, "right")
    low, high = power[:, :below].sum(axis=1) / total, power[:, above:].sum(axis=1) / total
    return np.stack([level, centroid, spread, rolloff, flatness, low, high], axis=1)


def reached(power: np.ndarray, goal: np.ndarray) -> np.ndarray:
    """(B,) the first bin at which each row's sum from the left reaches `goal` (B,), the last where none does. Sums of
    RUN bins tell in which run that is, so that only one run a row is added up bin by bin."""
    rows, bins = power.shape
    sums = np.cumsum(np.add.reduceat(power, np.arange(0, bins, RUN), axis=1), axis=1)
    run = (sums < goal[:, None]).sum(axis=1).clip(max=sums.shape[1] - 1)
    before = np.where(run > 0, sums[np.arange(rows), run - 1], 0)
    inside = np.minimum(run[:, None] * RUN + np.arange(RUN), bins - 1)
    fine = before[:, None] + np.cumsum(np.take_along_axis(power, inside, axis=1), axis=1)
    return (run * RUN + (fine < goal[:, None]).sum(axis=1)).clip(max=bins - 1)


def zero_crossings(y: np.ndarray, frames: int) -> np.ndarray:
    """(frames,) share of neighbouring samples in each window whose signs differ."""
    crossed = np.concatenate([[0], np.cumsum(np.diff(np.signbit(y)))])
    centre = np.arange(frames) * HOP
    inside = np.clip([centre + N_FFT // 2, centre - N_FFT // 2], 0, len(y) - 1)
    return (crossed[inside[0]] - crossed[inside[1]]) / N_FFT


def tonnetz(pitch: np.ndarray) -> np.ndarray:
    """(12, T) -> (6, T): fifths, minor thirds and major thirds as three circles (C. Harte and others, Detecting
    harmonic change in musical audio, 2006, eq. 2), of the chroma with sum 1."""
    steps = np.arange(12)
    angles = np.pi * np.array([7 / 6, 3 / 2, 2 / 3])[:, None] * steps
    phi = np.stack([np.sin(angles), np.cos(angles)], axis=1).reshape(6, 12) * np.repeat([1, 1, 0.5], 2)[:, None]
    return phi @ (pitch / (pitch.sum(axis=0) + 1e-6))


def percussive_share(mels: np.ndarray) -> np.ndarray:
    """(128, T) mel power -> (T,) share held by the percussive part, from 0 to 1: Wiener masks from medians over
    0.5 s and over 14 bands (D. FitzGerald, Harmonic/percussive separation using median filtering, DAFx 2010), taken on
    pairs of bands and frames, where they are nine times as fast."""
    frames = mels.shape[1]
    coarse = np.pad(mels, [(0, 0), (0, frames % 2)], mode="edge")
    coarse = np.sqrt(coarse[0::2, 0::2] + coarse[1::2, 0::2] + coarse[0::2, 1::2] + coarse[1::2, 1::2])
    steady, broad = running_median(coarse, 11, axis=1), running_median(coarse, 7, axis=0)
    mask = broad ** 2 / (broad ** 2 + steady ** 2 + FLOOR)
    share = (coarse ** 2 * mask).sum(axis=0) / ((coarse ** 2).sum(axis=0) + FLOOR)
    return np.repeat(share, 2)[:frames]


def running_median(values: np.ndarray, width: int, axis: int) -> np.ndarray:
    """(F, T) -> (F, T): the median of an odd number of neighbours along one axis, the edge repeated past the end."""
    padded = np.pad(values, [(width // 2, width // 2) if a == axis else (0, 0) for a in (0, 1)], mode="edge")
    around = np.lib.stride_tricks.sliding_window_view(padded, width, axis=axis)
    return np.partition(around, width // 2, axis=-1)[..., width // 2]  # three times as fast as scipy's median filter


def onsets(log_mel: np.ndarray) -> np.ndarray:
    """(128, T) dB -> (3, T): onset strength over all bands, below 200 Hz and above 4 kHz, dB a frame."""
    freqs = MEL.grid(1).freqs
    parts = log_mel, log_mel[freqs < 200], log_mel[freqs > HIGH]
    return np.stack([onset_strength(rows) for rows in parts])


def harmony(pitches: np.ndarray) -> np.ndarray:
    """(12, T) pitch-class power -> (10, T), smoothed over half a second: how much sounds at each of the six
    intervals (power of both tones over power of all), major over minor triads, fit of the best triad, move in the
    tonnetz from half a second before to half a second after (Harte's HCDF), entropy over the pitch classes."""
    width = round(0.5 * RATE)
    smooth = uniform_filter1d(pitches, width, axis=1, mode="nearest")
    share = smooth / (smooth.sum(axis=0) + chroma.QUIET)
    intervals = [(share * np.roll(share, k, axis=0)).sum(axis=0) for k in range(1, 7)]
    norm = share / (np.linalg.norm(share, axis=0) + 1e-6)
    fits = triads() @ norm
    major, minor = fits[:12].max(axis=0), fits[12:].max(axis=0)
    space = tonnetz(share)
    ahead, behind = (space[:, np.clip(np.arange(space.shape[1]) + d, 0, space.shape[1] - 1)] for d in (width, -width))
    entropy = -(share * np.log2(share + 1e-9)).sum(axis=0)
    change = np.linalg.norm(ahead - behind, axis=0)
    return np.stack([*intervals, major - minor, np.maximum(major, minor), change, entropy])


def triads() -> np.ndarray:
    """(24, 12) unit templates: C major ... B major, C minor ... B minor."""
    shapes = [[0, 4, 7], [0, 3, 7]]
    rows = [np.isin((np.arange(12) - root) % 12, shape) for shape in shapes for root in range(12)]
    return np.array(rows) / np.sqrt(3)

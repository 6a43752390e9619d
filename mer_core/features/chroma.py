"""Pitch classes over time, and the key they point to."""

from functools import cache

import numpy as np

from mer_core.features import spectral
from mer_core.schema import Grid, Picture, Track

NAMES = ("C", "C♯", "D", "E♭", "E", "F", "F♯", "G", "A♭", "A", "B♭", "B")
REFERENCE = 440.0 * 2.0 ** ((np.arange(60, 72) - 69) / 12)  # Hz, C4 to B4: the pitch a class is drawn at
QUIET = 1e-4  # weighted power at which a frame starts to count as silence

# How well each pitch class fits after a key: C. Krumhansl and E. Kessler, Tracing the dynamic changes in perceived
# tonal organization in a spatial representation of musical keys, Psychological Review 89(4), 1982.
MAJOR = np.array([6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88])
MINOR = np.array([6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17])


@cache
def filterbank(sr: int, n_fft: int) -> np.ndarray:
    """(12, n_fft // 2 + 1) weights from bins to C ... B, strongest around A4 = 440 Hz, where melodies lie."""
    from librosa.filters import chroma

    bank = chroma(sr=sr, n_fft=n_fft, tuning=0.0, ctroct=4.0)
    bank.flags.writeable = False
    return bank


def normalised(raw: np.ndarray, axis: int = 0) -> np.ndarray:
    """Pitch-class power with the strongest class of each frame at 1; near-silent frames fade to 0."""
    return raw / (raw.max(axis=axis, keepdims=True) + QUIET)


def chroma(track: Track, limit: int | None = spectral.MAX_FRAMES) -> Picture:
    """Chromagram of the mono mix, (12, at most `limit` where given), C to B; mean-pooled over time in a long song."""
    sr, n_fft, hop = 22_050, 4096, 1024
    bank = filterbank(sr, n_fft).T
    y = spectral.mono(track, sr)
    raw = np.concatenate([spectral.power(block) @ bank for block in spectral.stft_blocks(y, n_fft, hop)]).T
    values = normalised(raw)
    times = spectral.frame_times(values.shape[1], sr, hop)
    values, times = spectral.pooled(values, times, spectral.pool_factor(values.shape[1], limit), np.add)
    return Picture(values, Grid(times=times, freqs=REFERENCE), "strength (0 to 1)")


def key_fits(mean: np.ndarray) -> np.ndarray:
    """(12, N) mean chroma -> (24, N) correlation with each key profile: C major ... B major, C minor ... B minor.

    The Krumhansl-Schmuckler algorithm (C. Krumhansl, Cognitive Foundations of Musical Pitch, 1990, chapter 4). A flat
    or silent chroma fits no key: all zeros.
    """
    profiles = np.array([np.roll(p, k) for p in (MAJOR, MINOR) for k in range(12)])
    profiles = profiles - profiles.mean(axis=1, keepdims=True)
    profiles /= np.linalg.norm(profiles, axis=1, keepdims=True)
    centred = np.asarray(mean, float) - np.mean(mean, axis=0, keepdims=True)
    norm = np.linalg.norm(centred, axis=0, keepdims=True)
    return profiles @ np.divide(centred, norm, out=np.zeros_like(centred), where=norm > 1e-9)


def key(chroma_mean: np.ndarray) -> tuple[str, float]:
    """(12,) mean chroma -> the best-fitting key, such as "A minor", and its correlation (1 is a perfect fit)."""
    fits = key_fits(np.reshape(chroma_mean, (12, 1)))[:, 0]
    best = int(fits.argmax())
    return f"{NAMES[best % 12]} {'major' if best < 12 else 'minor'}", float(fits[best])

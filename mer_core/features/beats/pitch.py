"""Pitch over four octaves, not folded into one, of what sounds on (paper 5, section 4.4)."""

from functools import cache

import numpy as np

from mer_core.features import spectral
from mer_core.features.beats.separation import Separation

SR = 22_050  # Hz
LOWEST, SIZE = 98.0, 48  # Hz, G2; semitones, up to F#6 at 1479.98 Hz
CENTRES = LOWEST * 2 ** (np.arange(SIZE) / 12)  # Hz
NAMES = tuple(f"{'C C# D D# E F F# G G# A A# B'.split()[k % 12]}{k // 12 - 1}" for k in range(43, 43 + SIZE))
N_FFT = 4096  # 186 ms
TOP = int(np.ceil(CENTRES[-1] * 2 ** (1 / 12) * N_FFT / SR)) + 10  # bins that the bands and the medians look at
SEPARATION = Separation(n_fft=N_FFT, hop=512, bins=TOP)  # medians over 395 ms and 92 Hz
RATE = SR / SEPARATION.hop  # frames a second


def pitch_bands(y: np.ndarray) -> np.ndarray:
    """(samples,) mono at 22,050 Hz -> (T, 48) float32, the amplitude of the harmonic part in each semitone from G2 to
    F#6 at RATE frames a second; a steady full-scale sine in the middle of a band gives 1 there."""
    return np.concatenate([harmonic @ filterbank().T for harmonic, _ in SEPARATION.parts(y)])


@cache
def filterbank() -> np.ndarray:
    """(48, TOP) float32: constant-Q triangles over the logarithm of frequency that reach to the neighbours' middles,
    for magnitudes, each scaled by what it makes of a sine at its middle."""
    bins = np.arange(TOP) * SR / N_FFT
    octaves = np.log2(np.maximum(bins, 1.0)[None] / CENTRES[:, None])
    bank = np.maximum(1 - 12 * np.abs(octaves), 0)
    sines = np.sin(2 * np.pi * CENTRES[:, None] / SR * np.arange(N_FFT)) * spectral.hann(N_FFT)
    lobes = np.abs(np.fft.rfft(sines, axis=1))[:, :TOP]
    bank = (bank / (bank * lobes).sum(axis=1, keepdims=True)).astype(np.float32)
    bank.flags.writeable = False
    return bank

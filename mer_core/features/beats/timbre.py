"""Percussion timbre: what is struck at each beat (paper 5, section 4.3)."""

import numpy as np
import scipy.fft

from mer_core.features import spectral
from mer_core.features.beats.separation import Separation
from mer_core.features.mel import MelSpec

SR = 22_050  # Hz
SEPARATION = Separation(n_fft=512, hop=256)  # 23 ms windows every 12 ms; medians over 197 ms and 732 Hz
MEL = MelSpec(sr=SR, n_fft=SEPARATION.n_fft, hop=SEPARATION.hop, n_mels=40)  # more would leave low bands empty
RATE = SR / SEPARATION.hop  # frames a second
FLOOR = 1e-5  # power in a band; 65 to 73 dB below a full-scale sine
SIZE = 20


def percussion_timbre(y: np.ndarray) -> np.ndarray:
    """(samples,) mono at 22,050 Hz -> (T, 20) float32, MFCC 0 to 19 of the percussive part (orthonormal DCT-II of
    the mel bands in dB) at RATE frames a second. MFCC 0 is the level."""
    bank = MEL.filterbank().T
    levels = [spectral.decibels(percussive ** 2 @ bank, FLOOR) for _, percussive in SEPARATION.parts(y)]
    return scipy.fft.dct(np.concatenate(levels), axis=1, norm="ortho")[:, :SIZE].astype(np.float32)

"""The picture that the harmonics CNN reads, and which of its bands each pitch class sees (papers, 4)."""

from __future__ import annotations

import numpy as np

from mer_core.features.harmonics import TunedMel, band_table
from mer_core.models._tuned import TunedInput

# The paper: 6 s, 256 mel bands, FFT 4096, hop 512. Here mono at 22,050 Hz, bands up to 7.6 kHz. Zero is -50 dB, under
# which 2 % of the training cells are; 50 dB are one unit, so that music lies between 0 and 1.5.
INPUT = TunedInput(TunedMel(sr=22_050, n_fft=4096, hop=512, n_mels=256), frames=259, floor=-50.0, scale=50.0)
OCTAVES, MULTIPLES = 6, 10  # fundamentals from A1 (55 Hz) to G#7 (3.3 kHz)
WINDOW, HOP = 6.0, 3.0  # s


def harmonics_table() -> np.ndarray:
    """(12, 6, 10) int: the bands of INPUT at the harmonics, at A4 = 440 Hz."""
    return band_table(INPUT.spec.grid(1).freqs, OCTAVES, MULTIPLES)

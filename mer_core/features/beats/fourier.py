"""The 2-D Fourier transform of four beats of pitch: melody without its key (paper 5, section 4.5)."""

import numpy as np

COLUMNS = 8  # the four beats and as many zeros, so that 48 rows give the 384 values of the paper's table 1


def fourier_magnitude(patches: np.ndarray) -> np.ndarray:
    """(P, 48, 4) pitch by beat -> (P, 48, 8) float32, the magnitude of the 2-D discrete Fourier transform.

    X[k, l] = |sum over rows r and columns c of x[r, c] exp(-2 pi i (k r / 48 + l c / 8))|. Rolling the 48 rows only
    turns the phase, so a transposed patch has the same values as long as no tone leaves the four octaves.
    """
    return np.abs(np.fft.fft2(patches.astype(float), s=(patches.shape[1], COLUMNS))).astype(np.float32)

"""An ellipse whose way and spread are known."""

import numpy as np

from mer_core.ellipse import EllipsePath


def made(seconds: int = 24, r: float = 0.5, grow: float = 0.2, grid: str = "tracked") -> EllipsePath:
    """The centre goes from (-0.4, 0.1) to (0.4, 0.1); the deviations from (0.2, 0.3) by `grow` each; a beat each 0.5 s."""
    share = np.linspace(0, 1, seconds)
    means = np.stack([-0.4 + 0.8 * share, np.full(seconds, 0.1)], axis=1)
    apart = np.array([0.2, 0.3]) + grow * share[:, None]
    covariances = apart[:, :, None] * apart[:, None, :] * np.array([[1, r], [r, 1]])
    return EllipsePath(np.arange(seconds) + 0.5, means, covariances, np.arange(0, seconds, 0.5), "rhythm+fourier", 2, grid)

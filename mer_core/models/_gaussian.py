"""A Gaussian in the valence-arousal plane as five numbers that a regression may miss and still mean a Gaussian.

The numbers are mean valence, mean arousal, the logarithms of both standard deviations, and Fisher's z = artanh of the
correlation. Any five finite numbers are a Gaussian with a positive definite covariance; the paper regresses on the
variances and the covariance themselves, which need not be (paper 5, equation 6).
"""

import numpy as np

SMALLEST, LARGEST = 0.02, 2.0  # of a standard deviation on the scale [-1, 1]; at most 1 is possible on it
STEEPEST = 2.0  # of Fisher's z: a correlation of 0.96


def to_numbers(means: np.ndarray, covariances: np.ndarray) -> np.ndarray:
    """(N, 2) and (N, 2, 2) -> (N, 5)."""
    deviations = np.sqrt(np.diagonal(covariances, axis1=1, axis2=2))
    correlation = covariances[:, 0, 1] / deviations.prod(axis=1)
    steep = np.tanh(STEEPEST)
    return np.column_stack([means, np.log(deviations), np.arctanh(np.clip(correlation, -steep, steep))])


def to_gaussians(numbers: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(N, 5) -> means (N, 2) and covariances (N, 2, 2), positive definite for whatever numbers come."""
    numbers = np.asarray(numbers, float)
    deviations = np.exp(np.clip(numbers[:, 2:4], np.log(SMALLEST), np.log(LARGEST)))
    correlation = np.tanh(np.clip(numbers[:, 4], -STEEPEST, STEEPEST))
    return numbers[:, :2], gaussian_covariance(deviations, correlation)


def gaussian_covariance(deviations: np.ndarray, correlation: np.ndarray) -> np.ndarray:
    """(N, 2) and (N,) or a number -> (N, 2, 2)."""
    covariances = deviations[:, :, None] * deviations[:, None, :]
    covariances[:, 0, 1] *= correlation
    covariances[:, 1, 0] *= correlation
    return covariances

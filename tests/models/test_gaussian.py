"""Five numbers for a Gaussian, there and back."""

import numpy as np

from mer_core.models._gaussian import gaussian_covariance, to_gaussians, to_numbers


def some(count=50, seed=0):
    dice = np.random.default_rng(seed)
    covariances = gaussian_covariance(dice.uniform(0.05, 1, (count, 2)), dice.uniform(-0.95, 0.95, count))
    return dice.uniform(-1, 1, (count, 2)), covariances


def test_there_and_back():
    means, covariances = some()
    back = to_gaussians(to_numbers(means, covariances))
    np.testing.assert_allclose(back[0], means)
    np.testing.assert_allclose(back[1], covariances, atol=1e-9)


def test_any_five_numbers_are_a_gaussian():
    dice = np.random.default_rng(1)
    wild = dice.standard_cauchy((2000, 5)) * 10.0 ** dice.integers(-3, 30, (2000, 1))
    wild[0], wild[1], wild[2, 2:] = 1e300, -1e300, [np.inf, -np.inf, np.inf]
    covariances = to_gaussians(wild)[1].astype(np.float32)
    assert (np.linalg.eigvalsh(covariances) > 0).all()
    np.testing.assert_array_equal(covariances, covariances.transpose(0, 2, 1))
    np.linalg.cholesky(covariances)


def test_a_regression_of_the_logarithms_keeps_what_a_mean_says():
    """Between two Gaussians lies one whose deviations are the geometric means of theirs."""
    means, covariances = some(2)
    middle = to_gaussians(to_numbers(means, covariances).mean(axis=0, keepdims=True))[1][0]
    np.testing.assert_allclose(np.diag(middle) ** 2, np.prod([np.diag(c) for c in covariances], axis=0))

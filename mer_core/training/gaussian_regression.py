"""Multiple linear regression to the parameters of a Gaussian (paper 5, equation 6), and how far off it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mer_core.ellipse import inside
from mer_core.models._gaussian import to_gaussians, to_numbers

PENALTIES = (0.0, 0.001, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0)  # times the seconds; 0 is the paper's regression
HALF = 0.5  # the paper's plane reaches from -0.5 to 0.5
Gaussians = tuple[np.ndarray, np.ndarray]  # means (T, 2), covariances (T, 2, 2)


@dataclass(frozen=True, eq=False)
class Reading:
    """numbers = z @ slopes + bias, in the numbers of models/_gaussian.py."""

    slopes: np.ndarray  # (W, 5)
    bias: np.ndarray  # (5,)
    penalty: float

    def __call__(self, z: np.ndarray) -> Gaussians:
        """(T, W) -> means and positive definite covariances."""
        return to_gaussians(z @ self.slopes + self.bias)


def read(z: np.ndarray, truth: Gaussians, penalty: float) -> Reading:
    """(T, W) and the labels of the same seconds -> a regression; `penalty` as in PENALTIES."""
    return readings(z, truth, (penalty,))[0]


def readings(z: np.ndarray, truth: Gaussians, penalties: Sequence[float]) -> list[Reading]:
    numbers = to_numbers(*truth)
    return [Reading(slopes, smeared(z, numbers, slopes, bias), penalty)
            for penalty, (slopes, bias) in zip(penalties, affine(z, numbers, penalties), strict=True)]


def smeared(z: np.ndarray, numbers: np.ndarray, slopes: np.ndarray, bias: np.ndarray) -> np.ndarray:
    """(5,) the bias that makes the mean variance right. A regression of logarithms finds geometric means, which are too
    small; what it misses says by how much (N. Duan, Smearing estimate, JASA 78, 1983)."""
    missed = numbers[:, 2:4] - (z @ slopes + bias)[:, 2:4]
    return bias + np.concatenate([[0, 0], np.log(np.mean(np.exp(2 * missed), axis=0)) / 2, [0]])


def chosen(z: np.ndarray, truth: Gaussians, learn: np.ndarray, held: np.ndarray,
           penalties: Sequence[float] = PENALTIES) -> Reading:
    """Learnt from the seconds `learn`, with the penalty whose divergence is smallest on `held`, both (T,) bool."""
    tried, wanted = readings(z[learn], part(truth, learn), penalties), part(truth, held)
    return min(tried, key=lambda reading: divergence(wanted, reading(z[held])).mean())


def affine(z: np.ndarray, wanted: np.ndarray, penalties: Sequence[float]) -> list[tuple[np.ndarray, np.ndarray]]:
    """(T, W) and (T, K) -> for each penalty slopes (W, K) and bias (K,): least squares on columns of spread 1 with the
    penalty times T times the squared slopes, all from one eigendecomposition."""
    z = np.asarray(z, float)
    middle, spread, mean = z.mean(axis=0), z.std(axis=0), wanted.mean(axis=0)
    scaled = (z - middle) / np.where(spread > 1e-9, spread, np.inf)  # a column that never moves gets no slope
    values, axes = np.linalg.eigh(scaled.T @ scaled)
    along, least = axes.T @ (scaled.T @ (wanted - mean)), 1e-10 * values[-1]
    found = []
    for penalty in penalties:
        weight = np.where(values > least, 1 / (np.maximum(values, least) + penalty * len(z)), 0)[:, None]
        slopes = axes @ (weight * along) / np.where(spread > 1e-9, spread, np.inf)[:, None]
        found.append((slopes, mean - middle @ slopes))
    return found


def direct(z: np.ndarray, truth: Gaussians, learn: np.ndarray, test: np.ndarray, penalty: float) -> dict[str, float]:
    """The paper's own regression, on the variances and the covariance as they are: the share of test seconds whose
    covariance is not positive definite, and the mean divergence of the others."""
    numbers = np.column_stack([truth[0], *(truth[1][:, i, j] for i, j in ((0, 0), (1, 1), (0, 1)))])
    (slopes, bias), = affine(z[learn], numbers[learn], (penalty,))
    found = z[test] @ slopes + bias
    covariances = found[:, [2, 4, 4, 3]].reshape(-1, 2, 2)
    good = (covariances[:, 0, 0] > 0) & (np.linalg.det(covariances) > 0)
    wanted = part(part(truth, test), good)
    return {"not_positive": float(1 - good.mean()),
            "kl": float(divergence(wanted, (found[good, :2], covariances[good])).mean()) if good.any() else np.nan}


def part(gaussians: Gaussians, among: np.ndarray) -> Gaussians:
    return gaussians[0][among], gaussians[1][among]


def divergence(p: Gaussians, q: Gaussians) -> np.ndarray:
    """(T,) KL(p || q) of the label p and the prediction q, nats (paper 5, equation 7). No scale of the plane enters."""
    (mean_p, cov_p), (mean_q, cov_q) = p, q
    inverse, apart = np.linalg.inv(cov_q), mean_q - mean_p
    volume = np.log(np.linalg.det(cov_q) / np.linalg.det(cov_p))
    trace = np.einsum("tij,tji->t", inverse, cov_p)
    return (volume + trace + np.einsum("ti,tij,tj->t", apart, inverse, apart) - 2) / 2


def distance(p: Gaussians, q: Gaussians) -> np.ndarray:
    """(T,) Euclidean distance of the means in the paper's plane, whose axes reach from -0.5 to 0.5."""
    return HALF * np.linalg.norm(p[0] - q[0], axis=1)


def same_for_all(truth: Gaussians) -> Gaussians:
    """The one Gaussian (1, 2) and (1, 2, 2) with the smallest mean divergence from labels: it has their mixture's mean
    and covariance."""
    mean = truth[0].mean(axis=0)
    apart = truth[0] - mean
    return mean[None], (truth[1].mean(axis=0) + apart.T @ apart / len(apart))[None]


def repeated(gaussian: Gaussians, count: int) -> Gaussians:
    return np.repeat(gaussian[0], count, axis=0), np.repeat(gaussian[1], count, axis=0)


def coverage(truth: Gaussians, found: Gaussians, shares: Sequence[float], draws: int, seed: int) -> list[dict]:
    """For each share: how many of the labels' means lie inside the ellipse that holds that share of the prediction, and
    how many of `draws` ratings drawn from each label. A calibrated prediction holds its share of the ratings; of the
    means, which spread less, it holds more."""
    dice = np.random.default_rng(seed)
    roots = np.linalg.cholesky(truth[1])
    drawn = truth[0][:, None] + np.einsum("tij,tdj->tdi", roots, dice.normal(size=(len(roots), draws, 2)))
    found = tuple(np.asarray(values)[:, None] for values in found)
    return [{"share": share, "of": len(roots), "means_inside": int(inside(truth[0][:, None], *found, share).sum()),
             "ratings": drawn[..., 0].size, "ratings_inside": int(inside(drawn, *found, share).sum())}
            for share in shares]

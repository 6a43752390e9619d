"""How good a regressor is: five metrics, the covariance of its errors, and splits that keep artists apart.

All take the truth and the prediction, float (N,) for one target, on the scale [-1, 1].
"""

from collections.abc import Sequence

import numpy as np

from mer_core.errors import ParameterError


def r2(truth: np.ndarray, predicted: np.ndarray) -> float:
    """1 - sum (y - p)^2 / sum (y - mean y)^2; 1 is perfect, 0 no better than the mean, and it can be negative."""
    truth = np.asarray(truth, float)
    return float(1 - np.sum((truth - predicted) ** 2) / np.sum((truth - truth.mean()) ** 2))


def rmse(truth: np.ndarray, predicted: np.ndarray) -> float:
    """sqrt(mean (y - p)^2)."""
    return float(np.sqrt(np.mean((np.asarray(truth, float) - predicted) ** 2)))


def mae(truth: np.ndarray, predicted: np.ndarray) -> float:
    """mean |y - p|."""
    return float(np.mean(np.abs(np.asarray(truth, float) - predicted)))


def pearson(truth: np.ndarray, predicted: np.ndarray) -> float:
    """cov(y, p) / (sd(y) sd(p)); 0 where either is constant."""
    y, p = np.asarray(truth, float) - np.mean(truth), np.asarray(predicted, float) - np.mean(predicted)
    scale = np.sqrt(np.sum(y ** 2) * np.sum(p ** 2))
    return float(np.sum(y * p) / scale) if scale > 0 else 0.0


def ccc(truth: np.ndarray, predicted: np.ndarray) -> float:
    """2 cov(y, p) / (var y + var p + (mean y - mean p)^2), Lin's concordance (Biometrics 45, 1989)."""
    y, p = np.asarray(truth, float), np.asarray(predicted, float)
    covariance = np.mean((y - y.mean()) * (p - p.mean()))
    return float(2 * covariance / (y.var() + p.var() + (y.mean() - p.mean()) ** 2))


METRICS = {"r2": r2, "rmse": rmse, "mae": mae, "r": pearson, "ccc": ccc}


def metrics(truth: np.ndarray, predicted: np.ndarray, targets: Sequence[str]) -> dict[str, dict[str, float]]:
    """(N, K) and (N, K) -> target -> metric -> value, rounded to four places."""
    return {name: {metric: round(f(truth[:, k], predicted[:, k]), 4) for metric, f in METRICS.items()}
            for k, name in enumerate(targets)}


def error_covariance(truth: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    """(N, K) and (N, K) -> (K, K) second moment of the errors about zero: its diagonal is the squared rmse, so an
    ellipse drawn from it counts a bias as error too."""
    errors = np.asarray(truth, float) - np.asarray(predicted, float)
    return errors.T @ errors / len(errors)


def grouped_folds(groups: Sequence[str], n: int = 5, seed: int = 0) -> list[tuple[np.ndarray, np.ndarray]]:
    """n pairs of train and test indices; no group is on both sides, and each clip is tested once.

    Groups are shuffled by the seed and go to the smallest fold in turn, the larger groups first, so that folds are
    even. Raises ParameterError with fewer groups than folds.
    """
    names, member, sizes = np.unique(np.asarray(groups), return_inverse=True, return_counts=True)
    if len(names) < n:
        raise ParameterError(f"{n} folds need at least {n} groups; there are {len(names)}")
    order = np.random.default_rng(seed).permutation(len(names))
    order = order[np.argsort(-sizes[order], kind="stable")]
    fold, load = np.empty(len(names), int), np.zeros(n, int)
    for group in order:
        fold[group] = load.argmin()
        load[fold[group]] += sizes[group]
    of_clip = fold[member]
    return [(np.flatnonzero(of_clip != k), np.flatnonzero(of_clip == k)) for k in range(n)]


def table(result: dict[str, dict[str, float]], title: str = "") -> str:
    """target -> metric -> value as lines of text."""
    lines = [title] if title else []
    lines.append(f"{'':10}" + "".join(f"{m:>8}" for m in METRICS))
    lines += [f"{target:10}" + "".join(f"{values[m]:8.3f}" for m in METRICS) for target, values in result.items()]
    return "\n".join(lines)

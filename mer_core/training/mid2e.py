"""From descriptors to ratings: the thesis's linear regression, with and without pairwise interactions, and its shallow
network (paper 3, section 5.1.3). Whatever is scaled or filled in is learnt from the training part alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from mer_core.training.evaluate import grouped_folds, pearson
from mer_core.training.nested import Fitted

MODELS = {"linear": (0.0, False), "linear_interactions": (0.0, True), "ridge": (1.0, False),
          "ridge_interactions": (1.0, True)}  # name -> penalty, pairwise products


@dataclass(frozen=True, eq=False)
class Columns:
    """Measured columns as a regression takes them. A value that is not defined (NaN) becomes the mean of the training
    part, and a column of its own tells that it was not defined."""

    names: tuple[str, ...]  # of the measured columns
    mean: np.ndarray  # (C,)
    spread: np.ndarray  # (C,)
    flagged: np.ndarray  # (F,) which columns have a flag
    flag_mean: np.ndarray  # (F,)
    flag_spread: np.ndarray  # (F,)

    @classmethod
    def learn(cls, x: np.ndarray, names: Sequence[str]) -> Columns:
        """(n, C) of the training part; a column with no value at all counts as constant."""
        x, lost = np.asarray(x, float), np.isnan(x)
        known = np.maximum((~lost).sum(axis=0), 1)
        mean = np.where(lost, 0, x).sum(axis=0) / known
        spread = np.sqrt(np.where(lost, 0, (x - mean) ** 2).sum(axis=0) / known)
        flagged = np.flatnonzero(lost.any(axis=0) & ~lost.all(axis=0))
        share = lost[:, flagged].mean(axis=0)
        return cls(tuple(names), mean, not_zero(spread), flagged, share, not_zero(np.sqrt(share * (1 - share))))

    @property
    def labels(self) -> tuple[str, ...]:
        """(C + F,) names of what `scaled` gives."""
        return (*self.names, *(f"{self.names[i]} is not defined" for i in self.flagged))

    def scaled(self, x: np.ndarray) -> np.ndarray:
        """(n, C) -> (n, C + F), each with mean 0 and spread 1 in the training part."""
        x, lost = np.asarray(x, float), np.isnan(x)
        values = np.where(lost, 0, x - self.mean) / self.spread
        return np.concatenate([values, (lost[:, self.flagged] - self.flag_mean) / self.flag_spread], axis=1)


def not_zero(spread: np.ndarray) -> np.ndarray:
    return np.where(spread > 1e-9, spread, 1.0)


def products(x: np.ndarray, count: int) -> np.ndarray:
    """(n, D) -> (n, D + count (count - 1) / 2): with the products of each two of the first `count` columns."""
    pairs = [x[:, i] * x[:, j] for i, j in combinations(range(count), 2)]
    return np.column_stack([x, *pairs])


def product_labels(labels: Sequence[str], count: int) -> tuple[str, ...]:
    return (*labels, *(f"{a} x {b}" for a, b in combinations(labels[:count], 2)))


@dataclass(frozen=True, eq=False)
class Linear:
    """A fitted linear regression: `coefficients` (D, K) are of columns with spread 1, in the ratings' unit."""

    columns: Columns
    interactions: bool
    middle: np.ndarray  # (D,) taken from the columns, products included
    width: np.ndarray  # (D,) what they are divided by
    coefficients: np.ndarray
    bias: np.ndarray  # (K,) the answer where every column is at its mean

    @property
    def labels(self) -> tuple[str, ...]:
        labels = self.columns.labels
        return product_labels(labels, len(self.columns.names)) if self.interactions else labels

    def terms(self, x: np.ndarray) -> np.ndarray:
        """(n, C) measured -> (n, D) columns with mean 0 and spread 1 in the training part."""
        z = self.columns.scaled(x)
        z = products(z, len(self.columns.names)) if self.interactions else z
        return (z - self.middle) / self.width

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """(n, C) -> (n, K)."""
        return self.terms(x) @ self.coefficients + self.bias


def fit_linear(x: np.ndarray, y: np.ndarray, names: Sequence[str], penalty: float = 0.0,
               interactions: bool = False) -> Linear:
    """Least squares with `penalty` times the squared coefficients; without one, the solution of least norm, which is
    the ordinary one where there are more clips than columns."""
    columns = Columns.learn(x, names)
    z = columns.scaled(x)
    z = products(z, len(columns.names)) if interactions else z
    middle, width, bias = z.mean(axis=0), not_zero(z.std(axis=0)), y.mean(axis=0)
    z = (z - middle) / width
    if penalty:
        coefficients = np.linalg.solve(z.T @ z + penalty * np.eye(z.shape[1]), z.T @ (y - bias))
    else:
        coefficients = np.linalg.lstsq(z, y - bias, rcond=None)[0]
    return Linear(columns, interactions, middle, width, coefficients, bias)


def split(groups: Sequence[str], seed: int, folds: int = 5) -> tuple[np.ndarray, np.ndarray]:
    """Indices to learn from and to test on, one of `folds` parts, as the thesis holds out a fifth; grouped, by seed."""
    return grouped_folds(groups, folds, seed)[0]


def fit_network(x: np.ndarray, y: np.ndarray, names: Sequence[str], groups: np.ndarray, learn: np.ndarray, plan: dict,
                seed: int) -> Fitted:
    """The shallow network on the clips `learn`, stopped early on a fifth of them; predicts every clip. Its weights come
    with the scale of its input, so that it can be asked again."""
    import torch

    from mer_core.models.nets.a2e import Mid2E
    from mer_core.training.loop import fit

    inside, held = split(groups[learn], seed)
    inside, held = learn[inside], learn[held]
    columns = Columns.learn(x[inside], names)
    z = torch.from_numpy(columns.scaled(x).astype(np.float32))
    middle, width = y[inside].mean(axis=0), not_zero(y[inside].std(axis=0))
    wanted = torch.from_numpy(((y - middle) / width).astype(np.float32))
    torch.manual_seed(seed)
    network = Mid2E(z.shape[1], y.shape[1], plan["hidden"])

    @torch.no_grad()
    def judge() -> float:
        return float(torch.mean((network(z[held]) - wanted[held]) ** 2))
    curve = fit(network, lambda rows, rng: z[rows], wanted, inside, plan, seed, judge=judge)
    with torch.no_grad():
        predicted = network(z).numpy() * width + middle
    kept = {"z": z, "width": torch.from_numpy(width.astype(np.float32))}
    return Fitted(curve, {**network.state_dict(), **kept}, predicted, {"labels": list(columns.labels)})


def measured(truth: np.ndarray, predicted: np.ndarray) -> dict:
    """(n, K) and (n, K) -> Pearson r of each target, their mean, r over all ratings at once ("total", as the thesis's
    figures read), and the mean squared error."""
    each = [pearson(truth[:, k], predicted[:, k]) for k in range(truth.shape[1])]
    return {"each": each, "mean": float(np.mean(each)), "total": pearson(truth.ravel(), predicted.ravel()),
            "mse": float(np.mean((truth - predicted) ** 2))}


def over_seeds(found: Sequence[dict], targets: Sequence[str]) -> dict:
    """Mean and standard deviation over the seeds of what `measured` gives, as (mean, sd) pairs."""
    return {"r": {t: mean_and_sd([f["each"][k] for f in found]) for k, t in enumerate(targets)},
            "r_mean": mean_and_sd([f["mean"] for f in found]), "r_total": mean_and_sd([f["total"] for f in found]),
            "mse": mean_and_sd([f["mse"] for f in found]), "seeds": len(found)}


def mean_and_sd(values: Sequence[float]) -> list[float]:
    return [round(float(np.mean(values)), 4), round(float(np.std(values)), 4)]


def plain(found: dict) -> dict[str, float]:
    """The overall figures of `over_seeds` as plain numbers, for a table in a terminal."""
    return {**{key: found[key][0] for key in ("r_mean", "r_total", "mse")}, "r_mean_sd": found["r_mean"][1],
            "seeds": found["seeds"]}

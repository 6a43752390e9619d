"""What listeners said of a clip as Gaussians in the valence-arousal plane: the labels of the deep belief network."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mer_core.datasets._base import Dataset
from mer_core.datasets._labels import read_table
from mer_core.errors import DataError, ParameterError

COLUMNS = ("CLIP_NAME", "valence_M", "valence_SD", "arousal_M", "arousal_SD")
COUNTRIES, AGES = ("UK", "US"), ("18to30", "31to45", "46to60", "61to75")
HALF = 2.0  # half the width of the scale from 1 to 5: a deviation on it is twice that on [-1, 1]


@dataclass(frozen=True, eq=False)
class LabelGaussians:
    """One clip's labels on the scale [-1, 1]; one row where a label holds for the whole clip."""

    times: np.ndarray  # (S,) s from the clip's start, increasing
    means: np.ndarray  # (S, 2) valence, arousal
    covariances: np.ndarray  # (S, 2, 2)

    def at(self, times: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(n,) s -> means (n, 2) and covariances (n, 2, 2), linearly between the labels (paper 5, section 6)."""
        flat = np.column_stack([self.means, self.covariances.reshape(-1, 4)])
        found = np.stack([np.interp(times, self.times, column) for column in flat.T], axis=1)
        return found[:, :2], found[:, 2:].reshape(-1, 2, 2)


def of(dataset: Dataset) -> list[LabelGaussians]:
    """A clip's labels each, in the order of `dataset.clips()`; raises ParameterError for a set that has none."""
    if hasattr(dataset, "gaussians"):
        return dataset.gaussians()
    if dataset.name != "musifeast17":
        raise ParameterError(f"{dataset.title} does not say how far its listeners' ratings spread; the ellipse learns "
                             "from musifeast17 or moodswings")
    return _musifeast17(dataset)


def _musifeast17(dataset: Dataset) -> list[LabelGaussians]:
    """Means and standard deviations as published, and the correlation that `correlation` finds for all clips."""
    rows = {row["CLIP_NAME"]: row for row in read_table(dataset.root / dataset.marker, COLUMNS)}
    r = correlation(dataset.root)
    return [_gaussian(rows[clip.id], clip.values, r) for clip in dataset.clips()]


def _gaussian(row: dict[str, str], values: tuple[float, float], r: float) -> LabelGaussians:
    v, a = (number(row, f"{target}_SD") / HALF for target in ("valence", "arousal"))
    if not (v > 0 and a > 0):
        raise DataError(f"MUSIFEAST-17: the ratings of {row['CLIP_NAME']} do not spread; expected deviations above 0")
    covariance = np.array([[v * v, r * v * a], [r * v * a, a * a]])
    return LabelGaussians(np.zeros(1), np.array([values]), covariance[None])


def correlation(root: Path) -> float:
    """How listeners' valence and arousal go together within a clip of MUSIFEAST-17; 0 where the tables of its groups
    are not at hand.

    Single ratings are not published, but the means of eight groups of listeners (two countries, four ages) are. Within
    a clip these lie about its mean as the ratings do, at a variance smaller by the number of listeners in a group; a
    correlation does not depend on that number. So it is that of the groups' deviations, pooled over all clips. The
    ratio of variances gives 3.7 listeners a group, where there are about 4, so the groups themselves differ little.
    """
    tables = [root / "data" / f"MUSIFEAST17_{country}{age}.csv" for country in COUNTRIES for age in AGES]
    if not all(path.exists() for path in tables):
        return 0.0
    groups = [{row["CLIP_NAME"]: (number(row, "valence_M"), number(row, "arousal_M"))
               for row in read_table(path, COLUMNS)} for path in tables]
    clips = sorted(set.intersection(*(set(group) for group in groups)))
    means = np.array([[group[clip] for clip in clips] for group in groups])
    deviations = (means - means.mean(axis=0)).reshape(-1, 2)
    return float(np.corrcoef(deviations.T)[0, 1])


def number(row: dict[str, str], column: str) -> float:
    try:
        return float(row[column])
    except ValueError:
        raise DataError(f"MUSIFEAST-17: {column} of {row['CLIP_NAME']} is {row[column]!r}, not a number") from None

"""A Gaussian in the valence-arousal plane for each second of a song, and the ellipse that holds a share of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mer_core.errors import ParameterError
from mer_core.schema import frozen

COVERAGES = (0.5, 0.8, 0.95)  # shares of the Gaussian inside the ellipses that are drawn


@dataclass(frozen=True, eq=False)
class EllipsePath:
    """Where a song stands second by second, and how surely (paper 5, equation 6, in valence and arousal of -1 to 1).

    The paper measures in [-0.5, 0.5]: halve the means and quarter the covariances to compare.
    """

    times: np.ndarray  # (T,) s, the centres of the seconds, increasing
    means: np.ndarray  # (T, 2) valence, arousal
    covariances: np.ndarray  # (T, 2, 2), positive definite
    beats: np.ndarray  # (B,) s
    features: str  # what the layers read, "rhythm" or "rhythm+fourier"
    layer: int  # 0, 1 or 2
    grid: str  # how the beats were found, one of features.beats.GRIDS
    notes: tuple[str, ...] = ()  # plain sentences on what was unusual in this song

    def __post_init__(self):
        for name in ("times", "means", "covariances", "beats"):
            object.__setattr__(self, name, frozen(getattr(self, name)))
        seconds = len(self.times)
        if self.means.shape != (seconds, 2) or self.covariances.shape != (seconds, 2, 2):
            raise ValueError(f"means {self.means.shape} and covariances {self.covariances.shape} do not fit {seconds} "
                             "times")

    def axes(self, coverage: float = COVERAGES[-1]) -> tuple[np.ndarray, np.ndarray]:
        """(T, 2) half axes, the longer first, and (T,) rad of the longer one: see `axes`."""
        return axes(self.covariances, coverage)

    def outline(self, second: int, coverage: float = COVERAGES[-1], points: int = 64) -> np.ndarray:
        """(points + 1, 2) valence and arousal along the ellipse of one second; it ends where it begins."""
        turn = np.linspace(0, 2 * np.pi, points + 1)
        (long, short), angle = (found[second].astype(float) for found in self.axes(coverage))
        along = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
        return np.stack([long * np.cos(turn), short * np.sin(turn)], axis=1) @ along + self.means[second]

    def inside(self, points: np.ndarray, coverage: float = COVERAGES[-1]) -> np.ndarray:
        """(T,) bool: whether (T, 2) or (2,) points lie in each second's ellipse."""
        return inside(points, self.means, self.covariances, coverage)


def radius(coverage: float) -> float:
    """How many standard deviations from the mean a share `coverage` of any Gaussian in two dimensions lies within.

    The squared distance (x - mu)' S^-1 (x - mu) follows chi-squared with two degrees of freedom, whose distribution is
    1 - exp(-r^2 / 2). Raises ParameterError for a share that is not between 0 and 1.
    """
    if not 0 < coverage < 1:
        raise ParameterError(f"an ellipse holds a share between 0 and 1 of its Gaussian, not {coverage}")
    return float(np.sqrt(-2 * np.log1p(-coverage)))


def axes(covariances: np.ndarray, coverage: float) -> tuple[np.ndarray, np.ndarray]:
    """(..., 2, 2) -> (..., 2) half axes of the ellipse that holds `coverage`, the longer first, in the plane's units,
    and (...) rad of the longer one, counter-clockwise from the valence axis, in (-pi/2, pi/2]."""
    spread, directions = np.linalg.eigh(np.asarray(covariances, float))
    long = directions[..., :, 1]
    angle = np.arctan2(long[..., 1], long[..., 0])
    angle = np.where(angle > np.pi / 2, angle - np.pi, np.where(angle <= -np.pi / 2, angle + np.pi, angle))
    return radius(coverage) * np.sqrt(np.maximum(spread[..., ::-1], 0)), angle


def distance(points: np.ndarray, means: np.ndarray, covariances: np.ndarray) -> np.ndarray:
    """(...) how many standard deviations (..., 2) points lie from the means, in each Gaussian's own measure."""
    apart = np.asarray(points, float) - np.asarray(means, float)
    solved = np.linalg.solve(np.asarray(covariances, float), apart[..., None])[..., 0]
    return np.sqrt((apart * solved).sum(axis=-1))


def inside(points: np.ndarray, means: np.ndarray, covariances: np.ndarray, coverage: float) -> np.ndarray:
    """(...) bool: whether (..., 2) points lie in the ellipse that holds `coverage` of the Gaussian; its edge counts."""
    return distance(points, means, covariances) <= radius(coverage)

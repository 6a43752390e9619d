"""How listeners' ratings of each second would spread: the ellipse that moves through the player's plane."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mer_core import ellipse
from mer_core.ellipse import EllipsePath


@dataclass(frozen=True)
class Listeners:
    """Drawn in place of a model's prediction; between two seconds it moves evenly."""

    path: EllipsePath
    coverage: float = 0.5  # the share of the listeners within the outline

    def message(self) -> dict:
        """What the player is sent of a prediction, with the song's mean Gaussian; and `spread`: the variances (vv, aa) and
        covariance (va) of each second, and how many standard deviations out the outline lies."""
        path = self.path
        (v, a), mean = path.means.T.astype(float), path.means.mean(axis=0, dtype=float)
        covariances = path.covariances.astype(float)
        spread = {name: small(covariances[:, i, j]) for name, (i, j) in (("vv", (0, 0)), ("va", (0, 1)), ("aa", (1, 1)))}
        return {"times": np.round(path.times.astype(float), 3).tolist(), "valence": small(v), "arousal": small(a),
                "values": dict(zip(("valence", "arousal"), small(mean), strict=True)),
                "covariance": covariances.mean(axis=0).tolist(),
                "spread": {**spread, "reach": ellipse.radius(self.coverage)}}


def small(values: np.ndarray) -> list[float]:
    return np.round(values, 5).tolist()

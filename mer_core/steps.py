"""A time axis of moments of any length, one after the other, such as beats."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mer_core.schema import Grid, frozen


@dataclass(frozen=True, eq=False)
class Steps(Grid):
    """Where uneven moments lie: each holds from its own edge to the next; `times` are their centres."""

    edges: np.ndarray  # (T + 1,) s, increasing

    def __post_init__(self):
        super().__post_init__()
        object.__setattr__(self, "edges", frozen(self.edges))
        if len(self.edges) != len(self.times) + 1 or (np.diff(self.edges) <= 0).any():
            raise ValueError(f"{len(self.times)} moments need {len(self.times) + 1} edges that increase, "
                             f"got {self.edges.tolist()[:8]} ...")

    @classmethod
    def between(cls, edges: np.ndarray) -> Steps:
        """Moments from each of `edges` (T + 1,) s to the next."""
        edges = np.asarray(edges, float)
        return cls(times=(edges[:-1] + edges[1:]) / 2, freqs=(), edges=edges)

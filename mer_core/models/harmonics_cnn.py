"""The harmonics CNN: twelve branches, each hearing one pitch class, say which quadrant of the plane a song is in."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from mer_core.models._harmonics import INPUT
from mer_core.models._picture import PictureModel


class HarmonicsCNN(PictureModel):
    """Windows are (N, 1, 256, 259), 6 s; answers are log-odds of the four quadrants.

    The bands move with the song's own tuning, or with `a4` in Hz where that is given.
    """

    name = "harmonics_cnn"

    def __init__(self, folder: Path | None = None, a4: float | None = None):
        super().__init__(folder)
        self.input = replace(INPUT, a4=a4)

    @property
    def depends_on(self) -> str:
        return super().depends_on + (f"-a4-{self.input.a4:g}" if self.input.a4 else "")

    def make(self, tensors: dict):
        """A network of the size, and for the table of bands, that the weights have."""
        from mer_core.models.nets.harmonics import HarmonicsCNN as Network

        return Network.like(tensors)

"""The consonance profile as pictures for a browser."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from mer_core import tiles
from mer_core.consonance import FROM_C, ConsonanceProfile
from mer_core.errors import ParameterError
from mer_core.schema import Progress, TrackInfo, silent
from mer_core.service._base import MEASURED
from mer_core.service._harmonics import Harmonics
from mer_core.store import Key
from mer_core.tiles import Tiles

DRAWN = ("pitch_classes", "intervals")


class HarmonicsDrawn(Harmonics):
    def consonance_tiles(self, info: TrackInfo, model: str, target: str, of: str, *, progress: Progress = silent) -> Tiles:
        """Brightness over time in log-odds: 12 rows of `of` "pitch_classes", C the lowest as in `chroma_tiles`, or 7 of
        "intervals", the same pitch class the lowest. Raises ParameterError as `consonance` does."""
        if of not in DRAWN:
            raise ParameterError(f"a consonance profile is drawn by {' or '.join(DRAWN)}, not by {of!r}")
        source = self._profile_key(info, self._with_harmonics(model, target))

        def draw(folder: Path) -> dict:
            profile = self.consonance(info, model, target, progress=progress)
            return tiles.classes(rows(profile, of), profile.times, folder, f"{target} log-odds")
        facts = {"source": source.path, "target": target, "of": of}
        return self._tiles(Key(info.id, "consonance-tiles", MEASURED, facts), draw, progress)


def rows(profile: ConsonanceProfile, of: str) -> np.ndarray:
    """(12 or 7, T): brightness by pitch class from C on, or its part that each interval holds."""
    if of == "intervals":
        return profile.intervals * profile.brightness
    return profile.pitch_classes[list(FROM_C)]

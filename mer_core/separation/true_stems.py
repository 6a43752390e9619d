"""The real stems of the project's own demo tracks, which were rendered apart: what a perfect separator would give."""

import json

import numpy as np
import soundfile

from mer_core.errors import DataError
from mer_core.registry import ASSETS
from mer_core.schema import STEM_NAMES, Progress, Stems, Track, silent
from mer_core.separation._base import Separator, with_residual

DEMOS = ASSETS / "demos"


class TrueStems(Separator):
    """Only for the demo tracks, known by their content id."""

    name = "true_stems"
    title = "True stems (rendered apart)"
    rank = 0
    bleeds = False

    def available(self, track: Track | None = None) -> str:
        slugs = _slugs()
        if track is not None and track.info.id in slugs:
            return ""
        return "True stems are there only for the demo tracks; for any other song, choose another separator."

    def separate(self, track: Track, *, progress: Progress = silent, out: np.ndarray | None = None) -> Stems:
        if self.available(track):
            raise DataError(f"{track.info.title!r} has no true stems. {self.available(track)}")
        out = np.empty((len(STEM_NAMES) + 1, *track.y.shape), np.float32) if out is None else out
        folder = DEMOS / _slugs()[track.info.id]
        for i, name in enumerate(STEM_NAMES):
            progress(i / len(STEM_NAMES), f"reading {name}")
            out[i] = _read(folder / f"{name}.flac", track.y.shape)
        progress(1.0, "read")
        return with_residual(track.y, out[:-1], STEM_NAMES, self.name, residual=out[-1])


def _slugs() -> dict[str, str]:
    """content id of the mix -> folder of each demo track."""
    listing = DEMOS / "demos.json"
    if not listing.exists():
        return {}
    return {demo["id"]: demo["slug"] for demo in json.loads(listing.read_text(encoding="utf-8"))}


def _read(path, shape: tuple[int, int]) -> np.ndarray:
    if not path.exists():
        raise DataError(f"{path.name} of the demo track {path.parent.name} is missing; render it again or use another "
                        f"separator")
    y = soundfile.read(path, dtype="float32", always_2d=True)[0].T
    if y.shape != shape:
        raise DataError(f"{path.parent.name}/{path.name} is {y.shape}, its mix {shape}; render the demo tracks again")
    return y

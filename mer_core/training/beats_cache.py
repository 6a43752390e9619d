"""The beats of every clip of a data set and what is heard at each, computed once and kept in a folder."""

from functools import partial
from pathlib import Path

import numpy as np

from mer_core.datasets._base import Clip
from mer_core.errors import TooFewBeats
from mer_core.features import beats, spectral
from mer_core.schema import Progress, Track, silent
from mer_core.training import BUILD, clip_files

FOLDER = BUILD / "beats"
LENGTH = 30.0  # s from the start of a clip


def cached(name: str, clips: list[Clip], progress: Progress = silent, *, folder: Path | None = None,
           workers: int | None = 1) -> list[beats.BeatFeatures | None]:
    """For each clip of the data set called `name` the features of its first 30 s; None where it has fewer than four
    successive beats.

    Files are keyed by the clip's bytes, the folder by beats.VERSION. Raises DataError naming a clip that cannot be
    decoded.
    """
    target = Path(folder or FOLDER) / f"{name}-{beats.VERSION}"
    files = clip_files.kept(target, clips, partial(row, LENGTH), suffix=".npz", workers=workers, progress=progress)
    return [_read(file) for file in files]


def row(seconds: float, track: Track) -> dict[str, np.ndarray]:
    """Times (B,), timbre (B, 20) and pitch amplitude (B, 48) of the beats of a song's first `seconds`; none where
    they are too few."""
    y = spectral.mono(track, beats.SR)[:round(seconds * beats.SR)]
    try:
        found = beats.track_beats(y, beats.SR)
    except TooFewBeats:
        return {"times": np.zeros(0)}
    timbre, pitch = beats.by_beat(y, found)
    return {"times": found.times, "note": np.array(found.note), "timbre": timbre, "pitch": pitch}


def _read(file: Path) -> beats.BeatFeatures | None:
    with np.load(file, allow_pickle=False) as kept:
        if not len(kept["times"]):
            return None
        found = beats.Beats(kept["times"], "tracked", str(kept["note"]))
        return beats.patched(found, kept["timbre"], kept["pitch"])

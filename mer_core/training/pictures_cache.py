"""Log-mel pictures of every clip of a data set at the settings of one model, made once and kept in a folder."""

import hashlib
from pathlib import Path

import numpy as np

from mer_core.datasets._base import Clip
from mer_core.models._logmel import LogMelInput
from mer_core.schema import Progress, silent
from mer_core.training import BUILD, clip_files

FOLDER = BUILD / "pictures"


def cached(name: str, clips: list[Clip], spec: LogMelInput, folder: Path | None = None,
           progress: Progress = silent) -> list[np.ndarray]:
    """For each clip of the data set called `name` (bands, T) float16 in the units of `spec`, memory-mapped.

    Files are keyed by the clip's bytes and the settings. Raises DataError naming a clip that cannot be decoded.
    """
    target = Path(folder or FOLDER) / f"{name}-{hashlib.sha256(repr(spec).encode()).hexdigest()[:12]}"
    files = clip_files.kept(target, clips, lambda track: spec.song(track).astype(np.float16), progress=progress)
    return [np.load(file, mmap_mode="r", allow_pickle=False) for file in files]

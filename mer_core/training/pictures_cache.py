"""Log-mel pictures of every clip of a data set at the settings of one model, made once and kept in a folder."""

import hashlib
import os
from pathlib import Path

import numpy as np

from mer_core.audio import decode
from mer_core.datasets._base import Clip
from mer_core.errors import AudioError, DataError
from mer_core.models._logmel import LogMelInput
from mer_core.schema import Progress, silent

FOLDER = Path(__file__).resolve().parents[2] / "build" / "pictures"  # git ignores it


def cached(name: str, clips: list[Clip], spec: LogMelInput, folder: Path | None = None,
           progress: Progress = silent) -> list[np.ndarray]:
    """For each clip of the data set called `name` (bands, T) float16 in the units of `spec`, memory-mapped.

    Files are keyed by the clip's bytes and the settings. Raises DataError naming a clip that cannot be decoded.
    """
    target = Path(folder or FOLDER) / f"{name}-{hashlib.sha256(repr(spec).encode()).hexdigest()[:12]}"
    target.mkdir(parents=True, exist_ok=True)
    found = []
    for i, clip in enumerate(clips):
        progress(i / len(clips), f"picture {i + 1} of {len(clips)} of {name}")
        path = target / f"{hashlib.sha256(clip.path.read_bytes()).hexdigest()[:20]}.npy"
        if not path.exists():
            _keep(clip, path, spec)
        found.append(np.load(path, mmap_mode="r", allow_pickle=False))
    return found


def _keep(clip: Clip, path: Path, spec: LogMelInput) -> None:
    try:
        picture = spec.song(decode(clip.path)).astype(np.float16)
    except AudioError as error:
        raise DataError(f"{clip.path}: {error}") from error
    part = path.with_name(f".{os.getpid()}-{path.name}")
    np.save(part, picture)
    part.replace(path)

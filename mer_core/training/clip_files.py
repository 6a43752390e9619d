"""What is made of every clip of a data set: once, in parallel, and kept in a folder with a file for each."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np

from mer_core.audio import decode
from mer_core.datasets._base import Clip
from mer_core.errors import AudioError, DataError
from mer_core.schema import Progress, Track, silent

SAVE = {".npy": np.save, ".npz": lambda path, arrays: np.savez(path, **arrays)}


def kept(folder: Path, clips: list[Clip], make: Callable[[Track], np.ndarray | dict[str, np.ndarray]], *,
         suffix: str = ".npy", workers: int | None = 1, progress: Progress = silent) -> list[Path]:
    """For each clip the file in `folder` with what `make` gives of it: an array, or arrays by name where `suffix` is
    ".npz". With more than one worker (None is one for each core) `make` is a function of a module.

    Files are keyed by the clip's bytes; the folder's name has to hold what else they depend on. Raises DataError naming
    the first clip that cannot be decoded.
    """
    folder.mkdir(parents=True, exist_ok=True)
    files = [folder / f"{hashlib.sha256(clip.path.read_bytes()).hexdigest()[:20]}{suffix}" for clip in clips]
    todo = [(clip, file) for clip, file in zip(clips, files, strict=True) if not file.exists()]
    with ProcessPoolExecutor(workers or os.cpu_count()) as pool:
        spread = map if workers == 1 else pool.map
        for done, _ in enumerate(spread(partial(_keep, make), todo), 1):
            progress(done / len(todo), f"{folder.name}: {done} of {len(todo)} clips")
    return files


def _keep(make: Callable, one: tuple[Clip, Path]) -> None:
    clip, file = one
    try:
        track = decode(clip.path)
    except AudioError as error:
        raise DataError(f"{clip.path}: {error}") from error
    part = file.with_name(f".{os.getpid()}-{file.name}")
    SAVE[file.suffix](part, make(track))
    part.replace(file)

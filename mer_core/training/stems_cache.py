"""Log-mel pictures of the mix and of its stems for every clip of a data set, made once and kept in a folder.

All five pictures of a clip have one reference, a power of 1, so a quiet stem stays quiet and a silent one empty: scaled
to its own maximum, a silent stem would be all leakage.
"""

import hashlib
from functools import partial
from pathlib import Path

import numpy as np

from mer_core.datasets._base import Clip
from mer_core.models.c2d_mix import INPUT
from mer_core.schema import STEM_NAMES, Progress, Track, silent
from mer_core.separation.embedded import Embedded
from mer_core.training import BUILD, clip_files

SOURCES = ("mix", *STEM_NAMES)
FOLDER = BUILD / "stems"


def cached(name: str, clips: list[Clip], sources: tuple[str, ...] = SOURCES, folder: Path | None = None,
           workers: int | None = None, progress: Progress = silent) -> list[np.ndarray]:
    """For each clip (S, 96, T) float16 of `sources`, in the units of models/c2d_mix.py, memory-mapped.

    Files are keyed by the clip's bytes, the separator's digest and the picture's settings. 30 s of stereo take some
    2 s of one core and 1.4 MB. Raises DataError naming the first clip that cannot be decoded.
    """
    target = Path(folder or FOLDER) / f"{name}-{version(sources)}"
    files = clip_files.kept(target, clips, partial(pictures, sources=sources), workers=workers, progress=progress)
    return [np.load(file, mmap_mode="r", allow_pickle=False) for file in files]


def version(sources: tuple[str, ...] = SOURCES) -> str:
    """A digest of what the pictures depend on beside the clip."""
    return hashlib.sha256(f"embedded {Embedded().digest} {INPUT} {sources}".encode()).hexdigest()[:12]


def pictures(track: Track, sources: tuple[str, ...] = SOURCES) -> np.ndarray:
    """(S, 96, T) float16 of the mix and of the embedded separator's stems; separates only where a stem is asked for."""
    parts = {"mix": track.y}
    if set(sources) - {"mix"}:
        parts |= dict(zip(STEM_NAMES, Embedded().separate(track).y, strict=True))
    return np.stack([INPUT.song(Track(track.info, parts[s])) for s in sources]).astype(np.float16)

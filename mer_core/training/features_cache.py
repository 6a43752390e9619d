"""Features of every clip of a data set, computed once, in parallel, and kept in a folder."""

import hashlib
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np

import mer_core.features as features
from mer_core.datasets._base import Clip
from mer_core.features import handcrafted
from mer_core.schema import Progress, Segment, Track, silent
from mer_core.training import BUILD, clip_files

CLIP = 30.0  # s, the length of a clip
SEGMENTS = (Segment(0, CLIP),  # the whole, then three views of it
            *(Segment(s, s + CLIP / 2) for s in (0, CLIP / 4, CLIP / 2)))
FOLDER = BUILD / "features"

# the files of mer_core/features/ that the values depend on; another file there keeps what is stored
MEASURES = ("__init__", "chroma", "frames", "handcrafted", "handcrafted_words", "mel", "rhythm", "spectral")


def cached(name: str, clips: list[Clip], folder: Path | None = None, workers: int | None = None,
           progress: Progress = silent) -> np.ndarray:
    """(clips, len(SEGMENTS), C) handcrafted features of the data set called `name`, by `workers` processes."""
    return measured(Path(folder or FOLDER) / f"{name}-{version()}", clips, _of_segments, workers, progress)


def measured(target: Path, clips: list[Clip], measure: Callable[[Track], np.ndarray], workers: int | None = None,
             progress: Progress = silent) -> np.ndarray:
    """(clips, ...) what `measure`, a function of a module, makes of each clip; kept in the folder `target`.

    Files are keyed by the clip's bytes, and the folder by a digest of the code, so a change of either computes them
    anew. `workers` and errors are those of clip_files.kept.
    """
    files = clip_files.kept(target, clips, measure, workers=workers, progress=progress)
    return np.stack([np.load(file, allow_pickle=False) for file in files])


@cache
def version() -> str:
    """A digest of the source that decodes and measures the handcrafted features."""
    return digest(SEGMENTS, [f"{name}.py" for name in MEASURES])


def digest(facts, names: list[str]) -> str:
    """A digest of `facts`, of files of mer_core/features/ and of what decodes."""
    found = hashlib.sha256(repr(facts).encode())
    measures = Path(features.__file__).parent
    for path in (*(measures / name for name in names), measures.with_name("audio.py"),
                 measures.with_name("decoders.py")):
        found.update(path.read_bytes())
    return found.hexdigest()[:12]


def _of_segments(track: Track) -> np.ndarray:
    return handcrafted.of_track(track, list(SEGMENTS))

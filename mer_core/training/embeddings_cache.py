"""What the backbones make of every clip of a data set, computed once and kept in a folder."""

import hashlib
import os
from functools import cache
from pathlib import Path

import numpy as np

from mer_core.audio import decode
from mer_core.datasets._base import Clip
from mer_core.errors import AudioError, DataError
from mer_core.features import spectral
from mer_core.models._hearing import EARS
from mer_core.models.backbones.chunks import HEARD
from mer_core.schema import Progress, silent

FOLDER = Path(__file__).resolve().parents[2] / "build" / "embeddings"  # git ignores it
VERSION = "1"  # raise it when the same clip would be heard otherwise


def cached(backbone: str, clips: list[Clip], folder: Path | None = None,
           progress: Progress = silent) -> list[dict[str, np.ndarray]]:
    """For each clip what `hear` of the backbone gives, float32 (K, ...) by name.

    Files are keyed by the clip's bytes and the weights' digest; 30 s take 0.3 s of one core, and 70 kB. Raises
    WeightsError where the backbone's weights are missing, DataError naming a clip that cannot be decoded.
    """
    target = Path(folder or FOLDER) / f"{backbone}-{EARS[backbone].WEIGHTS.digest[:8]}-{VERSION}"
    target.mkdir(parents=True, exist_ok=True)
    found = []
    for i, clip in enumerate(clips):
        progress(i / len(clips), f"{backbone} hears clip {i + 1} of {len(clips)}")
        path = target / f"{_key(clip.path)}.npz"
        if not path.exists():
            _keep(backbone, clip, path)
        with np.load(path, allow_pickle=False) as arrays:
            found.append({name: np.asarray(arrays[name], np.float32) for name in arrays.files})
    return found


@cache
def _key(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:20]


@cache
def _network(backbone: str, digest: str):
    return EARS[backbone].load()


def _keep(backbone: str, clip: Clip, path: Path) -> None:
    try:
        y = spectral.mono(decode(clip.path), HEARD)
    except AudioError as error:
        raise DataError(f"{clip.path}: {error}") from error
    ears = EARS[backbone]
    part = path.with_name(f".{os.getpid()}-{path.name}")  # ends in .npz, or savez would add it
    np.savez(part, **ears.hear(_network(backbone, ears.WEIGHTS.digest), y))
    part.replace(path)

"""What the backbones make of every clip of a data set, computed once and kept in a folder."""

from functools import cache
from pathlib import Path

import numpy as np

from mer_core.datasets._base import Clip
from mer_core.features import spectral
from mer_core.models._hearing import EARS
from mer_core.models.backbones.chunks import HEARD
from mer_core.schema import Progress, Track, silent
from mer_core.training import BUILD, clip_files

FOLDER = BUILD / "embeddings"
VERSION = "1"  # raise it when the same clip would be heard otherwise


def cached(backbone: str, clips: list[Clip], folder: Path | None = None,
           progress: Progress = silent) -> list[dict[str, np.ndarray]]:
    """For each clip what `hear` of the backbone gives, float32 (K, ...) by name.

    Files are keyed by the clip's bytes and the weights' digest; 30 s take 0.3 s of one core, and 70 kB. Raises
    WeightsError where the backbone's weights are missing, DataError naming a clip that cannot be decoded.
    """
    ears = EARS[backbone]

    def hear(track: Track) -> dict[str, np.ndarray]:
        return ears.hear(_network(backbone, ears.WEIGHTS.digest), spectral.mono(track, HEARD))
    target = Path(folder or FOLDER) / f"{backbone}-{ears.WEIGHTS.digest[:8]}-{VERSION}"
    return [_read(file) for file in clip_files.kept(target, clips, hear, suffix=".npz", progress=progress)]


@cache
def _network(backbone: str, digest: str):
    return EARS[backbone].load()


def _read(file: Path) -> dict[str, np.ndarray]:
    with np.load(file, allow_pickle=False) as arrays:
        return {name: np.asarray(arrays[name], np.float32) for name in arrays.files}

"""The mid-level descriptors, mean chroma and chords of every clip of a data set, computed once and kept in a folder."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np

import mer_core.features as features
from mer_core.datasets._base import Clip
from mer_core.features import chords, chroma, mid_level, spectral
from mer_core.features.mid_level import partials, strokes
from mer_core.schema import Progress, Track, silent
from mer_core.training import features_cache

LENGTH = 30.0  # s from the middle of the clip, or all of a shorter one
FOLDER = features_cache.FOLDER.with_name("descriptors")  # git ignores it
SHARES = tuple(f"share_{name}" for name in chords.NAMES)
COLUMNS = (*mid_level.NAMES, *(f"chroma_{name}" for name in chroma.NAMES), *SHARES, "key", "key_clarity")  # 46
MEASURES = ("__init__", "chords", "chroma", "frames", "mel", "rhythm", "spectral")
SETS = {"7": mid_level.NAMES,
        "19": (*mid_level.NAMES, *chroma.NAMES),
        "34": (*mid_level.NAMES, *chords.ABSOLUTE),
        "19 relative": (*mid_level.NAMES, *(f"chroma {degree}" for degree in chords.DEGREES)),
        "33 relative": (*mid_level.NAMES, *chords.RELATIVE),
        "13 functional": (*mid_level.NAMES, *chords.FUNCTIONAL)}


def cached(name: str, clips: list[Clip], folder: Path | None = None, workers: int | None = None,
           progress: Progress = silent) -> np.ndarray:
    """(clips, len(COLUMNS)) float32 of the data set called `name`: the descriptors, chroma and shares of the time, and
    the key 0-23. NaN where a descriptor is not defined or there is no key. 30 s take 0.4 s of one core."""
    return features_cache.measured(Path(folder or FOLDER) / f"{name}-{version()}", clips, row, workers, progress)


@cache
def version() -> str:
    """A digest of the source that decodes and measures."""
    package = Path(features.__file__).parent / "mid_level"
    names = [f"{name}.py" for name in MEASURES] + [f"mid_level/{path.name}" for path in sorted(package.glob("*.py"))]
    return features_cache.digest((LENGTH, COLUMNS), names)


def row(track: Track) -> np.ndarray:
    """(len(COLUMNS),) of the middle LENGTH seconds of a song."""
    y = spectral.mono(track, mid_level.SR)
    spare = max(len(y) - round(LENGTH * mid_level.SR), 0) // 2
    y = y[spare:spare + round(LENGTH * mid_level.SR)]
    tones = partials.find(y)
    described = mid_level.of_parts(tones, strokes.find(y), len(y) / mid_level.SR)
    harmony = chords.of_partials(tones)
    key = np.nan if harmony.key is None else harmony.key
    return np.array([*described.values, *harmony.chroma, *harmony.shares, key, harmony.clarity], np.float32)


def encoded(rows: np.ndarray, name: str) -> np.ndarray:
    """(N, len(COLUMNS)) -> (N, F) float32, the feature set called `name` (one of SETS); NaN is left in."""
    return np.array([_encoded(values, name) for values in rows], np.float32).reshape(len(rows), len(SETS[name]))


def _encoded(values: np.ndarray, name: str) -> np.ndarray:
    seven, mean, shares = np.split(values[:7 + 12 + len(SHARES)], [7, 19])
    key = int(values[COLUMNS.index("key")]) if np.isfinite(values[COLUMNS.index("key")]) else None
    rest = {"7": lambda: [], "19": lambda: mean, "34": lambda: chords.absolute(shares, key),
            "19 relative": lambda: chords.from_root(mean, key), "33 relative": lambda: chords.relative(shares, key),
            "13 functional": lambda: chords.functional(shares, key)}
    return np.concatenate([seven, rest[name]()])

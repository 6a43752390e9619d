"""What every data set is: clips with artists and human labels, read from its published layout."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mer_core.errors import DataError
from mer_core.schema import SCALE, TARGETS


@dataclass(frozen=True)
class Clip:
    """One labelled excerpt."""

    id: str  # unique within the data set
    path: Path
    group: str  # artist, or a name of its own where unknown: never split between train and test
    values: tuple[float, float]  # (valence, arousal) in [-1, 1]; NaN where the set does not rate them
    quadrant: int | None = None  # 1-4, where the set gives only that, or as the values say
    title: str = ""
    genre: str = ""


class Dataset(ABC):
    """A data set in a folder the user names."""

    name: str
    title: str
    citation: str
    licence: str
    url: str
    marker: str  # a path inside the folder that tells the set is there
    unit: str = SCALE  # of `ratings`

    def __init__(self, root: Path):
        """`root` is the set's own folder, or one that holds it under the set's name."""
        root = Path(root)
        self.root = root / self.name if (root / self.name / self.marker).exists() else root
        if not (self.root / self.marker).exists():
            raise DataError(f"{self.title} is not in {root}: expected {self.marker} there or in {self.name}/. "
                            f"Get it from {self.url}.")

    @abstractmethod
    def clips(self) -> list[Clip]:
        """Every usable clip, in a fixed order; raises DataError where the layout is not the published one."""

    def ratings(self) -> tuple[tuple[str, ...], np.ndarray]:
        """(K,) what listeners rated and (N, K) their ratings in `unit`, in the order of `clips`: valence and arousal,
        where a set has nothing else. NaN where it does not rate them."""
        return TARGETS, np.array([clip.values for clip in self.clips()])


def to_unit(value, low: float, high: float):
    """A rating on [low, high] on the scale [-1, 1] that is used everywhere inside."""
    return (np.asarray(value, float) - (low + high) / 2) / ((high - low) / 2)

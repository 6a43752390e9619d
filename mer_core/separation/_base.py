"""What every separator is: a mix in, four stems and a residual out."""

from abc import ABC, abstractmethod

import numpy as np

from mer_core.schema import SAMPLE_RATE, Progress, Stems, Track, silent


class Separator(ABC):
    """One way to take a song apart. The file name is free; `name` is the registry's key."""

    name: str
    title: str
    rank: int = 1  # of those that can run on a song, the lowest is used unless the user chooses
    bleeds: bool = True  # whether its stems hold traces of each other
    version: int = 1  # raise it when the same song would give other stems

    def available(self, track: Track | None = None) -> str:
        """"" when it can run now (on `track`), else a sentence that says what is missing and how to get it."""
        return ""

    @property
    def digest(self) -> str:
        """What the result depends on beyond the song: version and, where there are weights, their sha256."""
        return str(self.version)

    @abstractmethod
    def separate(self, track: Track, *, progress: Progress = silent, out: np.ndarray | None = None) -> Stems:
        """Stems of `track` in the order of schema.STEM_NAMES.

        `out`, where given, is a writable (4 + 1, channels, samples) float32 array, often memory-mapped, that takes the
        stems and the residual, so that a long song never needs them all in memory.
        """


def with_residual(mix: np.ndarray, stems: np.ndarray, names: tuple[str, ...], backend: str,
                  residual: np.ndarray | None = None) -> Stems:
    """Stems whose residual is what the given ones leave of `mix` (channels, samples), in float32."""
    rest = np.subtract(mix, stems.sum(axis=0), out=residual)
    return Stems(names=names, y=stems, residual=rest, backend=backend, sr=SAMPLE_RATE)

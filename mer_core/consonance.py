"""Consonance as a harmonics network saw it: which pitch classes were bright over time, and their intervals."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mer_core.explainers.grad_cam import SongMaps
from mer_core.features.harmonics import PITCH_CLASSES, fundamentals
from mer_core.schema import frozen

STEP = 0.1  # s, a column of a profile is not much shorter
INTERVALS = ("same pitch class", "minor second", "major second", "minor third", "major third", "fourth", "tritone")
INVERSIONS = ("octave", "major seventh", "minor seventh", "major sixth", "minor sixth", "fifth", "tritone")
# How consonant the interval classes of 1 to 6 semitones are, standard scores averaged over three listening studies:
# D. Huron, Interval-class content in equally tempered pitch-class sets, Music Perception 11(3), 1994.
HURON = np.array([-1.428, -0.582, 0.594, 0.386, 1.240, -0.453])
FROM_C = tuple((k + 3) % 12 for k in range(12))  # places of C ... B among A ... G#
EVEN = np.array([1, 2, 2, 2, 2, 2, 1]) / 12  # intervals of twelve equally bright pitch classes


@dataclass(frozen=True, eq=False)
class ConsonanceProfile:
    """What lit up for one target. Brightness is the positive part of Grad-CAM, as in the paper: what spoke for it, here
    compared with silence. Its unit: log-odds that a whole window like this moment would add (_grad_cam_maps.py)."""

    times: np.ndarray  # (T,) s
    pitch_classes: np.ndarray  # (12, T) brightness of A ... G#: `octaves` where positive, added up over the octaves
    octaves: np.ndarray  # (12, O, T) signed: what spoke for (positive) and against the target, by fundamental
    intervals: np.ndarray  # (7, T) the chance that two tones drawn by brightness lie 0 ... 6 semitones apart, an
    #                        interval and its inversion being one; adds up to 1, or to 0 where nothing is bright
    brightness: np.ndarray  # (T,) the sum of `pitch_classes`
    target: str
    a4: float = 440.0  # Hz, the tuning the song was read with

    def __post_init__(self):
        for name in ("times", "pitch_classes", "octaves", "intervals", "brightness"):
            object.__setattr__(self, name, frozen(getattr(self, name)))

    @property
    def hertz(self) -> np.ndarray:
        """(12, O) the fundamentals of `octaves`, as the song is tuned."""
        return fundamentals(self.octaves.shape[1], self.a4)

    @property
    def shares(self) -> np.ndarray:
        """(12,) of the song's brightness; zeros where nothing is bright."""
        total = self.pitch_classes.sum(axis=1, dtype=float)
        return total / (total.sum() or 1)

    @property
    def mean_intervals(self) -> np.ndarray:
        """(7,) `intervals` averaged over the song, each moment as bright as it is; zeros where nothing is bright."""
        return self.intervals.astype(float) @ self.brightness / (self.brightness.sum(dtype=float) or 1)

    @property
    def consonance(self) -> np.ndarray:
        """(T,) on Huron's index; NaN where fewer than two pitch classes are bright."""
        return consonance(self.intervals)

    @property
    def mean_consonance(self) -> float:
        """The song's, from its mean intervals."""
        return float(consonance(self.mean_intervals[:, None])[0])


def profile(found: SongMaps, k: int, target: str) -> ConsonanceProfile:
    """The profile of target `k` from the maps of a song, columns of about STEP seconds."""
    factor = max(round(STEP / float(np.median(np.diff(found.grid.times)))), 1) if len(found.grid.times) > 1 else 1
    edges = np.arange(0, len(found.grid.times), factor)
    heard = np.add.reduceat(found.windows, edges)
    octaves = np.add.reduceat(found.values[k], edges, axis=-1) / np.where(heard > 0, heard, np.inf)
    times = np.add.reduceat(found.grid.times.astype(float), edges) / np.diff([*edges, len(found.grid.times)])
    bright = np.maximum(octaves, 0).sum(axis=1)
    return ConsonanceProfile(times, bright, octaves, intervals(bright), bright.sum(axis=0), target, found.a4)


def intervals(weights: np.ndarray) -> np.ndarray:
    """(12, T) weights of twelve successive pitch classes, not negative -> (7, T): the chance that two classes drawn by
    them, one after the other and independently, lie 0 ... 6 semitones apart. Adds up to 1; zeros without weight.

    A chromagram may be given as well, to compare what the network picked out with what sounds.
    """
    total = weights.sum(axis=0, dtype=float)
    shares = weights / np.where(total > 0, total, np.inf)
    apart = [(shares * np.roll(shares, -d, axis=0)).sum(axis=0) for d in range(7)]
    return np.array([apart[0], *(2 * found for found in apart[1:6]), apart[6]])


def consonance(intervals: np.ndarray) -> np.ndarray:
    """(7, T) -> (T,) the mean of HURON over the intervals between different pitch classes, from -1.43 (semitones alone)
    to 1.24 (fourths and fifths alone); 0.00 for twelve equal ones. NaN where there is no such interval."""
    between = intervals[1:].sum(axis=0)
    return np.divide(HURON @ intervals[1:], between, out=np.full(len(between), np.nan), where=between > 1e-9)


def name(pitch_class: int) -> str:
    """"F♯" for the place 9 among A ... G#."""
    return PITCH_CLASSES[pitch_class].replace("#", "♯")


def of_sound(chroma: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(12, T) chromagram, A first -> (12,) shares, and (7,) intervals of the moments, each as loud as it is."""
    total = chroma.sum(dtype=float) or 1
    return chroma.sum(axis=1, dtype=float) / total, intervals(chroma) @ chroma.sum(axis=0, dtype=float) / total

"""What a deep belief network hears in four beats, in groups that a musician can tell apart, with a sentence for
each."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from mer_core.features.beats import SPAN, pitch, timbre
from mer_core.features.beats.fourier import COLUMNS
from mer_core.schema import FeatureInfo

UNIT = "SD from the average"
TIMBRES = (  # name, MFCC counted from 1, what it is
    ("percussion: level and brightness", 1, 6, "how loud the strokes are, how dark or bright, and their broad shape"),
    ("percussion: colour", 7, 13, "the colour of the strokes, which tells a bass drum from a snare"),
    ("percussion: texture", 14, 20, "the fine texture of the strokes, such as the hiss of cymbals against a dry click"))
SPANS = (  # name, waves over the four octaves, what it is
    ("register", 0, 3, "how much sounds, and whether high or low"),
    ("wide intervals", 4, 10, "notes that stand an octave, a fifth or a fourth apart"),
    ("close intervals", 11, 24, "notes that stand thirds, whole tones or less apart"))
RATES = (  # name, waves over eight beats, what it is
    ("held", 0, 0, "as far as it stays over four beats"),
    ("slow", 1, 2, "as far as it changes over four beats or more"),
    ("from beat to beat", 3, 4, "as far as it changes from one beat to the next"))


@dataclass(frozen=True, eq=False)
class Group:
    """Some of the values of one feature."""

    info: FeatureInfo
    feature: str  # rhythm, pitch or fourier
    cells: np.ndarray  # (D,) bool


@cache
def groups(feature: str) -> tuple[Group, ...]:
    """The groups of a feature; each of its values lies in exactly one."""
    return tuple({"rhythm": _timbres, "pitch": _octaves, "fourier": _patterns}[feature]())


def _timbres():
    for name, first, last, text in TIMBRES:
        cells = np.zeros((SPAN, timbre.SIZE), bool)
        cells[:, first - 1:last] = True
        yield _group(name, "rhythm", "rhythm", f"{text} (MFCC {first} to {last} of the percussive part)", cells)


def _octaves():
    for first in range(0, pitch.SIZE, 12):
        low, high = pitch.NAMES[first], pitch.NAMES[first + 11]
        cells = np.zeros((SPAN, pitch.SIZE), bool)
        cells[:, first:first + 12] = True
        yield _group(f"pitches {low} to {high}", "pitch", "harmony", f"which notes sound from {low} to {high}", cells)


def _patterns():
    rows, columns = (np.minimum(np.arange(n), n - np.arange(n)) for n in (pitch.SIZE, COLUMNS))  # a wave and its mirror
    for span, low, high, what in SPANS:
        for rate, slow, fast, when in RATES:
            cells = np.outer((low <= rows) & (rows <= high), (slow <= columns) & (columns <= fast))
            yield _group(f"{span}, {rate}", "fourier", "melody", f"{what}; {when}, in whatever key", cells)


def _group(name: str, feature: str, family: str, text: str, cells: np.ndarray) -> Group:
    sentence = f"{name[0].upper()}{name[1:]}: {text}. 1 is as usual, more is unusual."
    return Group(FeatureInfo(name, UNIT, family, sentence), feature, cells.ravel())


def infos() -> dict[str, FeatureInfo]:
    """name -> words of every group."""
    return {group.info.name: group.info for feature in ("rhythm", "pitch", "fourier") for group in groups(feature)}

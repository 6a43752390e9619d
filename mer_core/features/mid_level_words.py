"""What each mid-level descriptor is, for a musician: unit, what is low and what is high, and how usual a value is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mer_core.features import chords, chroma
from mer_core.features.mid_level import UNITS
from mer_core.schema import FeatureInfo

QUANTILES = (5, 25, 50, 75, 95)  # per cent of the clips below
CLIPS = 756  # of MUSIFEAST-17 and Emotify, 30 s each, that the quantiles are of


@dataclass(frozen=True)
class Descriptor:
    """One descriptor in words."""

    name: str
    title: str
    unit: str
    family: str  # harmony, rhythm or melody
    what: str  # how it is measured, in one sentence
    low: str  # what a low value sounds like
    high: str
    asked: str  # what listeners were asked for the descriptor of this name (paper 3, table 4): not what is measured
    usual: tuple[float, ...]  # the values at QUANTILES

    @property
    def sentence(self) -> str:
        return f"{self.what[0].upper()}{self.what[1:]}. Low: {self.low}. High: {self.high}."

    @property
    def typical(self) -> float:
        """The median."""
        return self.usual[2]

    @property
    def spread(self) -> tuple[float, float]:
        """Where nine in ten clips lie; the range of a slider."""
        return self.usual[0], self.usual[-1]


def _descriptor(name: str, title: str, family: str, what: str, low: str, high: str, asked: str, *usual: float):
    return Descriptor(name, title, UNITS[name], family, what, low, high, asked, usual)


DESCRIPTORS = (
    _descriptor(
        "melodiousness", "melodiousness", "melody",
        "the share of the sound that belongs to one leading pitch and its overtones, as long as that pitch goes on "
        "without a break for a quarter of a second",
        "noise, drums or a dense texture without a leading line", "a voice or a solo line that one could sing along",
        "To which excerpt do you feel like singing along?",
        0.276, 0.414, 0.492, 0.57, 0.671),
    _descriptor(
        "articulation", "articulation", "rhythm",
        "how many detached sounds there are in a second: each onset counts by the part of the time to the next in "
        "which its sound has dropped by 10 dB",
        "legato, held and joined notes", "staccato, plucked or struck notes with gaps between them",
        "Which has more sounds with staccato articulation?",
        0.06, 0.313, 0.603, 1.02, 1.773),
    _descriptor(
        "rhythm_stability", "rhythm stability", "rhythm",
        "pulse clarity: how exactly the accents return after the period that fits best, between 40 and 220 a minute",
        "rubato, or no beat one could march to", "a clear and even beat",
        "Imagine marching along with the music. Which is easier to march along with?",
        0.243, 0.416, 0.549, 0.694, 0.864),
    _descriptor(
        "rhythm_complexity", "rhythm complexity", "rhythm",
        "how hard it is to foresee the time to the next onset: the entropy of the intervals between onsets",
        "one note value throughout, as a metronome", "many different intervals: syncopation, layers, free playing",
        "Is it difficult to repeat by tapping? Is it difficult to find the meter? Does the rhythm have many layers?",
        0.953, 1.687, 2.187, 2.574, 3.022),
    _descriptor(
        "dissonance", "dissonance", "harmony",
        "sensory roughness: how much the partials that sound together beat against each other; two equal partials a "
        "quarter of a critical band apart have 1",
        "a pure line or wide consonant chords", "clusters, distortion, cymbals and noise",
        "Which excerpt has noisier timbre? Has more dissonant intervals (tritones, seconds, etc.)?",
        0.996, 1.442, 1.824, 2.244, 3.267),
    _descriptor(
        "tonal_stability", "tonal stability", "harmony",
        "how well every stretch of ten seconds fits the one key that fits the whole best, as a correlation",
        "chromatic or vague harmony, or modulations", "one clear key from beginning to end",
        "Where is it easier to determine the tonic and key? In which excerpt are there more modulations?",
        0.575, 0.726, 0.797, 0.863, 0.926),
    _descriptor(
        "minorness", "minorness", "harmony",
        "how much better the best minor key fits than the best major key, as a difference of correlations",
        "major; below 0 the best key is a major one", "minor; above 0 the best key is a minor one",
        "Imagine accompanying this song with chords. Which song would have more minor chords?",
        -0.299, -0.191, -0.068, 0.047, 0.193))
BY_NAME = {descriptor.name: descriptor for descriptor in DESCRIPTORS}


def said(name: str, value: float, reason: str = "") -> str:
    """On one song: "Dissonance 2.31 (roughness), higher than in about 75 of 100 songs. High: clusters, ..."."""
    descriptor = BY_NAME[name]
    title = descriptor.title[0].upper() + descriptor.title[1:]
    if not np.isfinite(value):
        return f"{title}: not defined here. {reason}".strip()
    rank = percent_below(name, value)
    measured = f"{title} {value:.2f} ({descriptor.unit})"
    if 40 <= rank <= 60:
        return f"{measured}, as in most songs."
    side, means = ("higher", f"High: {descriptor.high}") if rank > 50 else ("lower", f"Low: {descriptor.low}")
    many = "almost all" if max(rank, 100 - rank) > 95 else f"about {max(rank, 100 - rank):.0f} of 100"
    return f"{measured}, {side} than in {many} songs. {means}."


def percent_below(name: str, value: float) -> float:
    """How many of 100 clips have a lower value, by interpolation between the quantiles; 1 to 99."""
    usual = np.array(BY_NAME[name].usual)
    tail = np.array([usual[0] - (usual[1] - usual[0]), usual[-1] + (usual[-1] - usual[-2])])
    return float(np.interp(value, [tail[0], *usual, tail[1]], [1, *QUANTILES, 99]))


def _harmony_rows():
    for name in chroma.NAMES:
        yield name, "0 to 1", f"pitch class {name}", f"how strongly {name} sounds in any octave, on average"
    for name in chords.NAMES[:chords.NONE]:
        yield f"chord {name}", "0 or 1", f"chord {name}", "1 where this triad is heard for 2 % of the time or more"
    for degree in chords.DEGREES:
        yield (f"chroma {degree}", "0 to 1", f"scale degree {degree}",
               "how strongly this degree of the key sounds, on average; the same in every key")
        for shape, mode in ((degree, "major"), (degree.lower(), "minor")):
            yield (shape, "share of the time", f"{mode} triad on {degree}",
                   "how much of the time this chord is heard; counted from the key's root, so the same in every key")
    for function in chords.FUNCTIONS:
        yield (function, "share of the time", f"{function} chords",
               "how much of the time with a chord it has this function in the key")
    yield ("key_root", "semitones over C", "key root",
           "the root of the best key, 0 for C to 11 for B; a circle that a straight scale cuts open")
    yield ("key_mode", "0 or 1", "key mode", "0 where the best key is major, 1 where it is minor")
    yield ("tonic_in_top3", "0 or 1", "tonic in top 3",
           "1 where the root of the key is the root of one of the three most frequent chords")


def info(name: str, feature_set: str = "") -> FeatureInfo:
    """Words for any value of the feature sets of training/descriptors_cache.py; in the set "34" a name such as C is a
    chord, elsewhere a pitch class."""
    if name in BY_NAME:
        found = BY_NAME[name]
        return FeatureInfo(name, found.unit, found.family, f"{found.title}: {found.sentence}")
    wanted = f"chord {name}" if feature_set == "34" and name in chords.NAMES[:chords.NONE] else name
    _, unit, title, text = next(row for row in _harmony_rows() if row[0] in (wanted, f"chord {name}"))
    return FeatureInfo(name, unit, "harmony", f"{title}: {text}.")

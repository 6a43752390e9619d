"""The seven mid-level descriptors of the thesis, estimated from the signal: they work on any song, without a model.

They carry the names of the seven that listeners rated (A. Aljanaki and M. Soleymani, A data-driven approach to
mid-level perceptual musical feature modeling, ISMIR 2018), and are another thing: each is a definition from the
literature, given with its source in its file. Words for a musician are in mid_level_words.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from mer_core.features import spectral
from mer_core.features.mid_level import articulation, dissonance, intervals, melody, partials, pulse, strokes, tonality
from mer_core.features.mid_level.partials import Partials
from mer_core.features.mid_level.pictures import of_bands, of_partials
from mer_core.features.mid_level.strokes import Strokes
from mer_core.features.mid_level.windows import LEAST, WINDOW, Measured, spans, starts
from mer_core.schema import Picture, Progress, Track, frozen, silent

NAMES = ("melodiousness", "articulation", "rhythm_stability", "rhythm_complexity", "dissonance", "tonal_stability",
         "minorness")
RHYTHMIC = ("articulation", "rhythm_stability", "rhythm_complexity")  # sums over bands; the others over partials
UNITS = dict(zip(NAMES, ("0 to 1", "detached sounds a second", "0 to 1", "bits", "roughness", "-1 to 1", "-1 to 1")))
SR = partials.SR


@dataclass(frozen=True, eq=False)
class MidLevel:
    """The descriptors of one song, in the order of NAMES."""

    values: np.ndarray  # (7,) the mean of the curve; NaN where not defined
    reasons: Mapping[str, str]  # name -> a sentence, for each that is not defined here
    times: np.ndarray  # (W,) s, the centres of the windows of ten seconds
    curves: np.ndarray  # (7, W), NaN in a window where not defined
    pictures: Mapping[str, Picture]  # name -> (F, T) which sums to the value; only for defined ones, and if asked for
    names: tuple[str, ...] = NAMES

    def __post_init__(self):
        for name in ("values", "times", "curves"):
            object.__setattr__(self, name, frozen(getattr(self, name)))

    def __getitem__(self, name: str) -> float:
        return float(self.values[self.names.index(name)])


def describe(track: Track, *, pictures: bool = True, progress: Progress = silent) -> MidLevel:
    """The descriptors of a song. Never raises for what it hears: what cannot be measured is NaN with a reason.

    `pictures=False` leaves out where in time and frequency the values come from, for many songs or mixes.
    """
    progress(0.0, "resampling")
    return of_sound(spectral.mono(track, SR), pictures=pictures, progress=progress)


def of_sound(y: np.ndarray, *, pictures: bool = False, progress: Progress = silent) -> MidLevel:
    """`describe` of (samples,) mono at 22,050 Hz."""
    refused = refusal(y)
    if refused:
        return _nothing(refused)
    progress(0.1, "finding the partials")
    tones = partials.find(y)
    progress(0.5, "finding the onsets")
    return of_parts(tones, strokes.find(y), len(y) / SR, pictures=pictures, progress=progress)


def refusal(y: np.ndarray) -> str:
    """Why nothing at all can be described, or ""."""
    if len(y) < LEAST * SR:
        return f"There are {len(y) / SR:.1f} s of sound; at least {LEAST:.0f} s are needed."
    if np.abs(y).max() < partials.QUIET:
        return "There is nothing to hear."
    return ""


def of_parts(tones: Partials, beats: Strokes, seconds: float, *, pictures: bool = False,
             progress: Progress = silent) -> MidLevel:
    """`describe` from the partials and strokes of a sound of that length, where they are at hand."""
    found = _measured(tones, beats, seconds, progress)
    progress(0.8, "drawing where it comes from")
    drawn = {name: (of_bands if name in RHYTHMIC else of_partials)(
        beats if name in RHYTHMIC else tones, found[name].shares, UNITS[name])
        for name in NAMES if pictures and not found[name].reason}
    return MidLevel(values=[found[name].value for name in NAMES],
                    reasons={name: found[name].reason for name in NAMES if found[name].reason},
                    times=starts(seconds) + min(WINDOW, seconds) / 2,
                    curves=np.array([found[name].curve for name in NAMES]), pictures=drawn)


def _measured(tones: Partials, beats: Strokes, seconds: float, progress: Progress) -> dict[str, Measured]:
    inside, struck = spans(tones.times, seconds), spans(beats.times, seconds)
    progress(0.6, "fitting the keys")
    keys = tonality.fits(tonality.classes(tones), inside)
    return {"tonal_stability": tonality.stability(keys), "minorness": tonality.minorness(keys),
            "dissonance": dissonance.measure(tones, inside), "melodiousness": melody.measure(tones, inside),
            "articulation": articulation.measure(beats, struck), "rhythm_stability": pulse.measure(beats, struck),
            "rhythm_complexity": intervals.measure(beats, struck)}


def _nothing(reason: str) -> MidLevel:
    empty = np.full(len(NAMES), np.nan)
    return MidLevel(empty, dict.fromkeys(NAMES, reason), np.zeros(0), np.zeros((len(NAMES), 0)), {})

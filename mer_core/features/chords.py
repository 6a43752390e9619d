"""Chords over time, the key, and what a model may be told of them: absolutely, or relative to the key."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mer_core.features import chroma, frames, spectral
from mer_core.features.mid_level import partials, tonality
from mer_core.features.mid_level.partials import HOP, SR, Partials
from mer_core.features.mid_level.windows import LEAST, spans
from mer_core.schema import Progress, Track, frozen, silent

NONE = 24  # no chord: silence, noise, or another harmony than a triad
NAMES = (*chroma.NAMES, *(f"{name}m" for name in chroma.NAMES), "none")  # C major ... B major, C minor ... B minor
STAYS = 1 - HOP / SR / 1.0  # probability a frame that a chord goes on: a mean length of one second
SHARP = 15.0  # how much a frame trusts its best template: exp(15 cosine)
PRESENT = 0.02  # of the time, from where a chord is in the song (0.6 s of 30 s)
DEGREES = ("I", "♭II", "II", "♭III", "III", "IV", "♯IV", "V", "♭VI", "VI", "♭VII", "VII")
FUNCTIONS = ("tonic", "subdominant", "dominant", "other")
# Degree (semitones over the root, plus 12 for a minor triad) to function: D. de la Motte, Harmonielehre, 1976, after
# H. Riemann: substitutes a third away share a chord's function. First the major keys, then the minor ones.
FUNCTION_OF = ({"tonic": (0, 4 + 12, 9 + 12), "subdominant": (5, 2 + 12, 5 + 12), "dominant": (7,)},
               {"tonic": (0 + 12, 3), "subdominant": (5 + 12, 8, 5), "dominant": (7, 7 + 12, 10)})


@dataclass(frozen=True, eq=False)
class Chords:
    """The harmony of one song."""

    times: np.ndarray  # (T,) s, the centre of each frame, 93 ms apart
    states: np.ndarray  # (T,) int, which of NAMES
    chroma: np.ndarray  # (12,) mean strength of the pitch classes C to B, 0 to 1, the strongest of each frame at 1
    key: int | None  # 0-11 C major ... B major, 12-23 C minor ... B minor; None where there is no key
    clarity: float  # correlation of the key, NaN where there is none

    def __post_init__(self):
        object.__setattr__(self, "times", frozen(self.times))
        object.__setattr__(self, "states", frozen(self.states, np.int16))
        object.__setattr__(self, "chroma", frozen(self.chroma))

    @property
    def shares(self) -> np.ndarray:
        """(25,) the share of the time of each of NAMES; NaN where the song has no frame."""
        counts = np.bincount(self.states, minlength=len(NAMES))
        return (counts / counts.sum() if len(self.states) else np.full(len(NAMES), np.nan)).astype(np.float32)

    @property
    def sequence(self) -> list[tuple[float, float, str]]:
        """(start, end, name) in s for each run of one chord, "none" too; for display."""
        if not len(self.states):
            return []
        edges = np.flatnonzero(np.diff(self.states, prepend=-1))
        half = HOP / SR / 2
        starts = np.maximum(self.times[edges] - half, 0)
        ends = [*starts[1:], self.times[-1] + half]
        return [(float(a), float(b), NAMES[self.states[e]]) for a, b, e in zip(starts, ends, edges)]

    @property
    def key_name(self) -> str:
        """Such as "A minor", or "no key"."""
        return "no key" if self.key is None else f"{chroma.NAMES[self.key % 12]} {('major', 'minor')[self.key // 12]}"


def chords(track: Track, *, progress: Progress = silent) -> Chords:
    """The chords and the key of a song; less than 3 s, silence and noise give no key and the chord "none"."""
    progress(0.0, "finding the partials")
    return of_partials(partials.find(spectral.mono(track, SR)), progress=progress)


def of_partials(tones: Partials, *, progress: Progress = silent) -> Chords:
    """`chords` where the partials are at hand."""
    progress(0.6, "fitting the chords")
    classes = tonality.classes(tones)
    seconds = len(tones.times) * HOP / SR
    keys = tonality.fits(classes, spans(tones.times, seconds))
    key = tonality.song_key(keys) if seconds >= LEAST else None
    heard = classes.chroma / np.maximum(classes.chroma.max(axis=0), 1e-20)
    mean = heard[:, tones.sounding].mean(axis=1) if tones.sounding.any() else np.zeros(12)
    return Chords(tones.times, smoothed(heard), mean, key,
                  float("nan") if key is None else float(np.nanmean(keys.keys[:, key])))


def smoothed(heard: np.ndarray) -> np.ndarray:
    """(12, T) pitch classes -> (T,) states: the 24 binary triads and an even template for none (T. Fujishima, Realtime
    chord recognition of musical sound, ICMC 1999), by cosine, and the likeliest path through them (Viterbi, as A. Sheh
    and D. Ellis, Chord segmentation and recognition using EM-trained hidden Markov models, ISMIR 2003; here all changes
    are equally likely)."""
    from librosa.sequence import transition_loop, viterbi

    if heard.shape[1] == 0:
        return np.zeros(0, int)
    templates = np.concatenate([frames.triads(), np.full((1, 12), 12 ** -0.5)])
    norm = np.linalg.norm(heard, axis=0)
    unit = np.where(norm > 0, heard / np.maximum(norm, 1e-20), 12 ** -0.5)
    odds = np.exp(SHARP * (templates @ unit - 1))
    return viterbi(odds / odds.sum(axis=0), transition_loop(len(templates), STAYS))


def tonic_in_top3(shares: np.ndarray, key: int | None) -> float:
    """1 where the key's root is the root of one of the three most frequent chords, else 0; NaN without a key."""
    if key is None or not np.isfinite(shares).all():
        return float("nan")
    held = [k for k in np.argsort(-shares[:NONE], kind="stable")[:3] if shares[k] > 0]
    return float(key % 12 in {k % 12 for k in held})


ABSOLUTE = (*NAMES[:NONE], "key_root", "tonic_in_top3", "key_mode")  # 27; with the seven descriptors 34
RELATIVE = (*DEGREES, *(degree.lower() for degree in DEGREES), "tonic_in_top3", "key_mode")  # 26
FUNCTIONAL = (*FUNCTIONS, "tonic_in_top3", "key_mode")  # 6


def absolute(shares: np.ndarray, key: int | None) -> np.ndarray:
    """(27,) as the thesis has them (section 5.1.3): a 0/1 flag for each triad that is in the song, key root 0 (C) to
    11, tonic in top 3, key mode 0 (major) or 1 (minor). The last three are NaN without a key."""
    flags = (shares[:NONE] >= PRESENT).astype(float)
    return np.concatenate([flags, [_root(key), *_last(shares, key)]]).astype(np.float32)


def relative(shares: np.ndarray, key: int | None) -> np.ndarray:
    """(26,) the share of the time of the major triad on each degree of the key, then of the minor ones; tonic in top 3,
    key mode. The same for a song and its transposition; NaN without a key."""
    if key is None:
        return np.full(len(RELATIVE), np.nan, np.float32)
    return np.concatenate([_degrees(shares, key), _last(shares, key)]).astype(np.float32)


def functional(shares: np.ndarray, key: int | None) -> np.ndarray:
    """(6,) the share of the time of each of FUNCTIONS, of that in which there is a chord; tonic in top 3, key mode.
    NaN without a key or a chord."""
    total = shares[:NONE].sum()
    if key is None or not total > 0:
        return np.full(len(FUNCTIONAL), np.nan, np.float32)
    degrees = _degrees(shares, key) / total
    held = [degrees[list(FUNCTION_OF[key // 12][name])].sum() for name in FUNCTIONS[:3]]
    return np.array([*held, max(1 - sum(held), 0.0), *_last(shares, key)], np.float32)


def from_root(mean: np.ndarray, key: int | None) -> np.ndarray:
    """(12,) mean chroma counted from the key's root instead of from C; NaN without a key."""
    return np.full(12, np.nan, np.float32) if key is None else np.roll(mean, -(key % 12)).astype(np.float32)


def _degrees(shares: np.ndarray, key: int) -> np.ndarray:
    """(24,) shares of the triads counted from the key's root."""
    return np.concatenate([np.roll(shares[:12], -(key % 12)), np.roll(shares[12:NONE], -(key % 12))])


def _root(key: int | None) -> float:
    return float("nan") if key is None else float(key % 12)


def _last(shares: np.ndarray, key: int | None) -> list[float]:
    return [tonic_in_top3(shares, key), float("nan") if key is None else float(key // 12)]

"""Consonance in plain sentences: which tones and intervals lit up, beside what sounds. No streamlit."""

from __future__ import annotations

import numpy as np

from mer_core.consonance import HURON, INTERVALS, INVERSIONS, ConsonanceProfile, consonance, intervals, name
from mer_core.words import clock


def interval(semitones: int) -> str:
    """"fourth or fifth" for 5: an interval and its inversion are one."""
    names = dict.fromkeys((INTERVALS[semitones], INVERSIONS[semitones]))
    return " or ".join(names) if semitones else "unison or octave"


def dark(target: str) -> str:
    return f"Nothing lit up for {target}: every pitch class spoke against it or was silent. So there is no tone row."


def tones(profile: ConsonanceProfile, sound: np.ndarray) -> str:
    """The brightest pitch classes; `sound` (12,) shares of the chromagram, A first."""
    first, second = np.argsort(-profile.shares)[:2]
    held, sounds = (shares[[first, second]].sum() for shares in (profile.shares, sound))
    return (f"Brightest for {profile.target}: **{name(first)}** and **{name(second)}**, together {held:.0%} of all "
            f"brightness; of what sounds they are {sounds:.0%} (two of twelve alike would be 17 %).")


def likeness(profile: ConsonanceProfile, sound: np.ndarray) -> str:
    """Whether what lit up is just what sounds."""
    r = float(np.corrcoef(profile.shares, sound)[0, 1]) if min(np.ptp(profile.shares), np.ptp(sound)) > 1e-9 else 0.0
    way = "what is bright is mostly what sounds" if r > 0.7 else \
        "what is bright is only partly what sounds" if r > 0.3 else "what is bright is not simply what sounds"
    return f"Over the twelve pitch classes brightness and sound correlate by {r:+.2f}: {way}."


def apart(profile: ConsonanceProfile, sound: np.ndarray) -> str:
    """The commonest interval between different bright tones; `sound` (7,) that of the chromagram."""
    bright = profile.mean_intervals
    if bright[1:].sum() < 1e-6:
        return "One pitch class at a time is bright, so there are no intervals between bright tones."
    k = 1 + int(bright[1:].argmax())
    return (f"Two different bright tones are most often a **{interval(k)}** apart: {_between(bright, k):.0%} of such pairs, "
            f"of those that sound {_between(sound, k):.0%}.")


def _between(chances: np.ndarray, k: int) -> float:
    return float(chances[k] / (chances[1:].sum() or 1))


def index(profile: ConsonanceProfile, sound: np.ndarray) -> str:
    """How consonant the bright tones are, beside what sounds, on Huron's index."""
    here, there = profile.mean_consonance, float(consonance(sound[:, None])[0])
    if not np.isfinite([here, there]).all():
        return "Too few tones are bright, or sound, to say how consonant they are together."
    way = "more" if here > there + 0.005 else "less" if here < there - 0.005 else "as"
    return (f"On Huron's index of consonance, {HURON.min():+.2f} for semitones alone to {HURON.max():+.2f} for fourths and "
            f"fifths alone, the bright tones reach **{here:+z.2f}** and those that sound {there:+z.2f}: what counted is "
            f"{way} consonant {'as' if way == 'as' else 'than'} the song.")


def over_time(profile: ConsonanceProfile) -> str:
    """Where brightness peaks, and how large it is."""
    mean, at = float(profile.brightness.mean(dtype=float)), int(profile.brightness.argmax())
    return (f"Brightness is {mean:.2f} log-odds on average; it is highest around {clock(profile.times[at])}, at "
            f"{profile.brightness[at]:.2f}.")


def of_sound(chroma: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(12, T) chromagram, A first -> (12,) shares, and (7,) intervals of the moments, each as loud as it is."""
    total = chroma.sum(dtype=float) or 1
    return chroma.sum(axis=1, dtype=float) / total, intervals(chroma) @ chroma.sum(axis=0, dtype=float) / total

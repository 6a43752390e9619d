"""A consonance profile in plain sentences, and how far it can be trusted."""

from __future__ import annotations

from functools import cache

import numpy as np

from mer_core import consonance
from mer_core.consonance import EVEN, HURON, INTERVALS, INVERSIONS, ConsonanceProfile
from mer_core.features.harmonics import blinder
from mer_core.models._harmonics import INPUT, harmonics_table
from mer_core.words import clock

SOURCE = "D. Huron, Music Perception 11(3), 1994"
NOTHING = "Nothing was bright for {target}: no harmonics spoke for it."


def sentences(profile: ConsonanceProfile, sound: np.ndarray | None = None) -> list[str]:
    """All that there is to say of a profile; `sound` (12, T), a chromagram, is compared with it."""
    if not profile.shares.any():
        return [NOTHING.format(target=_target(profile))]
    return [brightest_sentence(profile), interval_sentence(profile), consonance_sentence(profile, sound),
            *trust_sentences()]


def brightest_sentence(profile: ConsonanceProfile) -> str:
    """"Brightest for contentment: G (18 % of the brightness), D (15 %) and B (12 %), most of all around 0:12; ..."."""
    if not profile.shares.any():
        return NOTHING.format(target=_target(profile))
    order = np.argsort(-profile.shares)[:3]
    bright = [p for p in order if profile.shares[p] >= 0.005]
    first, *rest = [f"{consonance.name(p)} ({_percent(profile.shares[p])})" for p in bright]
    first = first.replace(" %)", " % of the brightness)")
    said = f"{', '.join([first, *rest[:-1]])} and {rest[-1]}" if rest else first
    when = clock(profile.times[int(profile.brightness.argmax())])
    more = " ".join(sentence for sentence in (against_sentence(profile), steady_sentence(profile)) if sentence)
    return (f"Brightest for {_target(profile)}: {said}, most of all around {when}. Were all twelve pitch classes "
            f"alike, each would have {_percent(1 / 12)}. {more}".strip())


def against_sentence(profile: ConsonanceProfile) -> str:
    """"F♯ speaks most against it."; "" where nothing does."""
    against = np.minimum(profile.octaves, 0).sum(axis=(1, 2), dtype=float)
    return f"{consonance.name(int(against.argmin()))} speaks most against it." if against.min() < 0 else ""


def steady_sentence(profile: ConsonanceProfile) -> str:
    """How much of the bright moments one pitch class leads; "" in a song of less than a second."""
    bright = profile.pitch_classes[:, profile.brightness > 0]
    if bright.shape[1] < 10:
        return ""
    leads = np.bincount(bright.argmax(axis=0), minlength=12) / bright.shape[1]
    said = f"{consonance.name(int(leads.argmax()))} leads {_percent(leads.max())} of the time"
    steady = ": where it stays while the chords change, that is the network's habit rather than the harmony"
    return f"{said}{steady if leads.max() > 0.5 else ''}."


def interval_sentence(profile: ConsonanceProfile) -> str:
    """The interval between different pitch classes that stands out most over twelve equally bright ones."""
    found = profile.mean_intervals
    if found[1:].sum() < 0.005:
        return "Only one pitch class at a time is bright, so they form no intervals."
    best = 1 + int((found[1:] - EVEN[1:]).argmax())
    own, even = (values[best] / values[1:].sum() for values in (found, EVEN))
    return (f"Of the intervals between bright pitch classes, {_percent(own)} are {interval(best)}; were all twelve "
            f"alike, it would be {_percent(even)}.")


def interval(semitones: int) -> str:
    """"fourths or fifths"."""
    names = [f"{name}s" for name in dict.fromkeys((INTERVALS[semitones], INVERSIONS[semitones]))]
    return " or ".join(names)


NAMED = ("the same pitch class", *map(interval, range(1, 7)))  # the rows of a profile's intervals


def consonance_sentence(profile: ConsonanceProfile, sound: np.ndarray | None = None) -> str:
    """How consonant the bright pitch classes are together, on a scale whose source is named."""
    value = profile.mean_consonance
    if not np.isfinite(value):
        return "How consonant it was cannot be said: no two different pitch classes were bright together."
    said = (f"Consonance of the bright pitch classes {value:+z.2f} (from {HURON.min():+.2f}, semitones alone, over 0, "
            f"all twelve alike, to {HURON.max():+.2f}, fourths and fifths alone; {SOURCE}).")
    heard = _of_sound(sound)
    if not np.isfinite(heard):
        return said
    way = "about as" if abs(value - heard) < 0.02 else "more" if value > heard else "less"
    what = "consonant as" if way == "about as" else "consonant than"
    return f"{said} That is {way} {what} the sound itself: its chromagram has {heard:+z.2f}."


def trust_sentences() -> list[str]:
    """How far a profile of this network can be trusted."""
    shared = shared_bands()
    rest = [shared[d] for d in (1, 2, 3, 4, 6)]
    return [f"Branches a fifth apart read {_percent(shared[5])} of their bands in common, as these are overtones of "
            f"both tones (other intervals: {_percent(min(rest))} to {_percent(max(rest))}): a single tone already lights up "
            "some of its fifth.",
            "Bright is what a channel that matters for the class reacted to, compared with silence: it shows what the "
            "network used, and does not prove that the harmony made the mood."]


@cache
def shared_bands() -> tuple[float, ...]:
    """(7,) which part of the bands that a pitch class reads one 0 ... 6 semitones from it reads too, on average."""
    seen = blinder(harmonics_table(), INPUT.spec.n_mels).astype(float)
    common = seen @ seen.T / seen.sum(axis=1, keepdims=True)
    circle = [np.mean([common[p, (p + d) % 12] for p in range(12)]) for d in range(12)]
    return tuple(float((circle[d] + circle[-d % 12]) / 2) for d in range(7))


def tone_row_sentence(facts: dict) -> str:
    """What a tone row plays; `facts` by service.tone_row."""
    sounding = [step for step in facts["steps"] if step["tones"]]
    if not sounding:
        return "The tone row is silent: nothing was bright."
    step = facts["steps"][0]
    share = len(sounding) / len(facts["steps"])
    what = ("pitch classes that were brighter than on average in this song" if facts.get("standing_out") else
            "brightest pitch classes")
    return (f"Each {step['end'] - step['start']:g} s the {what} sound, at most three, in the octave where "
            f"they were brightest, tuned to A4 = {facts['a4']:.1f} Hz. Silent where nothing was bright "
            f"({_percent(1 - share)} of the steps). Plain tones, made here: not the song's own sound.")


def _of_sound(chroma: np.ndarray | None) -> float:
    """The mean consonance of a chromagram, each moment as strong as it is; NaN without one."""
    if chroma is None or not np.any(chroma):
        return float("nan")
    return float(consonance.consonance(consonance.of_sound(chroma)[1][:, None])[0])


def _target(profile: ConsonanceProfile) -> str:
    return profile.target.replace("_", " ")


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"

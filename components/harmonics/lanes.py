"""What a harmonics network adds to the player: pitch classes and intervals in colour, brightness over time, a tone row."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from components import progress, state, theme
from components.player import Voice
from components.player.lanes import Heat, Moments
from mer_core.consonance import FROM_C, ConsonanceProfile, name
from mer_core.harmonics_words import NAMED
from mer_core.schema import Explanation, Grid, TrackInfo
from mer_core.tiles import Tiles

ROWS = {"the brightest tones": False, "the tones that stand out": True}  # -> of service.tone_row: from their average
HINT = ("The red version is no part of the song: a synthesiser plays the tones that lit up in each half second, the "
        "brighter the louder.")
BAR = 0.5  # s
SEMITONES = tuple("0123456")


@dataclass(frozen=True)
class Harmonies:
    """What is there of a song's harmonics for one target."""

    chroma: Tiles | None  # what sounds
    profile: ConsonanceProfile | None = None  # what lit up
    drawn: dict[str, Tiles | None] = field(default_factory=dict)  # "pitch_classes" and "intervals"
    row: tuple[Path, dict] | None = None  # the tone row, and what was measured of it
    played: str = next(iter(ROWS))  # which of ROWS it is


def gathered(info: TrackInfo, model: str, target: str, wanted: bool) -> Harmonies:
    """What is there; what is not is being made, once it is `wanted`."""
    chroma = progress.result("chroma_tiles", info, label="Drawing the pitch classes", height=0, stop=False)
    asked = (info, model, target)
    profile = progress.result("consonance", *asked, label="Measuring what lit up", height=90) if wanted else None
    if profile is None or not profile.brightness.any():
        return Harmonies(chroma, profile)
    drawn = {of: progress.result("consonance_tiles", *asked, of, label="Drawing what lit up", height=0, stop=False)
             for of in ("pitch_classes", "intervals")}
    played = state.pick("Tone row", list(ROWS), "tone-row")
    row = progress.result("tone_row", *asked, standing_out=ROWS[played], label=f"Playing {played}", height=90)
    return Harmonies(chroma, profile, drawn, row, played)


def shown(found: Harmonies, target: str, model: str) -> dict:
    """What `song_player` draws and plays of it."""
    classes, intervals = found.drawn.get("pitch_classes"), found.drawn.get("intervals")
    under = [found.chroma and Heat("chroma", "pitch classes", "pitch class: grey sounds, red counts", found.chroma,
                                   classes, rows=tuple(map(name, FROM_C)), optional=True),
             intervals and Heat("intervals", "intervals", "interval in semitones, its inversion with it", intervals,
                                rows=SEMITONES, words=NAMED, optional=True)]
    over_time = found.profile and bars(found.profile, model)
    return {"under": [lane for lane in under if lane],
            "more": [Moments(over_time, f"brightness for {target}", floor=True)],
            "voices": [Voice("tone-row", found.played, found.row[0], theme.RAISES)] if found.row else []}


def bars(profile: ConsonanceProfile, model: str) -> Explanation:
    """Brightness over time, the mean of each BAR s."""
    place = (profile.times // BAR).astype(int)
    counts = np.bincount(place)
    means = np.bincount(place, weights=profile.brightness) / np.maximum(counts, 1)
    grid = Grid(BAR * (np.arange(len(means)) + 0.5), ())
    return Explanation(model, "consonance", profile.target, "time", means, base=0.0, output=float(means.sum()),
                       grid=grid, unit="log-odds")

"""A small vocabulary for writing music in Python: notes, tunes, chords, drum patterns. Times are in beats."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import product

DRUMS = {"kick": 36, "rim": 37, "snare": 38, "clap": 39, "slap": 39, "swirl": 40, "low": 41, "hat": 42, "pedal": 44,
         "mid": 45, "open": 46, "high": 48, "crash": 49, "ride": 51, "china": 52, "bell": 53, "tambourine": 54,
         "splash": 55, "crash2": 57, "cabasa": 69, "maracas": 70, "shaker": 82, "triangle": 81}
LEVELS = {"X": 118, "x": 98, "o": 74, "-": 46}
QUALITIES = {"": (0, 4, 7), "m": (0, 3, 7), "5": (0, 7), "6": (0, 4, 7, 9), "7": (0, 4, 7, 10), "m7": (0, 3, 7, 10),
             "maj7": (0, 4, 7, 11), "maj9": (4, 7, 11, 14), "9": (4, 7, 10, 14), "m9": (3, 7, 10, 14),
             "sus4": (0, 5, 7), "9sus": (0, 5, 10, 14), "m7b5": (0, 3, 6, 10), "7b9": (4, 7, 10, 13),
             "add9": (0, 2, 4, 7), "madd9": (0, 2, 3, 7), "maj7#11": (4, 6, 11, 14), "cluster": (0, 1, 6, 7)}
STEPS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}


@dataclass(frozen=True)
class Note:
    start: float  # beats
    length: float  # beats
    pitch: int  # MIDI number; 60 is middle C
    velocity: int = 90


@dataclass(frozen=True)
class Part:
    """One player: a General MIDI program (from 0) and its notes; one MIDI channel in its stem."""

    stem: str
    program: int
    notes: list[Note]
    volume: int = 100  # CC 7
    pan: int = 64  # CC 10
    reverb: int = 40  # CC 91
    chorus: int = 0  # CC 93
    sung: bool = False  # scoops into phrases, vibrato on long notes
    loose: float = 0.006  # s, standard deviation of the timing
    swells: tuple[tuple[float, int], ...] = ()  # (beat, CC 11) corners, joined by lines


@dataclass(frozen=True)
class Piece:
    slug: str
    title: str
    quadrant: str  # Q1 to Q4
    description: str
    key: str
    tempo: float  # beats a minute at the start
    parts: list[Part]
    beats: float  # length of the written music
    loudness: float  # LUFS of the mix
    balance: Mapping[str, float]  # LUFS of each stem before the mix is levelled
    tail: float = 3.0  # s of decay after the last beat
    slowing: tuple[tuple[float, float], ...] = ()  # (beat, tempo) changes
    swing: float = 0.0  # beats by which every second sixteenth comes late
    room: tuple[float, float, float] = (0.5, 0.4, 0.5)  # FluidSynth reverb: room size, damping, level
    stems: tuple[str, ...] = field(default=("vocals", "drums", "bass", "other"))


def pitch(name: str) -> int:
    """"C4" -> 60, "Bb3" -> 58."""
    letter, accidental, octave = re.fullmatch(r"([A-G])([#b]?)(-?\d)", name).groups()
    return STEPS[letter] + {"#": 1, "b": -1, "": 0}[accidental] + 12 * (int(octave) + 1)


def tune(text: str, start: float = 0.0, velocity: int = 90, legato: float = 0.96) -> list[Note]:
    """"A4/1 -/.5 B4/.5!" -> notes: name, length in beats, "!" for an accent; "-" rests and "|" only helps the eye."""
    notes = []
    for token in text.replace("|", " ").split():
        name, length = token.rstrip("!").split("/")
        if name != "-":
            loud = velocity + 14 * token.endswith("!")
            notes.append(Note(start, float(length) * legato, pitch(name), min(loud, 127)))
        start += float(length)
    return notes


def chord(symbol: str) -> tuple[int, list[int]]:
    """"Dm7/C" -> (bass pitch class, pitch classes of the chord)."""
    body, _, bass = symbol.partition("/")
    root, quality = re.fullmatch(r"([A-G][#b]?)(.*)", body).groups()
    base = pitch(root + "0") % 12
    return pitch(bass + "0") % 12 if bass else base, [(base + step) % 12 for step in QUALITIES[quality]]


def voicings(symbols: list[str], centre: int = 62, reach: int = 7) -> list[list[int]]:
    """Each chord in the position nearest to the chord before it, so that its voices move as little as they can."""
    last, result = [centre], []
    for symbol in symbols:
        choices = [[p for p in range(centre - reach - 5, centre + reach + 6) if p % 12 == c] for c in chord(symbol)[1]]
        best = min(product(*choices), key=lambda v: (
            sum(min(abs(p - q) for q in last) for p in v) + 0.3 * abs(sum(v) / len(v) - centre)
            + 2 * max(0, max(v) - min(v) - 12)))
        last = sorted(best)
        result.append(last)
    return result


def stabs(pitches: list[int], text: str, start: float, step: float = 0.25, hold: float = 0.8) -> list[Note]:
    """A chord in a rhythm such as "x..o": each sign lasts `step`; "_" holds the chord before it."""
    notes = []
    for match in re.finditer(r"([Xxo-])(_*)", text):
        length = (1 + len(match[2])) * step * hold
        notes += [Note(start + match.start() * step, length, p, LEVELS[match[1]] - 3 * i)
                  for i, p in enumerate(reversed(pitches))]
    return notes


def hits(drum: str, text: str, start: float, step: float = 0.25) -> list[Note]:
    """A drum in a rhythm such as "X...x.o-"; anything else than a level is a rest."""
    return [Note(start + i * step, step / 2, DRUMS[drum], LEVELS[sign])
            for i, sign in enumerate(text.replace(" ", "")) if sign in LEVELS]


def shifted(notes: list[Note], beats: float = 0.0, semitones: int = 0, louder: int = 0) -> list[Note]:
    return [replace(n, start=n.start + beats, pitch=n.pitch + semitones,
                    velocity=max(1, min(127, n.velocity + louder))) for n in notes]


def below(notes: list[Note], scale: str, steps: int, louder: int = -14) -> list[Note]:
    """A second voice, `steps` scale degrees under the tune; `scale` names its notes: "D E F# G A B C#"."""
    classes = {pitch(name + "0") % 12 for name in scale.split()}
    ladder = [p for p in range(24, 108) if p % 12 in classes]

    def under(p: int) -> int:
        return ladder[max(i for i, q in enumerate(ladder) if q <= p) - steps]
    return shifted([replace(n, pitch=under(n.pitch)) for n in notes], louder=louder)

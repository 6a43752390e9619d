"""Score -> MIDI, played a little unevenly, as people do; the same seed gives the same performance."""

import random
from collections import defaultdict
from dataclasses import replace

import mido
from score import Note, Part, Piece

TICKS = 480  # a beat


def performed(part: Part, piece: Piece, rng: random.Random) -> list[Note]:
    """Timing and velocity moved by a few milliseconds and steps; swung sixteenths; no overlap of equal pitches."""
    notes, spread = [], part.loose * piece.tempo / 60
    for note in sorted(part.notes, key=lambda n: (n.start, n.pitch)):
        late = piece.swing if round(note.start * 4) % 2 else 0.0
        start = max(0.0, note.start + late + rng.gauss(0, spread))
        notes.append(replace(note, start=start, velocity=max(1, min(127, round(note.velocity + rng.gauss(0, 3.5))))))
    following: dict[int, float] = {}
    for i in range(len(notes) - 1, -1, -1):
        note = notes[i]
        room = following.get(note.pitch, float("inf")) - note.start - 0.02
        notes[i] = replace(note, length=max(0.03, min(note.length, room)))
        following[note.pitch] = note.start
    return notes


def control(beat: float, number: int, value: float, channel: int) -> tuple[float, int, mido.Message]:
    return beat, 0, mido.Message("control_change", control=number, value=int(value), channel=channel)


def settings(part: Part, channel: int) -> list:
    pairs = ((7, part.volume), (10, part.pan), (91, part.reverb), (93, part.chorus), (11, 127))
    bank = [(-1.0, 0, mido.Message("program_change", program=part.program, channel=channel))]
    return bank + [control(-1.0, number, value, channel) for number, value in pairs]


def swells(part: Part, channel: int) -> list:
    """Expression along the corners of `part.swells`, eight steps a beat."""
    events = []
    for (a, low), (b, high) in zip(part.swells, part.swells[1:]):
        steps = max(1, int((b - a) * 8))
        events += [control(a + (b - a) * i / steps, 11, low + (high - low) * i / steps, channel)
                   for i in range(steps + 1)]
    return events


def singing(notes: list[Note], channel: int) -> list:
    """A short scoop from below into each phrase, and vibrato that comes in on long notes."""
    events, end = [], -9.0
    for note in notes:
        if note.start - end > 0.3:
            bends = [(0.0, -1500), (0.06, -900), (0.12, -350), (0.18, 0)]
            events += [(note.start + t, 0, mido.Message("pitchwheel", pitch=b, channel=channel)) for t, b in bends]
        events.append(control(note.start, 1, 0, channel))
        if note.length > 0.9:
            events += [control(note.start + note.length * part, 1, depth, channel)
                       for part, depth in ((0.35, 22), (0.55, 40), (0.75, 55))]
        end = note.start + note.length
    return events


def track(part: Part, channel: int, piece: Piece, rng: random.Random) -> mido.MidiTrack:
    notes = performed(part, piece, rng)
    events = settings(part, channel) + swells(part, channel)
    events += singing(notes, channel) if part.sung else []
    for note in notes:
        message = dict(note=note.pitch, channel=channel)
        events.append((note.start, 2, mido.Message("note_on", velocity=note.velocity, **message)))
        events.append((note.start + note.length, 1, mido.Message("note_off", **message)))
    return timed(events)


def timed(events: list) -> mido.MidiTrack:
    """Events (beat, order, message) -> a track of messages with delta times."""
    result, now = mido.MidiTrack(), 0
    for beat, _, message in sorted(events, key=lambda e: e[:2]):
        tick = max(0, round(beat * TICKS))
        result.append(message.copy(time=tick - now))
        now = tick
    return result


def tempo_track(piece: Piece) -> mido.MidiTrack:
    """The tempo and its changes; the end mark keeps the synthesiser running while the last notes decay."""
    changes = ((0.0, piece.tempo), *piece.slowing)
    events = [(beat, 0, mido.MetaMessage("set_tempo", tempo=mido.bpm2tempo(bpm))) for beat, bpm in changes]
    events.append((piece.beats + (piece.tail + 2) * changes[-1][1] / 60, 3, mido.MetaMessage("marker", text="end")))
    return timed(events)


def seconds(piece: Piece) -> float:
    """The length of the written music, without its tail."""
    corners = [(0.0, piece.tempo), *piece.slowing, (piece.beats, piece.tempo)]
    return sum((b[0] - a[0]) * 60 / a[1] for a, b in zip(corners, corners[1:]))


def stem_files(piece: Piece) -> dict[str, mido.MidiFile]:
    """One MIDI file a stem."""
    rng, files = random.Random(piece.slug), defaultdict(lambda: mido.MidiFile(ticks_per_beat=TICKS))
    for stem in piece.stems:
        files[stem].tracks.append(tempo_track(piece))
        melodic = (c for c in range(16) if c != 9)
        for part in (p for p in piece.parts if p.stem == stem):
            files[stem].tracks.append(track(part, 9 if stem == "drums" else next(melodic), piece, rng))
    return dict(files)

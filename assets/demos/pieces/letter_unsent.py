"""Q3, sad: a slow ballad in D minor for voice, cello and piano."""

from score import Note, Part, Piece, chord, hits, tune, voicings

BARS = "Dm Dm Dm/C Bbmaj7 Asus4,A Gm Dm/F Em7b5,A7 Dm Dm".split()  # a lament bass under the first half
CHORDS = [(4.0 * i + 4 * j / len(bar.split(",")), 4 / len(bar.split(",")), symbol)
          for i, bar in enumerate(BARS) for j, symbol in enumerate(bar.split(","))]  # (beat, length, symbol)
THEME, TURN, LAST = 4, 20, 36  # beats
LINE = """-/1 A4/1.5 G4/.5 F4/1 | E4/1 F4/2 -/1 | -/1 F4/.5 G4/.5 A4/1 D5/1! | D5/2! C#5/1.5 -/.5
          -/.5 D5/1! C5/.5 Bb4/1 A4/1 | A4/1.5 F4/.5 D4/1.5 -/.5 | G4/1! Bb4/.5 A4/.5 G4/1 E4/1 | D4/3 -/1"""
CELLO = """D3/4 | -/2 A3/1 G3/1 | C4/2 Bb3/1 A3/1 | Bb3/2 F3/2 | E3/2 C#3/2
           D3/3 E3/1 | F3/2 A3/1 F3/1 | G3/2 C#3/2 | D3/1 F3/1 A3/1 Bb3/1 | A3/1.5 F3/.5 E3/1 D3/3"""


def breaths(corners: str) -> tuple[tuple[float, int], ...]:
    """"4:50 6:90" -> swell corners."""
    return tuple((float(a), int(b)) for a, b in (pair.split(":") for pair in corners.split()))


def vocals() -> list[Part]:
    swell = breaths("4:70 6:96 11:72 13:80 15:112 17:116 19:70 20:86 22:118 26:80 28:106 30:90 32:80 35:46")
    return [Part("vocals", 53, tune(LINE, THEME, 78, legato=1.02), volume=108, reverb=82, sung=True,
                 swells=swell, loose=0.022),
            Part("vocals", 52, tune(LINE, THEME, 50, legato=1.02), volume=54, reverb=95, swells=swell, loose=0.03)]


def drums() -> list[Part]:
    notes = []
    for i, beat in enumerate(range(8, 36, 4)):
        notes += hits("swirl", "....-.......-...", beat) + hits("kick", "-...............", beat)
        notes += hits("ride", "-...-...-...-..." if i > 2 else "-.......-.......", beat)
    soft = [Note(n.start, n.length, n.pitch, n.velocity - 6) for n in notes + hits("ride", "-", 40)]
    return [Part("drums", 40, soft, volume=86, reverb=60, loose=0.016)]


def bass() -> list[Part]:
    notes = []
    for beat, length, symbol in CHORDS[2:]:
        low = 28 + (chord(symbol)[0] - 4) % 12  # E1 to D#2
        notes.append(Note(beat, {4: 2.7, 2: 1.9}[length] if beat < LAST else 5, low, 70))
        if length == 4 and 16 <= beat < LAST:
            notes.append(Note(beat + 3, 0.9, low, 54))
    return [Part("bass", 32, notes, volume=104, reverb=40, loose=0.018)]


def piano() -> list[Note]:
    """Broken chords, thin at first, fuller in the middle; the left hand has the bass note."""
    notes = []
    for (beat, length, symbol), shape in zip(CHORDS, voicings([s for *_, s in CHORDS], 60, 6)):
        full = 12 <= beat < 32
        step, order = (0.5, [0, 1, 2, 1, 2, 1]) if full else (1.0, [0, 2, 1])
        notes.append(Note(beat, length - 0.1, 36 + chord(symbol)[0] % 12, 52 + 8 * full))
        for i, k in enumerate(order, 1):
            if step * i < length - 0.2:
                rest = length - 0.2 - step * i
                notes.append(Note(beat + step * i, rest, shape[k % len(shape)], 46 + 9 * full - 2 * i))
    return notes + [Note(LAST + 4.0 + 0.12 * i, 4, p, 44) for i, p in enumerate((38, 50, 57, 62, 65))]


def other() -> list[Part]:
    cello = tune(CELLO, 0, 72, legato=1.0)
    swell = breaths("0:30 3:64 6:60 8:84 12:66 16:92 20:78 24:104 30:86 34:72 37:84 41:40 43:20")
    return [Part("other", 0, piano(), volume=104, pan=54, reverb=62, loose=0.014),
            Part("other", 42, cello, volume=92, pan=86, reverb=76, swells=swell, loose=0.02)]


def piece() -> Piece:
    return Piece("letter_unsent", "Letter Unsent", "Q3",
                 "A slow, sparse ballad in D minor: a synthetic wordless voice over piano and cello, soft brushes.",
                 "D minor", 66, vocals() + drums() + bass() + other(), beats=43, loudness=-20, tail=1.6,
                 slowing=((33, 60), (35, 54), (38, 50)),
                 balance={"vocals": -25.5, "drums": -37.0, "bass": -29.5, "other": -23.0}, room=(0.85, 0.5, 0.7))

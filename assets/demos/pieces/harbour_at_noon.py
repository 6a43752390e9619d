"""Q4, calm: a soft bossa in F major with a lydian colour."""

from score import Note, Part, Piece, below, chord, hits, shifted, stabs, tune, voicings

BARS = [["Fmaj9"], ["G/F"], ["Fmaj9"], ["G/F"], ["Gm7", "C9"], ["Fmaj9"],
        ["Bbmaj7"], ["Am7", "Dm7"], ["Gm7", "C9sus"], ["Fmaj9"], ["G/F"], ["Fmaj9"]]
THEME, SECOND, END, LAST = 8, 24, 40, 44  # beats
LINE = """-/.5 C5/1 A4/.5 C5/1.5 D5/.5 | D5/1.5! B4/.5 G4/1.5 -/.5
          -/.5 Bb4/1 G4/.5 Bb4/1 D5/1 | C5/3 -/1
          -/.5 D5/1 C5/.5 D5/1.5 F5/.5 | E5/1.5! C5/.5 A4/1 -/.5 A4/.5
          Bb4/1 D5/.5 C5/1 Bb4/.5 G4/1 | A4/2.5 -/.5 C5/.5 D5/.5 | B4/1.5 D5/.5 G5/1.5 -/.5 | A4/4"""


def vocals() -> list[Part]:
    line = tune(LINE, THEME, 76, legato=1.0)
    swell = ((8, 84), (12, 100), (18, 88), (24, 100), (28, 116), (34, 92), (42, 100), (44, 92), (48, 40))
    return [Part("vocals", 53, line, volume=104, reverb=62, chorus=12, sung=True, swells=swell, loose=0.018),
            Part("vocals", 53, below([n for n in line if n.start >= SECOND], "F G A Bb C D E", 2), volume=82,
                 reverb=70, sung=True, swells=swell, loose=0.022)]


def drums() -> list[Part]:
    notes = []
    for i, bar in enumerate(range(4, LAST, 4)):
        notes += hits("shaker", "x-o-x-o-x-o-x-o-", bar)
        notes += hits("rim", "o..o..o...o..o..", bar) if i >= 1 else []
        notes += hits("kick", "o.....-.o.....-.", bar) if i >= 1 else []
        notes += hits("triangle", "-...............", bar) if i in (1, 5, 9) else []
    soft = [Note(n.start, n.length, n.pitch, max(24, n.velocity - 26)) for n in notes]
    return [Part("drums", 40, soft + hits("ride", "-", LAST), volume=92, reverb=46, loose=0.009)]


def bass() -> list[Part]:
    notes = []
    for bar, symbols in enumerate(BARS[:-1]):
        for half in range(2):
            symbol = symbols[half] if len(symbols) == 2 else symbols[0]
            root = 29 + (chord(symbol)[0] - 5) % 12  # F1 to E2
            fifth = root if "/" in symbol else root + (7 if root < 34 else -5)
            beat, first = 4 * bar + 2 * half, root if half == 0 or len(symbols) == 2 else fifth
            if bar >= 1:
                notes += [Note(beat, 1.4, first, 78), Note(beat + 1.5, 0.45, first, 60)]
    return [Part("bass", 32, notes + [Note(LAST, 5, 29, 74)], volume=108, reverb=26, loose=0.010)]


def comping() -> tuple[list[Note], list[Note], list[Note]]:
    """Nylon guitar in the bossa rhythm, electric piano in long chords, a warm pad under both."""
    guitar, keys, pad = [], [], []
    flat = [(4 * bar + 4 * i / len(symbols), 4 / len(symbols), s) for bar, symbols in enumerate(BARS)
            for i, s in enumerate(symbols)]
    for (beat, length, _), shape in zip(flat, voicings([s for _, _, s in flat], 62, 6)):
        if beat < LAST:
            guitar += stabs(shape, "o__o__o__.o__o__"[:int(length * 4)] if length == 4 else "o__o__o_", beat, hold=0.9)
            keys += [Note(beat + 0.02 * i, length * 0.97, p, 54) for i, p in enumerate(shape)] if beat >= SECOND else []
        pad += [Note(beat, length if beat < LAST else 5, p, 56) for p in shape]
    return shifted(guitar, louder=-8), keys, pad


def other() -> list[Part]:
    guitar, keys, pad = comping()
    bells = tune("-/.5 C6/.5 A5/.5 G5/.5 E5/2 | -/.5 D6/.5 B5/.5 G5/.5 A5/2", 0, 58)
    bells += tune("-/3 E6/.5 C6/.5", 20, 54) + tune("-/3 G5/.5 A5/.5", 36, 54)
    bells += [Note(LAST + 0.5 * i, 4, p, 56 - 2 * i) for i, p in enumerate((65, 69, 72, 76, 79, 84))]
    strum = [Note(LAST + 0.06 * i, 5, p, 66) for i, p in enumerate((53, 57, 60, 67, 72))]
    return [Part("other", 24, guitar + strum, volume=118, pan=44, reverb=40, loose=0.009),
            Part("other", 4, keys, volume=80, pan=84, reverb=50, chorus=40, loose=0.012),
            Part("other", 89, pad, volume=48, pan=64, reverb=70, swells=((0, 70), (8, 100), (40, 110), (49, 50))),
            Part("other", 11, bells, volume=84, pan=92, reverb=66, loose=0.012)]


def piece() -> Piece:
    return Piece("harbour_at_noon", "Harbour at Noon", "Q4",
                 "A slow, warm bossa in F major: nylon guitar, soft synthetic voices, vibraphone and a light shaker.",
                 "F major", 80, vocals() + drums() + bass() + other(), beats=48.5, loudness=-19, tail=1.6,
                 slowing=((43, 70), (44, 64)),
                 balance={"vocals": -22.5, "drums": -29.0, "bass": -27.0, "other": -23.0}, room=(0.7, 0.5, 0.6))

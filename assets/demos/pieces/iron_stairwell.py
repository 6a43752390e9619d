"""Q2, tense: a driving piece in E phrygian with distorted guitars."""

from score import Note, Part, Piece, hits, shifted, stabs, tune

A, B, BREAK, C, LAST = 8, 40, 56, 60, 92  # beats; 2 + 8 + 4 + 1 + 8 bars
RIFF = {"one": "E2/.25! E2/.25 E2/.5 F2/.5! E2/.25 E2/.25 E2/.5 Bb2/.5! A2/.5 F2/.5",
        "two": "E2/.25! E2/.25 E2/.5 F2/.5! E2/.25 E2/.25 E2/.5 G2/.5! F2/.25 F2/.25 D#2/.5"}
CHANT = """E4/3! F4/1 | E4/2.5 -/.5 E4/.5 F4/.5 | G4/2! F4/1 E4/1 | F4/3 -/1
           B4/3! C5/1 | Bb4/2.5 -/.5 A4/.5 Bb4/.5 | C5/1.5! B4/.5 G4/1 F4/1 | F4/2! E4/1.5 -/.5"""
CRY = """B4/1! C5/1 B4/1 Bb4/1 | C5/3! -/.5 C5/.5 | D5/1! C5/1 Bb4/1 G4/1 | Bb4/3 -/1
         E5/2! F5/2! | E5/1 D5/1 C5/1 Bb4/1 | F5/3! E5/.5 D#5/.5 | F5/2.5! -/1.5"""
ROOTS = "E F E Bb E F G D#".split()  # of the cry, a bar each; minor chords
LOW = {"E": 40, "F": 41, "G": 43, "Bb": 46, "D#": 39}


def bars(start: int, count: int) -> list[int]:
    return [start + 4 * i for i in range(count)]


def vocals() -> list[Part]:
    chant, cry = tune(CHANT, A, 96, legato=1.0), tune(CRY, C, 112, legato=1.0)
    rise = [Note(B + 2 * i, 1.95, 59 + i, 92 + 3 * i) for i in range(8)] + [Note(BREAK, 3.5, 67, 120)]
    line = chant + rise + cry
    swells = ((A, 100), (B, 110), (BREAK, 127), (LAST, 127))
    rub = shifted([n for n in rise + cry if n.length > 1.5], semitones=-1, louder=-12)  # a semitone under: it grates
    return [Part("vocals", 52, line, volume=116, reverb=60, swells=swells, loose=0.012),
            Part("vocals", 52, shifted(line, semitones=-12, louder=-4), volume=110, reverb=60, swells=swells,
                 loose=0.015),
            Part("vocals", 52, rub, volume=86, reverb=60)]


def drums() -> list[Part]:
    notes = hits("low", "X.......X.......", 0) + hits("kick", "X.......X.......", 0) + hits("crash", "x", 0)
    notes += hits("low", "x..x..x.x..x....", 4) + hits("kick", "X...X...X.X.X.XX", 4)
    notes += hits("snare", "....o-oxoxxxxXXX", 4)
    for i, bar in enumerate(bars(A, 8)):
        notes += hits("kick", "XxX.X.xxX.X.XxX.", bar) + hits("hat", "X.x.X.x.X.x.X.x.", bar)
        notes += hits("snare", "....X.......X..." if i % 4 != 3 else "....X...x.xxXxXx", bar)
        notes += hits("crash" if i else "china", "X", bar) if i % 4 == 0 else []
    for i, bar in enumerate(bars(B, 4)):
        notes += hits("kick", "X.x.X.x.X.x.X.x.", bar) + hits("mid", "..x...x...x...x.", bar)
        notes += hits("snare", ["X...X...X...X...", "X...X...X...X.x.", "X.x.X.x.X.x.X.x.", "XxxxXxxxXxXxXXXX"][i], bar)
        notes += hits("china", "X.......X.......", bar)
    notes += hits("kick", "X", BREAK) + hits("crash", "X", BREAK)
    notes += hits("snare", "X.........xxXXXX", BREAK) + hits("low", "..........XXXXXX", BREAK)
    for i, bar in enumerate(bars(C, 8)):
        notes += hits("kick", "XxXxXxXxXxXxXxXx", bar) + hits("ride", "X.x.X.x.X.x.X.x.", bar)
        notes += hits("snare", "....X.......X.-." if i % 4 != 3 else "....X.x.XxXxXXXX", bar)
        notes += hits("crash" if i % 4 else "crash2", "X", bar) if i % 2 == 0 else []
        notes += hits("china", "........x.......", bar)
    for drum in ("kick", "snare", "crash", "china"):
        notes += hits(drum, "X", LAST)
    return [Part("drums", 16, notes, volume=118, reverb=24, loose=0.003)]


def riffs(start: int, count: int) -> list[Note]:
    return [n for i, bar in enumerate(bars(start, count))
            for n in tune(RIFF["two" if i % 2 else "one"], bar, 104, 0.85)]


def pedals() -> list[Note]:
    """The roots under the cry, in driving eighths."""
    return [Note(C + 4 * i + j / 2, 0.42, LOW[root], 118 if j % 4 == 0 else 102)
            for i, root in enumerate(ROOTS) for j in range(8)]


def climb() -> list[Note]:
    return [Note(B + j / 2, 0.4, 40 + j // 4, 104 + j // 3) for j in range(32)]


def bass() -> list[Part]:
    low = shifted(riffs(4, 1) + riffs(A, 8), semitones=-12) + shifted(climb() + pedals(), semitones=-12)
    low += [Note(0, 3.8, 28, 118), Note(BREAK, 3, 29, 120), Note(LAST, 1.2, 28, 127)]
    return [Part("bass", 34, low, volume=116, reverb=6, loose=0.004),
            Part("bass", 38, shifted(low, louder=-20), volume=78, reverb=4, loose=0.004)]


def fifths(notes: list[Note]) -> list[Note]:
    return notes + shifted(notes, semitones=7, louder=-6)


def minors(notes: list[Note]) -> list[Note]:
    return fifths(notes) + shifted(notes, semitones=15, louder=-4)


def other() -> list[Part]:
    chug = riffs(4, 1) + riffs(A, 8) + climb() + pedals()
    walls = [Note(C + 4 * i, 3.9, LOW[root] + 12, 108) for i, root in enumerate(ROOTS)]
    walls += [Note(bar, 3.9, 52, 84) for bar in bars(A, 8)]
    walls += [Note(0, 3.9, 40, 116), Note(BREAK, 3.4, 41, 120), Note(LAST, 1.2, 40, 127)]
    clusters, tremolo = [], []
    for i, bar in enumerate(bars(A, 8)):
        clusters += stabs([64, 65, 67, 71], "......X.........", bar, hold=0.6) if i % 2 else []
        clusters += stabs([65, 66, 71], "..X.......X.XX..", bar, hold=0.6) if i in (3, 7) else []
    for i, bar in enumerate(bars(C, 8)):
        clusters += stabs([64, 65, 67, 76], "...X......X.....", bar, hold=0.6)
    clusters += [Note(LAST, 1.0, p, 124) for p in (52, 53, 58, 64, 65, 71)]
    tremolo += [Note(0, 7.8, p, 84) for p in (76, 77, 79)]
    tremolo += [Note(B + 2 * i, 1.95, p + i, 96 + 2 * i) for i in range(8) for p in (76, 77, 82)]
    tremolo += [Note(BREAK, 3.5, p, 120) for p in (83, 84, 89)] + [Note(LAST, 1.2, p, 120) for p in (76, 77, 82)]
    high = ((76, 77, 79), (77, 80, 84), (76, 79, 83), (77, 82, 85))
    tremolo += [Note(C + 4 * i, 3.9, p, 96) for i in range(8) for p in high[i % 4]]
    return [Part("other", 30, fifths(chug), volume=100, pan=16, reverb=16, loose=0.006),
            Part("other", 30, shifted(fifths(chug), louder=-2), volume=100, pan=112, reverb=16, loose=0.010),
            Part("other", 29, minors(walls), volume=96, pan=64, reverb=30),
            Part("other", 61, clusters, volume=106, pan=48, reverb=50),
            Part("other", 44, tremolo, volume=92, pan=78, reverb=60, swells=((0, 30), (7.8, 127), (LAST + 4, 127)))]


def piece() -> Piece:
    return Piece("iron_stairwell", "Iron Stairwell", "Q2",
                 "A hard, driving piece in phrygian mode: distorted guitars, racing drums and a grim synthetic choir.",
                 "E phrygian", 160, vocals() + drums() + bass() + other(), beats=94, loudness=-12, tail=2.2,
                 balance={"vocals": -22.0, "drums": -15.5, "bass": -18.5, "other": -15.0}, room=(0.5, 0.2, 0.5))

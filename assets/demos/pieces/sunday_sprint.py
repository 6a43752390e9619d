"""Q1, excited: funk-pop in D major."""

from score import Note, Part, Piece, below, chord, hits, shifted, stabs, tune, voicings

SCALE = "D E F# G A B C#"
VERSE = "D D G A Bm G Em7 A".split()
CHORUS = "G A F#m Bm G A D D".split()
BARS = ["D", "A", *VERSE, *CHORUS, "G", "A"]
INTRO, A, B, END, LAST = 0, 8, 40, 72, 80  # beats

THEME = """F#5/.5! E5/.5 D5/.5 A4/1 D5/.5 E5/1 | F#5/1.5! E5/.5 -/.5 A4/.5 D5/.5 E5/.5
           G5/1! F#5/.5 E5/.5 D5/1 B4/1 | C#5/.5 D5/.5 E5/2 -/1
           F#5/.5! E5/.5 D5/.5 B4/1 D5/.5 E5/1 | D5/1.5! B4/.5 -/.5 B4/.5 C#5/.5 D5/.5
           E5/1 G5/1! F#5/.5 E5/.5 D5/1 | E5/.5 C#5/.5 A4/1 -/.5 A4/.5 B4/.5 C#5/.5"""
LIFT = """D5/.5 B5/1! A5/.5 G5/.5 A5/1 B5/.5 | A5/1.5! E5/.5 -/.5 E5/.5 F#5/.5 G5/.5
          A5/1! F#5/.5 E5/.5 C#5/1 E5/1 | F#5/2 -/.5 D5/.5 E5/.5 F#5/.5
          G5/.5 B5/1! A5/.5 G5/.5 A5/1 B5/.5 | C#6/1! B5/.5 A5/.5 G5/.5 E5/.5 F#5/.5 G5/.5
          F#5/.5 A5/1! F#5/.5 E5/.5 D5/1 E5/.5 | D5/2 -/1 A5/.5 A5/.5"""
TAG = "B5/1! A5/.5 G5/.5 A5/1 B5/.5 C#6/.5 | -/.5 C#6/.5! B5/.5 A5/.5 G5/.5 E5/.5 F#5/.5 G5/.5 | D6/2.5!"


def vocals() -> list[Part]:
    theme, lift, tag = tune(THEME, A, 98), tune(LIFT, B, 106), tune(TAG, END, 110)
    line = theme + lift + tag
    second = below(lift + tag, SCALE, 2)
    shapes = voicings([*CHORUS, "G", "A", "D"], 67, 6)
    choir = [Note(B + 4 * i, 3.8, p, 78) for i, shape in enumerate(shapes) for p in shape]
    return [Part("vocals", 53, line, volume=112, reverb=38, sung=True),
            Part("vocals", 85, shifted(line, louder=-26), volume=70, reverb=30, chorus=40),
            Part("vocals", 53, second, volume=96, reverb=50, sung=True, loose=0.012),
            Part("vocals", 52, choir, volume=62, reverb=55, loose=0.012)]


def drums() -> list[Part]:
    notes = hits("kick", "X...X...X...X.xx", INTRO) + hits("hat", "x-o-x-o-x-o-x-o-", INTRO)
    notes += hits("kick", "X...X...X.......", 4) + hits("snare", "........ox.oxxXX", 4)
    notes += hits("high", "..........x.....", 4)
    for bar in range(16):
        start, lifted, fill = A + 4 * bar, bar >= 8, bar in (7, 15)
        notes += hits("kick", ["X.....x.x.X.....", "X..x..x.x.....x."][bar % 2], start)
        notes += hits("snare", "....X..-....X..-" if not fill else "....X..-xxoxX.XX", start)
        notes += hits("clap", "....x.......x...", start) if lifted else []
        notes += hits("hat", "x-o-x-o-x-o-x-" + ("o-" if bar % 4 != 3 else ".."), start)
        notes += hits("open", "..............x.", start) if bar % 4 == 3 else []
        notes += hits("tambourine", "o-x-o-x-o-x-o-x-", start) if lifted else []
        notes += hits("high", "........x.......", start) + hits("low", "..........x.x...", start) if fill else []
        notes += hits("crash", "X", start) if bar in (0, 8, 12) else []
    notes += hits("kick", "X...X...X...X...", END) + hits("snare", "....X.......X.xx", END) + hits("crash", "X", END)
    notes += hits("tambourine", "x-x-x-x-x-x-x-x-", END) + hits("hat", "x-o-x-o-x-o-x-o-", END)
    notes += hits("kick", "X.......X.X.X...", END + 4) + hits("snare", "..XX..XX..xxXXXX", END + 4)
    notes += hits("kick", "X", LAST) + hits("crash", "X", LAST) + hits("snare", "X", LAST) + hits("crash2", "x", LAST)
    return [Part("drums", 0, notes, volume=110, reverb=18, loose=0.003)]


def bass() -> list[Part]:
    notes = []
    for bar, symbol in enumerate(BARS):
        low = 26 + (chord(symbol)[0] - 2) % 12  # D1 to C#2
        groove = [(0, .6, 12, 112), (1, .2, 24, 88), (1.5, .4, 12, 104), (2, .2, 24, 86), (2.5, .45, 12, 108),
                  (3.25, .2, 24, 90), (3.5, .4, 19, 98)]
        notes += [Note(4 * bar + at, length, low + up, loud) for at, length, up, loud in groove]
    notes += [Note(LAST, 2.5, 26, 118), Note(LAST, 2.5, 38, 110)]
    return [Part("bass", 36, [n for n in notes if n.start >= 4], volume=100, reverb=6, loose=0.004),
            Part("bass", 33, notes, volume=104, reverb=6, loose=0.004)]


def other() -> list[Part]:
    guitar, piano, brass, strings = [], [], [], []
    high, mid = voicings(BARS, 69, 6), voicings(BARS, 62, 6)
    for bar, (chop, keys) in enumerate(zip(high, mid)):
        start = 4 * bar
        guitar += stabs(chop, "..x-..xo..x-.xox", start, hold=0.45)
        if bar >= 2:
            piano += stabs(keys, "X__.x..x_..xX__." if bar % 2 else "X__...x_.x..x__.", start)
        if bar >= 10:
            brass += stabs([p + 12 for p in keys], ["......x-........", "x..x..X___......"][bar % 2], start, hold=0.7)
            strings += [Note(start, 3.95, p, 70) for p in keys]
    brass += tune("A4/.25! A4/.25 -/.5 B4/.5 D5/1! E5/.5 F#5/.5 A5/.5!", 0, 104)
    brass += tune("A4/.25! A4/.25 -/.5 B4/.5 C#5/1! E5/.5 G5/.5 A5/.5!", 4, 106)
    brass += tune("-/3 F#5/.5 A5/.5", A + 4, 92) + tune("-/2.5 A5/.25 A5/.25 B5/.5 A5/.5", A + 12, 96)
    brass += tune("-/2.5 D5/.25 D5/.25 E5/.5 F#5/.5", A + 20, 94) + tune("-/2 E5/.5 F#5/.5 G5/.5 A5/.5", A + 28, 104)
    final = [Note(LAST, 2.5, p, 112) for p in (62, 66, 69, 74, 78, 81)]
    return [Part("other", 27, guitar, volume=92, pan=30, reverb=20, loose=0.004),
            Part("other", 1, piano + final, volume=96, pan=82, reverb=26),
            Part("other", 61, brass + final[3:], volume=96, pan=58, reverb=40),
            Part("other", 48, strings + final[2:5], volume=62, pan=70, reverb=55, loose=0.01)]


def piece() -> Piece:
    return Piece("sunday_sprint", "Sunday Sprint", "Q1",
                 "A bright, quick funk-pop tune with synthetic wordless voices, brass and handclaps.",
                 "D major", 132, vocals() + drums() + bass() + other(), beats=83, loudness=-14, tail=1.8, swing=0.02,
                 balance={"vocals": -18.0, "drums": -17.5, "bass": -20.5, "other": -19.5}, room=(0.45, 0.3, 0.5))

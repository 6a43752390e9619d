"""Lines, chords and strokes made for the tests of the descriptors; (samples,) mono at 22,050 Hz."""

import numpy as np

SR = 22_050
MAJOR, MINOR = (0, 2, 4, 5, 7, 9, 11, 12), (0, 2, 3, 5, 7, 8, 10, 12)


def tone(pitch, seconds, vibrato=0.0):
    """A tone with six overtones; `vibrato` is its depth in semitones, six times a second."""
    t = np.arange(round(seconds * SR)) / SR
    hertz = 440 * 2 ** ((pitch - 69) / 12)
    phase = 2 * np.pi * hertz * t + vibrato * hertz * np.log(2) / 12 / 6 * np.sin(2 * np.pi * 6 * t)
    fade = np.minimum(1, np.minimum(t / 0.01, (seconds - t) / 0.02))
    return 0.15 * fade * sum(np.sin(k * phase) / k for k in range(1, 7))


def line(notes, every=0.5, held=None, vibrato=0.0):
    """Pitches, or tuples of pitches that sound together, one `every` so many seconds, each `held` for some."""
    y = np.zeros(round((len(notes) * every + 0.5) * SR))
    for i, note in enumerate(notes):
        for pitch in np.atleast_1d(note):
            sound, start = tone(pitch, held or every, vibrato), round(i * every * SR)
            y[start:start + len(sound)] += sound[:len(y) - start]
    return y.astype(np.float32)


def tune(scale, root=60, times=3):
    """Up and down a scale, back to its root."""
    return [root + step for step in (*scale, *scale[-2::-1], 0)] * times


def strokes(times, seconds=12.0, seed=0):
    """A short burst of noise at each time (s)."""
    rng = np.random.default_rng(seed)
    y = np.zeros(round((seconds + 0.5) * SR))
    for t in times:
        start = round(t * SR)
        y[start:start + 800] += rng.normal(0, 0.3, 800) * np.exp(-np.arange(800) / 150)
    return y.astype(np.float32)


def noise(seconds=8.0, gain=0.1, seed=0):
    return np.random.default_rng(seed).normal(0, gain, round(seconds * SR)).astype(np.float32)


def progression(roots, minor=(), shift=0, every=1.5):
    """Triads over their bass; those whose place is in `minor` are minor."""
    return line([(48 + r + shift, *(60 + r + shift + step for step in ((0, 3, 7) if i in minor else (0, 4, 7))))
                 for i, r in enumerate(roots)], every)

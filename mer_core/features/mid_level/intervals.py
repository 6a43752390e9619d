"""Rhythm complexity: how hard the time from one onset to the next is to foresee."""

import numpy as np

from mer_core.features.mid_level.strokes import RATE, Strokes, too_few
from mer_core.features.mid_level.windows import Measured

PER_OCTAVE = 4  # interval classes a factor of two apart: within 9 % two intervals are alike, triplets are not eighths
LONGEST = 2.0  # s; a longer rest is no interval
LEAST = 6  # intervals a window needs


def measure(strokes: Strokes, spans: list[tuple[int, int]]) -> Measured:
    """Shannon entropy, in bits, of the intervals between successive onsets, in classes a quarter of an octave wide and
    centred on the median interval (the entropy of the histogram of local intervals is one of the measures of E. Thul
    and G. Toussaint, Rhythm complexity measures: a comparison of mathematical models of human perception and
    performance, ISMIR 2008; theirs of notated rhythms).

    0 for a metronome, 1 for two equally frequent values, some 3 for chance. The mean surprise -log2 p of the intervals;
    half of an interval's surprise counts for each of the two onsets.
    """
    curve, shares = np.full(len(spans), np.nan), np.zeros(len(strokes.times))
    for w, (start, end) in enumerate(spans):
        onsets = strokes.onsets[(strokes.onsets >= start) & (strokes.onsets < end)]
        kept = np.diff(onsets) <= LONGEST * RATE
        if kept.sum() >= LEAST:
            surprise = surprises(np.diff(onsets)[kept])
            curve[w] = surprise.mean()
            for side in (onsets[:-1][kept], onsets[1:][kept]):
                np.add.at(shares, side, surprise / len(surprise) / 2)
    good = np.isfinite(curve).sum()
    strength = strokes.rises / np.maximum(strokes.curve, 1e-12)
    return Measured(curve, strength * shares / max(good, 1), "" if good else too_few(strokes, LEAST + 1))


def surprises(intervals: np.ndarray) -> np.ndarray:
    """(N,) lengths -> (N,) bits: minus the logarithm of how frequent each one's class is."""
    classes = np.round(PER_OCTAVE * np.log2(intervals / np.median(intervals))).astype(int)
    _, which, counts = np.unique(classes, return_inverse=True, return_counts=True)
    return -np.log2(counts[which] / len(classes))

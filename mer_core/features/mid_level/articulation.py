"""Articulation: how far sounds are detached from what follows, from legato to staccato."""

import numpy as np

from mer_core.features.mid_level.strokes import RATE, Strokes, too_few
from mer_core.features.mid_level.windows import Measured, over_windows

ATTACK = round(0.07 * RATE)  # frames in which a sound reaches its peak
SHORT = round(0.03 * RATE)  # frames before the next stroke that may already belong to it
LONGEST = round(1.0 * RATE)  # frames a sound is followed for
STRUCK, FULL = 6.0, 40.0  # dB that a band must rise to count as struck; more than the second counts no more
FALLEN = 10.0  # dB below the peak: about half as loud
LEAST = 4  # onsets a window needs


def measure(strokes: Strokes, spans: list[tuple[int, int]]) -> Measured:
    """The key detached ratio of R. Bresin and G. U. Battel, Articulation strategies in expressive piano performance,
    JNMR 29(3), 2000, heard instead of read from keys: the share of the time from an onset to the next in which a
    band has fallen by 10 dB or more from its peak. 0 (legato) to 1 (staccato; theirs had 0.6).

    The mean over all strokes and bands, weighted by the decibels a band rises: sharper attacks count more.
    """
    rise, detached = gaps(strokes)
    heard, silent = rise.sum(axis=1), (rise * detached).sum(axis=1)
    curve, totals = np.full((2, len(spans)), np.nan)
    for w, (start, end) in enumerate(spans):
        inside = (strokes.onsets >= start) & (strokes.onsets < end)
        if inside.sum() >= LEAST and heard[inside].sum() > 0:
            totals[w] = heard[inside].sum()
            curve[w] = silent[inside].sum() / totals[w]
    shares = np.zeros_like(strokes.level)
    weights = over_windows(1 / totals, spans, len(strokes.times))[strokes.onsets]
    shares[:, strokes.onsets] = (weights[:, None] * rise * detached).T
    return Measured(curve, shares, "" if np.isfinite(curve).any() else too_few(strokes, LEAST))


def gaps(strokes: Strokes) -> tuple[np.ndarray, np.ndarray]:
    """(K, B) how many decibels each band rises at each onset (0 where it is not struck), and (K, B) the share of the
    time until the next onset in which its level lies FALLEN below the peak."""
    frames = strokes.level.shape[1]
    level = np.pad(strokes.level, [(0, 0), (ATTACK, LONGEST)], mode="edge")
    at = strokes.onsets[:, None] + np.arange(ATTACK)
    peak, before = level[:, at + ATTACK].max(axis=2).T, level[:, at].min(axis=2).T
    rise = np.where(peak - before >= STRUCK, np.minimum(peak - before, FULL), 0)
    detached = np.zeros_like(rise)
    for k, (onset, following) in enumerate(zip(strokes.onsets, [*strokes.onsets[1:], frames])):
        length = int(np.clip(following - SHORT - onset, 1, LONGEST))
        heard = level[:, onset + ATTACK:onset + ATTACK + length]
        after = np.arange(length) >= heard[:, :ATTACK].argmax(axis=1)[:, None]
        detached[k] = ((heard < peak[k][:, None] - FALLEN) & after).mean(axis=1)
    return rise, np.where(rise > 0, detached, 0)

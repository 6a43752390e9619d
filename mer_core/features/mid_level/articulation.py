"""Articulation: how far sounds are detached from what follows, from legato to staccato."""

import numpy as np

from mer_core.features.mid_level.strokes import RATE, Strokes, too_few
from mer_core.features.mid_level.windows import Measured, over_windows

ATTACK = round(0.07 * RATE)  # frames in which a sound reaches its peak
SHORT = round(0.03 * RATE)  # frames before the next stroke that may already belong to it
LONGEST = round(1.0 * RATE)  # frames a sound is followed for
STRUCK, FULL = 6.0, 40.0  # dB that a band must rise to count as struck; more than the second counts no more
FALLEN = 10.0  # dB below the peak: about half as loud


def measure(strokes: Strokes, spans: list[tuple[int, int]]) -> Measured:
    """Detached sounds a second: each onset counts by its key detached ratio. 0 for legato; drums and plucked strings
    at a brisk pace have 2 or more. Listeners were asked which song "has more sounds with staccato articulation".

    The ratio is that of R. Bresin and G. U. Battel, Articulation strategies in expressive piano performance, Journal
    of New Music Research 29(3), 2000, heard instead of read from keys: the share of the time from an onset to the next
    in which a band has fallen by 10 dB or more from its peak, averaged over the bands, weighted by the decibels they
    rise. 0 to 1; their staccato has 0.6.
    """
    rise, detached = gaps(strokes)
    heard = rise * detached / np.maximum(rise.sum(axis=1, keepdims=True), 1e-9)
    curve, per_second = np.full((2, len(spans)), np.nan)
    for w, (start, end) in enumerate(spans):
        inside = (strokes.onsets >= start) & (strokes.onsets < end)
        if inside.any():
            per_second[w] = RATE / (end - start)
            curve[w] = heard[inside].sum() * per_second[w]
    shares = np.zeros_like(strokes.level)
    weights = over_windows(per_second, spans, len(strokes.times))[strokes.onsets]
    shares[:, strokes.onsets] = (weights[:, None] * heard).T
    return Measured(curve, shares, "" if np.isfinite(curve).any() else too_few(strokes, 1))


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

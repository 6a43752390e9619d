"""Melodiousness: how much of the sound belongs to one leading pitch that moves on as a voice does."""

import numpy as np

from mer_core.features.mid_level.partials import RATE, Partials
from mer_core.features.mid_level.windows import Measured, averaged

LOWEST, HIGHEST, PER_SEMITONE = 33.0, 93.0, 3  # semitones, 55 Hz to 1760 Hz
PITCHES = np.arange(LOWEST, HIGHEST, 1 / PER_SEMITONE)  # (N,)
HARMONICS, DECAY = 8, 0.8
LEAP = 0.05  # of the strongest salience that a step of one semitone costs
FARTHEST = 12  # semitones; wider leaps cost no more
STEP = 1.0  # semitones a pitch may move in 93 ms within one contour
SHORTEST = round(0.25 * RATE)  # frames of a contour
IN_TUNE = 0.5  # semitones around a harmonic
LEAST = 10  # sounding frames a window needs, one second


def measure(partials: Partials, spans: list[tuple[int, int]]) -> Measured:
    """The share of the (A-weighted) power that lies in the harmonics of the predominant pitch, counted as 0 in frames
    where that pitch does not go on for a quarter of a second. 0 to 1; near 1 for a voice alone.

    Pitch salience, contours and their continuity after J. Salamon and E. Gómez, Melody extraction from polyphonic
    music signals using pitch contour characteristics, IEEE TASLP 20(6), 2012; the path is found by dynamic programming.
    """
    path = leading(salience(partials))
    owned = _owned(partials, PITCHES[path]) & sustained(path, partials.sounding)[:, None]
    share = np.where(owned, partials.amps ** 2, 0) / np.maximum(partials.power, 1e-20)[:, None]
    curve, weights = averaged(share.sum(axis=1), partials.sounding, spans, LEAST)
    reason = "" if np.isfinite(curve).any() else "Nothing sounds for a whole second, so nothing can lead."
    return Measured(curve, weights[:, None] * share, reason)


def salience(partials: Partials) -> np.ndarray:
    """(T, N) how strongly each of PITCHES is supported: the sum over partials and harmonics h of amplitude times
    0.8^(h-1), within a semitone weighted by cos^2 (the salience function of Salamon and Gómez 2012); 1 is a frame's
    strongest."""
    frames, size = len(partials.times), len(PITCHES)
    total = np.zeros(frames * size)
    row = np.arange(frames)[:, None] * size
    for h in range(1, HARMONICS + 1):
        place = np.round((partials.pitches - 12 * np.log2(h) - LOWEST) * PER_SEMITONE).astype(int)
        inside = (place >= 0) & (place < size)
        weights = np.where(inside, partials.amps, 0) * DECAY ** (h - 1)
        total += np.bincount((row + np.clip(place, 0, size - 1)).ravel(), weights.ravel(), len(total))
    reach = np.arange(-PER_SEMITONE + 1, PER_SEMITONE) / PER_SEMITONE
    kernel = np.cos(np.pi / 2 * reach) ** 2
    spread = np.apply_along_axis(np.convolve, 1, total.reshape(frames, size), kernel, "same")
    return spread / np.maximum(spread.max(axis=1, keepdims=True), 1e-20)


def leading(salience: np.ndarray) -> np.ndarray:
    """(T, N) -> (T,) the path of the highest salience less what its leaps cost."""
    frames, size = salience.shape
    far = np.abs(np.subtract.outer(np.arange(size), np.arange(size))) / PER_SEMITONE
    cost = (LEAP * np.minimum(far, FARTHEST)).astype(np.float32)
    best, back = salience[0].astype(np.float32), np.zeros((frames, size), np.int16)
    for t in range(1, frames):
        arrived = best - cost  # from the last axis to the first
        back[t] = arrived.argmax(axis=1)
        best = np.take_along_axis(arrived, back[t, :, None].astype(int), 1)[:, 0] + salience[t].astype(np.float32)
    path = np.empty(frames, int)
    path[-1] = best.argmax()
    for t in range(frames - 1, 0, -1):
        path[t - 1] = back[t, path[t]]
    return path


def sustained(path: np.ndarray, sounding: np.ndarray) -> np.ndarray:
    """(T,) bool: frames in a contour, a run of at least SHORTEST sounding frames whose pitch moves by at most STEP."""
    joined = (np.abs(np.diff(path)) <= STEP * PER_SEMITONE) & sounding[1:] & sounding[:-1]
    contour = np.concatenate([[0], np.cumsum(~joined)])
    return sounding & (np.bincount(contour)[contour] >= SHORTEST)


def _owned(partials: Partials, pitch: np.ndarray) -> np.ndarray:
    """(T, P) bool: partials within a quarter tone of one of the first harmonics of that pitch (T,)."""
    above = partials.freqs / (440 * 2 ** ((pitch[:, None] - 69) / 12))
    harmonic = np.clip(np.round(above), 1, HARMONICS)
    return np.abs(12 * np.log2(np.maximum(above, 1e-6) / harmonic)) <= IN_TUNE

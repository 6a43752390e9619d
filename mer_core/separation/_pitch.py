"""The course of one pitch through a mix, and the comb of its harmonics."""

import numpy as np

PER_OCTAVE = 48


def track_pitch(spectrum: np.ndarray, spacing: float, low: float, *, octaves: int = 3, harmonics: int = 9,
                jump: int = 4) -> np.ndarray:
    """(T,) Hz, the most salient pitch of each frame of a magnitude `spectrum` (F, T), bins `spacing` Hz apart.

    Salience is the weighted sum of the harmonics' compressed magnitudes (Salamon and Gomez 2012, sec. II-B,
    simplified); the course through it is the best that rarely leaps (Viterbi), since tunes move in small steps.
    """
    pitches = low * 2 ** (np.arange(octaves * PER_OCTAVE) / PER_OCTAVE)
    score = salience(np.sqrt(spectrum), pitches / spacing, harmonics)
    score /= score.max(axis=0).mean() + 1e-9
    return pitches[smooth_path(score, jump)]


def salience(compressed: np.ndarray, positions: np.ndarray, harmonics: int) -> np.ndarray:
    """(Q, T) for fundamental `positions` (Q,) in bins; harmonic k counts 0.8 ** (k - 1)."""
    total = np.zeros((len(positions), compressed.shape[1]), np.float32)
    for k in range(1, harmonics + 1):
        inside = positions * k < len(compressed) - 1
        below = np.minimum(positions * k, len(compressed) - 2).astype(int)
        share = np.minimum(positions * k - below, 1)[:, None].astype(np.float32)
        total += np.float32(0.8 ** (k - 1)) * inside[:, None] * (
            compressed[below] * (1 - share) + compressed[below + 1] * share)
    return total


def smooth_path(score: np.ndarray, jump: int, step_cost: float = 0.4, leap_cost: float = 1.0) -> np.ndarray:
    """(T,) rows of `score` (Q, T) with the greatest sum, less a cost for steps of up to `jump` rows and for leaps."""
    rows, frames = score.shape
    cost = (step_cost * np.abs(np.arange(-jump, jump + 1)) / jump).astype(np.float32)
    back = np.empty((frames, rows), np.int32)
    value = score[:, 0]
    own = np.arange(rows)
    for t in range(1, frames):
        near = np.lib.stride_tricks.sliding_window_view(np.pad(value, jump, constant_values=-1e9), 2 * jump + 1) - cost
        choice = near.argmax(axis=1)
        best, leap = near[own, choice], value.argmax()
        leaps = value[leap] - leap_cost > best
        back[t] = np.where(leaps, leap, own + choice - jump)
        value = np.where(leaps, value[leap] - leap_cost, best) + score[:, t]
    path = np.empty(frames, int)
    path[-1] = value.argmax()
    for t in range(frames - 1, 0, -1):
        path[t - 1] = back[t, path[t]]
    return path


def comb(pitch: np.ndarray, freqs: np.ndarray, *, width: float, harmonics: int, wobble: float = 0.006) -> np.ndarray:
    """(F, T) in [0, 1]: 1 on the harmonics of `pitch` (T,), a bell `width` Hz wide, wider for high harmonics.

    `wobble` is the share of the frequency that vibrato and a pitch in motion smear a harmonic by.
    """
    pitch, freqs = pitch.astype(np.float32)[None], freqs.astype(np.float32)[:, None]
    ratio = freqs / pitch
    off = (ratio - np.maximum(np.round(ratio), 1)) * pitch
    return np.exp(-0.5 * (off / (width + wobble * freqs)) ** 2) * (ratio < harmonics + 0.5)

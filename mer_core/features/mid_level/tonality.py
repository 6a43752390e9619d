"""Tonal stability and minorness: how the pitch classes of each window fit the keys."""

from dataclasses import dataclass

import numpy as np

from mer_core.features import chroma
from mer_core.features.mid_level.partials import Partials, steady
from mer_core.features.mid_level.windows import Measured

TOP = 2100.0  # Hz, C7; higher partials are overtones more often than tones
OVERTONES, LESS = 5, 0.6
STANDS_OUT = 0.45  # deviation over mean of the pitch classes, from where a window is tonal; noise has 0.3
HELD = 0.3  # or the share of its amplitude that lies in steady partials; noise and most drums stay below
ATONAL = "No pitch class stands out and no tone is held (noise, or drums alone), so there is no key."


@dataclass(frozen=True, eq=False)
class Classes:
    """Which pitch classes each partial speaks for, and how strongly."""

    index: np.ndarray  # (H, T, P) 0 is C, 11 is B; as the overtone 1 to H of a tone
    weights: np.ndarray  # (H, T, P)
    held: np.ndarray  # (T, 2) amplitude in steady partials, and in all
    tuning: float  # semitones from A4 = 440 Hz, -0.5 to 0.5

    @property
    def chroma(self) -> np.ndarray:
        """(12, T) strength of each pitch class."""
        frames = self.index.shape[1]
        flat = np.arange(frames)[:, None] * 12 + self.index
        return np.bincount(flat.ravel(), self.weights.ravel(), 12 * frames).reshape(frames, 12).T


def classes(partials: Partials) -> Classes:
    """The harmonic pitch class profile of E. Gómez, Tonal description of polyphonic audio for music content
    processing, INFORMS Journal on Computing 18(3), 2006: peaks up to 2.1 kHz, weighted by the squared cosine of their
    distance from the class, which also speak for the tones they may be the 2nd, 3rd ... overtone of, at 0.6 of the
    weight a step. Here by amplitude instead of power; the tuning is the circular mean of those distances."""
    amps = np.where(partials.freqs <= TOP, partials.plain, 0)
    turns = np.exp(2j * np.pi * partials.pitches)
    tuning = float(np.angle((amps * turns).sum()) / (2 * np.pi))
    overtones = np.arange(1, OVERTONES + 1)[:, None, None]
    place = partials.pitches - tuning - 12 * np.log2(overtones)
    nearest = np.round(place)
    weights = amps * LESS ** (overtones - 1) * np.cos(np.pi * (place - nearest)) ** 2
    held = np.where(partials.freqs <= TOP, partials.amps, 0)
    return Classes(nearest.astype(int) % 12, weights,
                   np.stack([(held * steady(partials)).sum(axis=1), held.sum(axis=1)], axis=1), tuning)


@dataclass(frozen=True, eq=False)
class Fits:
    """The pitch classes of each window, ready for the keys; NaN where none stands out."""

    rows: np.ndarray  # (W, 12) the strength of each class over the window's norm: times a key profile, a correlation
    spans: list[tuple[int, int]]
    classes: Classes

    @property
    def keys(self) -> np.ndarray:
        """(W, 24) correlation with C major ... B major, C minor ... B minor."""
        return self.rows @ profiles().T

    def shares(self, profile: np.ndarray) -> np.ndarray:
        """(W, 12) a mixture of key profiles for each window -> (T, P) what each partial adds to the mean over the
        windows of `rows * profile`."""
        index, speaks = self.classes.index, self.classes.weights
        total = np.zeros(index.shape[1:])
        good = np.isfinite(self.rows).all(axis=1)
        sums = self.classes.chroma
        for (start, end), row, fit in zip(self.spans, profile, good):
            if fit:
                norm = _norm(sums[:, start:end].sum(axis=1)) * good.sum()
                total[start:end] += (row[index[:, start:end]] * speaks[:, start:end]).sum(axis=0) / norm
        return total


def fits(found: Classes, spans: list[tuple[int, int]]) -> Fits:
    """The pitch classes of each window."""
    sums = found.chroma
    rows = np.full((len(spans), 12), np.nan)
    for row, (start, end) in zip(rows, spans):
        strength = sums[:, start:end].sum(axis=1)
        held, heard = found.held[start:end].sum(axis=0)
        if _norm(strength) > 1e-9 and (strength.std() > STANDS_OUT * strength.mean() or held > HELD * heard):
            row[:] = strength / _norm(strength)
    return Fits(rows, spans, found)


def _norm(strength: np.ndarray) -> float:
    return float(np.linalg.norm(strength - strength.mean()))


def profiles() -> np.ndarray:
    """(24, 12) the key profiles of Krumhansl and Kessler (1982), mean 0 and norm 1."""
    rows = np.array([np.roll(p, k) for p in (chroma.MAJOR, chroma.MINOR) for k in range(12)])
    rows = rows - rows.mean(axis=1, keepdims=True)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def song_key(found: Fits) -> int | None:
    """The key, 0-11 major and 12-23 minor from C, with the highest mean correlation; None where there is none."""
    good = np.isfinite(found.rows).all(axis=1)
    return int(found.keys[good].mean(axis=0).argmax()) if good.any() else None


def stability(found: Fits) -> Measured:
    """Key clarity and its variation in one figure: the mean correlation of the windows with the one key that fits the
    song best (key strength by correlation: Gómez 2006, with the profiles of C. Krumhansl, Cognitive Foundations
    of Musical Pitch, 1990). -1 to 1; high where a key is clear and stays, lower where it is vague or
    the song leaves it."""
    key = song_key(found)
    if key is None:
        return Measured(np.full(len(found.spans), np.nan), np.zeros(found.classes.index.shape[1:]), ATONAL)
    profile = np.tile(profiles()[key], (len(found.spans), 1))
    return Measured(found.keys[:, key], found.shares(profile))


def minorness(found: Fits) -> Measured:
    """The best minor key's correlation less the best major key's (the `mode` of O. Lartillot and P. Toiviainen, A
    Matlab toolbox for musical feature extraction from audio, DAFx 2007, with its sign turned). -1 to 1; mostly within
    -0.3 and 0.3, above 0 for minor."""
    good = np.isfinite(found.rows).all(axis=1)
    if not good.any():
        return Measured(np.full(len(found.spans), np.nan), np.zeros(found.classes.index.shape[1:]), ATONAL)
    keys = np.nan_to_num(found.keys)
    profile = profiles()[12 + keys[:, 12:].argmax(axis=1)] - profiles()[keys[:, :12].argmax(axis=1)]
    return Measured((found.rows * profile).sum(axis=1), found.shares(profile))

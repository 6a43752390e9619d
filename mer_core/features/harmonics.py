"""Which mel bands hold the harmonics of a pitch class: the "blinders" of the harmonics CNN, from physics alone.

Paper: A Theory-Based Explainable Deep Learning Architecture for Music Emotion, arXiv 2408.07113 (read in a summary): a
filter for each of the twelve pitch classes sees only the bands at integer multiples of its fundamentals. A song that is
tuned higher or lower is met by moving the mel filter bank (TunedMel), so that the table of bands stays as it is.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

import numpy as np

from mer_core.features.mel import MelSpec, _hertz, _mel
from mer_core.features.spectral import frame_times
from mer_core.schema import Grid

PITCH_CLASSES = ("A", "A#", "B", "C", "C#", "D", "D#", "E", "F", "F#", "G", "G#")
A4 = 440.0  # Hz
LOWEST_A = 3  # octaves under A4: the first row of a pitch class starts at A1, 55 Hz
CENTS = 5  # the step of an estimated tuning
HEARD = (150.0, 2500.0)  # Hz, where partials are well apart and strong: the tuning is read there
PEAK = 0.05  # of a frame's highest amplitude: lower peaks are not read
AGREED = 0.05  # of 1: peaks that agree less than this on a tuning say nothing


@dataclass(frozen=True)
class TunedMel(MelSpec):
    """A mel spectrogram whose bands end at `top` Hz and all move with the tuning: with A4 at 446 Hz a band lies where
    it lies at 440, times 446/440, so that a note stays in its band."""

    top: float = 7600.0  # Hz at A4 = 440; over 8 kHz many files of 4Q hold nothing, unevenly over the quadrants
    a4: float = A4  # Hz

    def filterbank(self) -> np.ndarray:
        """(n_mels, n_fft // 2 + 1) triangles of equal area on Slaney's mel scale, moved; read-only."""
        return _moved_bank(self)

    def grid(self, frames: int) -> Grid:
        """Seconds, and the true hertz: with the tuning."""
        mels = np.linspace(0, _mel(self.top), self.n_mels + 2)[1:-1]
        return Grid(times=frame_times(frames, self.sr, self.hop), freqs=_hertz(mels) * self.a4 / A4)


@cache
def _moved_bank(spec: TunedMel) -> np.ndarray:
    from librosa.filters import mel

    bank = mel(sr=spec.sr * A4 / spec.a4, n_fft=spec.n_fft, n_mels=spec.n_mels, fmax=spec.top)
    bank.flags.writeable = False
    return bank


def fundamentals(octaves: int, a4: float = A4) -> np.ndarray:
    """(12, octaves) Hz in equal temperament: a row a pitch class, from A1 (55 Hz) to G#2, then octave by octave."""
    return a4 * 2.0 ** (np.arange(12)[:, None] / 12 + np.arange(octaves) - LOWEST_A)


def band_table(freqs: np.ndarray, octaves: int, multiples: int, a4: float = A4) -> np.ndarray:
    """(12, octaves, multiples) int: the band nearest in hertz to the multiple 1, 2, ... of each fundamental.

    `freqs` (F,) Hz are the bands' centres, increasing. -1 where a multiple lies more than half a band over the last:
    such a place reads silence. In the bass bands are wider than a semitone, so neighbours share their lowest multiples.
    """
    freqs = np.asarray(freqs, float)
    wanted = fundamentals(octaves, a4)[..., None] * np.arange(1, multiples + 1)
    nearest = np.abs(wanted[..., None] - freqs).argmin(axis=-1)
    return np.where(wanted > freqs[-1] + (freqs[-1] - freqs[-2]) / 2, -1, nearest)


def random_table(table: np.ndarray, bands: int, seed: int = 0) -> np.ndarray:
    """The same shape with random bands of all `bands` in the place of harmonics, increasing in each row, without
    repetition, and silent in the same places: the same size without the physics."""
    rng, found = np.random.default_rng(seed), np.full_like(table, -1)
    for place in np.ndindex(table.shape[:2]):
        heard = np.flatnonzero(table[place] >= 0)
        found[(*place, heard)] = np.sort(rng.choice(bands, len(heard), replace=False))
    return found


def contiguous_table(table: np.ndarray, bands: int) -> np.ndarray:
    """The same shape with neighbouring bands in the place of harmonics: the rows' pieces start evenly from the lowest
    to the highest, a branch's pieces one above the other, as an ordinary convolution's kernel would slide."""
    branches, octaves, multiples = table.shape
    starts = np.linspace(0, bands - multiples, branches * octaves).round().astype(int)
    return starts.reshape(branches, octaves, 1) + np.arange(multiples)


def blinder(table: np.ndarray, bands: int) -> np.ndarray:
    """(12, bands) bool: which bands each pitch class sees."""
    seen = np.zeros((len(table), bands), bool)
    for row, read in zip(seen, table, strict=True):
        row[read[read >= 0]] = True
    return seen


def estimate_a4(blocks: Iterable[np.ndarray], sr: float, n_fft: int) -> float:
    """The song's own A4 in Hz, within half a semitone of 440, in steps of 5 cents.

    `blocks` are of its STFT, (frames, n_fft // 2 + 1) complex. Each spectral peak lies some cents beside the nearest
    semitone; as those are an angle (a semitone the full circle), the tuning is their mean direction, weighted by
    amplitude. 440 where there are no peaks, or none that agree.
    """
    total, weight = 0j, 0.0
    for block in blocks:
        hertz, amplitude = _peaks(np.abs(block), sr / n_fft)
        turns = 12 * np.log2(hertz / A4)
        total += np.sum(amplitude * np.exp(2j * np.pi * turns))
        weight += amplitude.sum()
    if abs(total) <= AGREED * weight:
        return A4
    cents = CENTS * round(100 * np.angle(total) / (2 * np.pi) / CENTS)
    return float(A4 * 2 ** (cents / 1200))


def _peaks(amplitude: np.ndarray, width: float) -> tuple[np.ndarray, np.ndarray]:
    """Hertz and amplitude of the peaks of all frames (frames, bins), between bins by a parabola through logarithms."""
    low, high = (int(round(f / width)) for f in HEARD)
    left, middle, right = (amplitude[:, low + d:high + d] for d in (-1, 0, 1))
    loud = middle > np.maximum(PEAK * amplitude.max(axis=1, keepdims=True), 1e-6)
    frame, at = np.nonzero((middle > left) & (middle >= right) & loud)
    a, b, c = (np.log(np.maximum(part[frame, at], 1e-12)) for part in (left, middle, right))
    return (low + at + 0.5 * (a - c) / (a - 2 * b + c)) * width, middle[frame, at]

"""The partials of a song: the peaks of its spectrum over time, which dissonance, tonality and melody are sums over."""

from dataclasses import dataclass
from functools import cache

import numpy as np

from mer_core.features import spectral

SR, N_FFT, HOP = 22_050, 4096, 2048  # 186 ms windows, short enough that a vibrato is no cluster, every 93 ms
RATE = SR / HOP  # frames a second
MOST = 40  # partials kept in a frame, the strongest ones
LOW, HIGH = 55.0, 8000.0  # Hz, A1 and the top of what carries pitch
DEPTH = 1e-3  # of a frame's strongest partial (-60 dB); a weaker peak is dust
QUIET = 10 ** (-70 / 20)  # weighted amplitude; a frame whose partials stay below it is silent
FADE = 10 ** (-40 / 20)  # of the strongest frame within NEAR; below it a frame is a reverberating tail
NEAR = 10.0  # s
SAME = 0.3  # semitones between two frames within which a partial goes on
WEAKER = 0.25  # of its amplitude, that it must keep
BLOCK = 512  # frames compared at once


@dataclass(frozen=True, eq=False)
class Partials:
    """Up to MOST partials in each frame; an empty place has the amplitude 0. Silent frames hold none."""

    times: np.ndarray  # (T,) s
    freqs: np.ndarray  # (T, MOST) Hz
    amps: np.ndarray  # (T, MOST) amplitude, 1 is full scale, with the A-weighting of IEC 61672 for loudness

    @property
    def power(self) -> np.ndarray:
        """(T,) the sum of the partials' powers."""
        return (self.amps ** 2).sum(axis=1)

    @property
    def sounding(self) -> np.ndarray:
        """(T,) bool, whether anything sounds."""
        return self.amps[:, 0] > 0

    @property
    def plain(self) -> np.ndarray:
        """(T, MOST) amplitude without the weighting."""
        return self.amps / a_weighting(self.freqs)

    @property
    def pitches(self) -> np.ndarray:
        """(T, MOST) in semitones, 69 is A4 = 440 Hz."""
        return 69 + 12 * np.log2(np.maximum(self.freqs, 1.0) / 440)


def find(y: np.ndarray) -> Partials:
    """(samples,) mono at 22,050 Hz -> its partials. Memory is bounded by blocks of frames."""
    found = [_peaks(block) for block in spectral.stft_blocks(y, N_FFT, HOP, 256)]
    freqs, amps = (np.concatenate(part) for part in zip(*found))
    loudest = amps[:, 0]
    audible = loudest > np.maximum(QUIET, FADE * _highest_near(loudest))
    return Partials(spectral.frame_times(len(amps), SR, HOP), freqs, np.where(audible[:, None], amps, 0))


def _peaks(spectrum: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(B, bins) -> (B, MOST) Hz and (B, MOST) weighted amplitudes, the strongest first.

    A peak's place and height come from a parabola through three values in decibels (J. O. Smith and X. Serra, PARSHL,
    ICMC 1987).
    """
    first, last, weights = _weighting()
    level = np.sqrt(spectral.power(spectrum[:, first - 1:last + 1])) * weights
    left, middle, right = level[:, :-2], level[:, 1:-1], level[:, 2:]
    floor = DEPTH * level.max(axis=1, keepdims=True)
    height = np.where((middle > left) & (middle >= right) & (middle > floor), middle, 0)
    strongest = np.argpartition(height, -MOST, axis=1)[:, -MOST:]
    strongest = np.take_along_axis(strongest, np.argsort(-np.take_along_axis(height, strongest, 1), axis=1), 1)
    a, b, c = (np.log(np.take_along_axis(x, strongest, 1) + 1e-12) for x in (left, middle, right))
    bend = a - 2 * b + c
    shift = np.clip(np.divide(0.5 * (a - c), bend, out=np.zeros_like(bend), where=bend < -1e-9), -0.5, 0.5)
    real = np.take_along_axis(height, strongest, 1) > 0
    amps = np.where(real, np.exp(b - 0.25 * (a - c) * shift), 0)
    return np.where(real, (strongest + first + shift) * SR / N_FFT, 0), amps


@cache
def _weighting() -> tuple[int, int, np.ndarray]:
    """First and end bin of a partial, and the factor from |X| to weighted amplitude for these and one more on each
    side."""
    first, end = round(LOW * N_FFT / SR), round(HIGH * N_FFT / SR)
    bins = np.arange(first - 1, end + 1)
    return first, end, (a_weighting(bins * SR / N_FFT) * 2 / spectral.hann(N_FFT).sum()).astype(np.float32)


def a_weighting(hertz: np.ndarray) -> np.ndarray:
    """Factor of amplitude by IEC 61672-1, annex E: 1 at 1 kHz, 0.05 (-26 dB) at 55 Hz, which it stays at below."""
    f2 = np.maximum(hertz, LOW - 5) ** 2
    poles = (f2 + 20.6 ** 2) * np.sqrt((f2 + 107.7 ** 2) * (f2 + 737.9 ** 2)) * (f2 + 12194.0 ** 2)
    return 10 ** (2.0 / 20) * 12194.0 ** 2 * f2 ** 2 / poles


def steady(partials: Partials) -> np.ndarray:
    """(T, MOST) bool: partials that are there in the frame before and in the frame after as well, as in a tone."""
    before, after = np.zeros((2, *partials.freqs.shape), bool)
    for k in range(0, len(partials.times) - 1, BLOCK):
        here, there = slice(k, min(k + BLOCK, len(partials.times) - 1)), slice(k + 1, k + BLOCK + 1)
        after[here] = _goes_on(partials, here, there)
        before[there] = _goes_on(partials, there, here)
    return before & after


def _goes_on(partials: Partials, here: slice, there: slice) -> np.ndarray:
    """(T, MOST) bool: the partials of `here` that have a like one in the frame of `there`."""
    near = np.abs(partials.pitches[here][:, :, None] - partials.pitches[there][:, None]) < SAME
    loud = partials.amps[there][:, None] > WEAKER * partials.amps[here][:, :, None]
    return (near & loud).any(axis=2)


def _highest_near(values: np.ndarray) -> np.ndarray:
    from scipy.ndimage import maximum_filter1d

    return maximum_filter1d(values, 2 * round(NEAR * RATE) + 1, mode="nearest")

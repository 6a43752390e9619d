"""How loud a sound is (ITU-R BS.1770-4), and making one as loud as another without clipping."""

from __future__ import annotations

import numpy as np
import pyloudnorm
from scipy.ndimage import minimum_filter1d, uniform_filter1d
from scipy.signal import sosfilt

CEILING = -0.3  # dBFS, the highest true peak of a matched sound
MAX_REDUCTION = 12.0  # dB the limiter may take off; beyond it the sound stays quieter instead of being squashed
LOOKAHEAD = 0.015  # s before and after a peak over which the limiter's gain moves
TOLERANCE = 0.1  # LU
_CHUNK = 10.0  # s worked on at once: bounds memory
# A windowed sinc of 24 taps: (24, 3), the values at 1/4, 1/2 and 3/4 of the way from its 12th tap to the next.
_OFFSETS = np.arange(-11, 13)
_DELAYS = _OFFSETS[:, None] - np.array([0.25, 0.5, 0.75])
_BETWEEN = (np.sinc(_DELAYS) * np.cos(np.pi * _DELAYS / 26) ** 2).astype(np.float32)


def loudness(y: np.ndarray, sr: int) -> float:
    """Integrated gated loudness in LUFS of (channels, samples) or (samples,), one or two channels.

    A sound shorter than one 0.4 s gating block is measured ungated; silence, or nothing above the absolute gate of
    -70 LUFS, gives -inf. The K-weighting is pyloudnorm's; filtered in chunks so that a long song needs little memory.
    """
    y = np.atleast_2d(y)
    hops = sum(_hop_energies(channel, sr) for channel in y)  # per 0.1 s
    hop = round(0.1 * sr)
    whole = hops[:y.shape[1] // hop]  # a last part hop belongs to no block
    if len(whole) < 4:
        return _lufs(hops.sum() / max(y.shape[1], 1))
    blocks = np.convolve(whole, np.ones(4), "valid") / (4 * hop)
    heard = blocks[blocks > 10 ** ((-70 + 0.691) / 10)]
    if not len(heard):
        return -np.inf
    return _lufs(heard[heard > heard.mean() / 10].mean())


def _lufs(power: float) -> float:
    return float(-0.691 + 10 * np.log10(power)) if power > 0 else -np.inf


def _hop_energies(channel: np.ndarray, sr: int) -> np.ndarray:
    """K-weighted energy of each 0.1 s of (samples,), the last one partial."""
    filters = np.array([[*stage.b, *stage.a] for stage in pyloudnorm.Meter(sr)._filters.values()])
    state = np.zeros((len(filters), 2))
    hop = round(0.1 * sr)
    energies = []
    for start in range(0, len(channel), chunk := hop * round(_CHUNK / 0.1)):
        x, state = sosfilt(filters, channel[start:start + chunk].astype(np.float64), zi=state)
        energies.append(np.add.reduceat(x * x, np.arange(0, len(x), hop)))
    return np.concatenate(energies) if energies else np.zeros(0)


def true_peak(y: np.ndarray, sr: int) -> float:
    """The largest absolute value of (channels, samples) at four times the sample rate (BS.1770-4, annex 2); linear."""
    y = np.atleast_2d(y)
    size, context = round(_CHUNK * sr), len(_OFFSETS)
    floor = max((np.abs(channel).max(initial=0) for channel in y), default=0) / 2
    parts = (y[:, max(start - context, 0):start + size + context] for start in range(0, y.shape[1], size))
    return max((float(_envelope(part, floor).max()) for part in parts), default=0.0)


def _envelope(y: np.ndarray, floor: float) -> np.ndarray:
    """(samples,) of (channels, samples): the largest value in any channel, at each sample or before the next.

    Between samples it looks only where one of the two is above `floor`, half of what matters: elsewhere the curve does
    not rise so far.
    """
    envelope = np.abs(y).max(axis=0)
    for channel in y:
        loud = np.abs(channel) > floor
        at = np.flatnonzero(loud | np.append(loud[1:], False))
        padded = np.pad(channel, (-_OFFSETS[0], _OFFSETS[-1]), mode="edge")
        fine = np.abs(padded[at[:, None] + np.arange(len(_OFFSETS))] @ _BETWEEN).max(axis=1, initial=0)
        envelope[at] = np.maximum(envelope[at], fine)
    return envelope


def match_loudness(y: np.ndarray, reference: float, sr: int) -> tuple[np.ndarray, float]:
    """(y made as loud as `reference` LUFS, the gain in dB): one constant gain, then a lookahead limiter where needed.

    The true peak stays at or below CEILING. What the limiter takes off is given back as gain, so that the loudness is
    met within TOLERANCE, except where the peaks would have to be lowered by more than MAX_REDUCTION: then the sound
    stays quieter. Silence comes back as it is, with a gain of 0.
    """
    before = loudness(y, sr)
    if not np.isfinite(before) or not np.isfinite(reference):
        return y.copy(), 0.0
    peak = 20 * np.log10(true_peak(y, sr))
    gain, highest = reference - before, CEILING + MAX_REDUCTION - peak
    if gain + peak <= CEILING:
        return y * np.float32(10 ** (gain / 20)), gain
    gain, out = min(gain, highest), np.empty_like(y)
    for _ in range(8):
        limit(y, sr, gain, out)
        missing = reference - loudness(out, sr)
        if abs(missing) <= TOLERANCE or missing > 0 and gain >= highest:
            break
        gain = min(gain + 1.5 * missing, highest)  # more than is missing: the limiter takes its share of it
    return out, gain


def limit(y: np.ndarray, sr: int, gain: float = 0.0, out: np.ndarray | None = None) -> np.ndarray:
    """`out`, (channels, samples): `y` times `gain` dB, turned down around its peaks to a true peak below CEILING.

    The gain each sample needs, held for LOOKAHEAD on both sides and then averaged within that, so that it has fallen
    when the peak comes; all channels share it, so that the stereo image stands still.
    """
    reach, target = round(LOOKAHEAD * sr), 10 ** (CEILING / 20) * 0.999  # the margin is for a peak between two gains
    out = np.empty_like(y) if out is None else out
    for start in range(0, y.shape[1], size := round(_CHUNK * sr)):
        stop, low = min(start + size, y.shape[1]), max(start - 2 * reach, 0)
        part = y[:, low:stop + 2 * reach] * np.float32(10 ** (gain / 20))
        curve = np.minimum(1, target / np.maximum(_envelope(part, target / 2), target))
        curve = minimum_filter1d(curve, 2 * reach + 1, mode="nearest")
        for _ in range(2):  # two averages of half the width make a smooth (triangular) one
            curve = uniform_filter1d(curve, 2 * (reach // 2) + 1, mode="nearest")
        out[:, start:stop] = (part * curve)[:, start - low:stop - low]
    return out

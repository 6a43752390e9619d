"""The beginnings of sounds, band by band: what articulation and the two rhythm descriptors are sums over."""

from dataclasses import dataclass

import numpy as np

from mer_core.features import spectral
from mer_core.features.mel import MelSpec

SPEC = MelSpec(sr=22_050, n_fft=1024, hop=256, n_mels=40)  # 46 ms windows every 12 ms
RATE = SPEC.sr / SPEC.hop  # frames a second
FLOOR = 1e-9  # power of the transform; changes quieter than this are no onsets
DEPTH = 1e-5  # of the strongest band and frame (-50 dB); as above
SMOOTH = 2.0  # frames (23 ms), the deviation of the bell over which a player's strokes are averaged
APART = 5  # frames (58 ms) between two onsets
ABOVE = 0.35  # dB a frame over the mean of the second around, from where a peak is an onset; noise stays below


@dataclass(frozen=True, eq=False)
class Strokes:
    """How the level rises in each band, and when a sound begins."""

    times: np.ndarray  # (T,) s
    level: np.ndarray  # (B, T) dB
    rises: np.ndarray  # (B, T) rise since the frame before, dB, over the number of bands; smoothed
    onsets: np.ndarray  # (K,) frames at which a sound begins

    @property
    def curve(self) -> np.ndarray:
        """(T,) onset strength: the mean rise over the bands, dB a frame."""
        return self.rises.sum(axis=0)


def find(y: np.ndarray) -> Strokes:
    """(samples,) mono at 22,050 Hz -> its strokes. Onset strength is the half-wave rectified difference of the
    log-mel spectrum (spectral flux: S. Dixon, Onset detection revisited, DAFx 2006, there of magnitudes)."""
    from scipy.ndimage import gaussian_filter1d

    bank = SPEC.filterbank().T
    mels = np.concatenate([spectral.power(block) @ bank for block in spectral.stft_blocks(y, SPEC.n_fft, SPEC.hop)]).T
    level = spectral.decibels(mels, max(FLOOR, DEPTH * float(mels.max())))
    rises = np.maximum(np.diff(level, axis=1, prepend=level[:, :1]), 0) / len(level)
    rises = gaussian_filter1d(rises, SMOOTH, axis=1, mode="constant")
    times = spectral.frame_times(level.shape[1], SPEC.sr, SPEC.hop)
    return Strokes(times, level, rises, onset_frames(rises.sum(axis=0)))


def onset_frames(curve: np.ndarray) -> np.ndarray:
    """(T,) onset strength -> (K,) the frames higher than all within 58 ms and ABOVE the mean of the second around."""
    from scipy.ndimage import maximum_filter1d, uniform_filter1d

    highest = maximum_filter1d(curve, 2 * APART + 1) == curve
    return np.flatnonzero(highest & (curve > uniform_filter1d(curve, round(RATE), mode="nearest") + ABOVE))


def too_few(strokes: Strokes, least: int) -> str:
    """Why a rhythm is not defined."""
    count = len(strokes.onsets)
    found = "No onset was" if count == 0 else f"Only {count} onset{'s' * (count > 1)} {'were' if count > 1 else 'was'}"
    return f"{found} found; at least {least} {'is' if least == 1 else 'within ten seconds are'} needed."

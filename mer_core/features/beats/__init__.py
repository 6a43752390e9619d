"""What the deep belief network hears: beats, and rhythm, pitch and melody of four of them at a time (paper 5).

E. M. Schmidt and Y. E. Kim's features: three harmonic/percussive separations of three transforms, one for the beats, one for
the timbre of the percussion and one for the pitch; everything is averaged from beat to beat, and a patch is any four
successive beats.
"""

from dataclasses import dataclass

import numpy as np

from mer_core.audio import resample
from mer_core.features.beats import pitch, timbre, tracking
from mer_core.features.beats.fourier import fourier_magnitude
from mer_core.features.beats.tracking import LEAST, SR, Beats

VERSION = "1"  # raise it when the same song would be described otherwise; what is stored is keyed by it
GRIDS = tuple(tracking.GRIDS)
FEATURES = ("rhythm", "pitch", "fourier")
SPAN = LEAST  # beats of a patch
GAIN = 1000.0  # of the amplitude before the logarithm


@dataclass(frozen=True, eq=False)
class BeatFeatures:
    """The P = B - 3 patches of a song with B beats; patch i covers the beats i to i + 3. All are float32."""

    beats: Beats
    rhythm: np.ndarray  # (P, 80) = (4 beats, 20 MFCC of the percussive part, from the 0th), one beat after the other
    pitch: np.ndarray  # (P, 192) = (4 beats, 48 semitones from G2), log(1 + 1000 amplitude), one beat after the other
    fourier: np.ndarray  # (P, 384) = (48 over pitch, 8 over time) row by row, |2-D DFT| of `pitch`


def track_beats(y: np.ndarray, sr: float, grid: str = "tracked") -> Beats:
    """(samples,) mono at `sr` Hz -> its beats; errors as in tracking.track_beats."""
    return tracking.track_beats(resample(y, sr, SR), grid)


def beat_features(y: np.ndarray, sr: float, grid: str = "tracked") -> BeatFeatures:
    """(samples,) mono at `sr` Hz -> its beats and patches, 30 s in half a second of one core; memory is bounded by
    blocks. Raises TooFewBeats, ParameterError as tracking.track_beats does."""
    y = resample(y, sr, SR)
    beats = tracking.track_beats(y, grid)
    return patched(beats, *by_beat(y, beats))


def by_beat(y: np.ndarray, beats: Beats) -> tuple[np.ndarray, np.ndarray]:
    """(samples,) mono at 22,050 Hz -> timbre (B, 20) and pitch amplitude (B, 48), the mean over each beat, float32."""
    return (averaged(timbre.percussion_timbre(y), timbre.RATE, beats.edges),
            averaged(pitch.pitch_bands(y), pitch.RATE, beats.edges))


def averaged(values: np.ndarray, rate: float, edges: np.ndarray) -> np.ndarray:
    """(T, F) at `rate` frames a second -> (B, F): the mean of the frames from each of the `edges` (B + 1,) s to the
    next; the frame at hand where none lies between."""
    bounds = np.ceil(edges * rate - 1e-6).astype(int)
    starts = np.minimum(bounds[:-1], len(values) - 1)
    stops = np.clip(bounds[1:], starts + 1, len(values))
    return np.stack([values[a:b].mean(axis=0) for a, b in zip(starts, stops)]).astype(np.float32)


def patched(beats: Beats, timbres: np.ndarray, amplitudes: np.ndarray) -> BeatFeatures:
    """Timbre (B, 20) and pitch amplitude (B, 48) of each beat -> every shift of four beats.

    The paper takes the magnitude as it is; the logarithm keeps quiet tones from vanishing beside loud ones, so that
    the values come nearer to the bell that a Gaussian unit stands for.
    """
    tones = np.log1p(GAIN * amplitudes)
    melody = successive(tones)
    return BeatFeatures(beats, _flat(successive(timbres)), _flat(melody),
                        _flat(fourier_magnitude(melody.transpose(0, 2, 1))))


def successive(rows: np.ndarray) -> np.ndarray:
    """(B, F) -> (B - 3, 4, F): every four successive rows."""
    return np.lib.stride_tricks.sliding_window_view(rows, SPAN, axis=0).transpose(0, 2, 1)


def _flat(patches: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(patches.reshape(len(patches), -1), np.float32)

"""Where the beats lie: percussive part, mel bands, Laplace filter, Ellis's tracker (paper 5, section 4.2).

The separation comes before the mel bands, as in figure 1. The paper gives the hop of 64 and the 128 bands; the window,
the medians' widths and the decibels are ours, and so is leaving out the beats that the tracker counts through short pauses.
"""

from dataclasses import dataclass

import numpy as np

from mer_core.errors import ParameterError, TooFewBeats
from mer_core.features import spectral
from mer_core.features.beats.separation import Separation
from mer_core.features.mel import MelSpec
from mer_core.features.rhythm import tempo_and_clarity

SR = 22_050  # Hz
SEPARATION = Separation(n_fft=1024, hop=64, step=4, block=2048)  # medians over 186 ms and 366 Hz
MEL = MelSpec(sr=SR, n_fft=SEPARATION.n_fft, hop=SEPARATION.hop, n_mels=128)
RATE = SR / SEPARATION.hop  # 345 frames a second
FLOOR = 1e-3  # power in a band; 56 to 64 dB below a full-scale sine; quieter things are no onsets
POOL = 4  # frames (12 ms) that become one where the tempo is looked for
TIGHTNESS = 800.0  # librosa's 100 is meant for 43 frames a second; its score adds up 8 times as many here
HEARD = 0.01  # of the highest onset, that must be reached near a beat; below it the tracker counts through silence
LEAST = 4  # beats, as many as one patch spans
LONGEST = 3.0  # s between two beats of one pulse
GRIDS = {"tracked": None, "even 0.5 s": 0.5, "even 1 s": 1.0}  # by name the step in s


@dataclass(frozen=True, eq=False)
class Beats:
    """When the beats of a song fall."""

    times: np.ndarray  # (B,) s, ascending
    grid: str  # one of GRIDS
    note: str = ""  # a sentence on what was unusual

    @property
    def edges(self) -> np.ndarray:
        """(B + 1,) s: each beat lasts to the next one, the last as long as the others do (their median)."""
        return np.append(self.times, self.times[-1] + np.median(np.diff(self.times)))


def track_beats(y: np.ndarray, grid: str = "tracked") -> Beats:
    """(samples,) mono at 22,050 Hz -> its beats, tracked or laid evenly from the start.

    Raises TooFewBeats where fewer than LEAST successive beats are found, or a song is too short for that many steps of
    an even grid; ParameterError for a grid that is none of GRIDS.
    """
    if grid not in GRIDS:
        raise ParameterError(f"There is no beat grid {grid!r}; choose one of: {', '.join(GRIDS)}.")
    seconds = len(y) / SR
    if step := GRIDS[grid]:
        times = np.arange(int(seconds / step + 1e-6)) * step
        if len(times) < LEAST:
            raise TooFewBeats(len(times), seconds, step)
        return Beats(times, grid)
    return _tracked(onset_profile(y), seconds)


def _tracked(profile: np.ndarray, seconds: float) -> Beats:
    frames = beat_frames(profile)
    heard = is_heard(profile, frames)
    run = longest_run(frames[heard] / RATE)
    if run < LEAST:
        raise TooFewBeats(run, seconds)
    counted = in_long_pauses(frames, heard)
    kept, (first, *_, last) = heard | counted, np.flatnonzero(heard)
    lost, counted = last + 1 - first - np.count_nonzero(kept), np.count_nonzero(counted)
    notes = ([f"Beats that fell into pauses and were left out: {lost}."] * bool(lost)
             + [f"Beats counted through pauses of more than {LONGEST:g} s: {counted}."] * bool(counted))
    return Beats(frames[kept] / RATE, "tracked", " ".join(notes))


def onset_profile(y: np.ndarray) -> np.ndarray:
    """(samples,) -> (T,) float32 at RATE frames a second: how sharply the percussive part peaks.

    scipy's multidimensional Laplace filter of the mel bands in dB is negative on a ridge; its mean over the bands is
    turned over and half-wave rectified. Block by block with one frame more on each side, as if it were done at once.
    """
    from scipy.ndimage import laplace

    bank, parts, held = MEL.filterbank().T, [], None
    for _, percussive in SEPARATION.parts(y):
        level = spectral.decibels(percussive ** 2 @ bank, FLOOR)
        held = np.concatenate([level[:1] if held is None else held, level])
        parts.append(-laplace(held).mean(axis=1)[1:-1])
        held = held[-2:]
    parts.append(-laplace(np.concatenate([held, held[-1:]])).mean(axis=1)[1:-1])
    return np.maximum(np.concatenate(parts), 0).astype(np.float32)


def beat_frames(profile: np.ndarray) -> np.ndarray:
    """(T,) onset profile -> (B,) frames of the beats, by the dynamic programme of D. Ellis (Beat tracking by dynamic
    programming, 2007) in librosa, at the tempo of his equation 5."""
    from librosa.beat import beat_track
    from scipy.ndimage import gaussian_filter1d

    if len(profile) < POOL or not profile.any():
        return np.zeros(0, int)
    coarse = profile[:len(profile) // POOL * POOL].reshape(-1, POOL).mean(axis=1)
    tempo, _ = tempo_and_clarity(gaussian_filter1d(coarse, 1.0), RATE / POOL)
    return np.zeros(0, int) if not tempo > 0 else beat_track(onset_envelope=profile, sr=SR, hop_length=SEPARATION.hop,
                                                             bpm=float(tempo), tightness=TIGHTNESS, trim=False)[1]


def is_heard(profile: np.ndarray, frames: np.ndarray) -> np.ndarray:
    """(B,) bool: whether anything begins to sound within a quarter of a beat of each beat."""
    from scipy.ndimage import maximum_filter1d

    if len(frames) < 2:
        return np.ones(len(frames), bool)
    near = maximum_filter1d(profile, 2 * (int(np.median(np.diff(frames))) // 4) + 1)
    return near[frames] > HEARD * profile.max()


def in_long_pauses(frames: np.ndarray, heard: np.ndarray) -> np.ndarray:
    """(B,) bool: the beats inside a pause longer than LONGEST. They stay, so that no beat lasts for the whole of it and
    no patch of four reaches across it."""
    found, known = np.zeros(len(frames), bool), np.flatnonzero(heard)
    for before, after in zip(known[:-1], known[1:]):
        found[before + 1:after] = frames[after] - frames[before] > LONGEST * RATE
    return found


def longest_run(times: np.ndarray) -> int:
    """How many of the beats at `times` (B,) s follow each other within LONGEST seconds, at most."""
    if not len(times):
        return 0
    breaks = np.flatnonzero(np.diff(times) > LONGEST) + 1
    return int(np.diff([0, *breaks, len(times)]).max())

"""Onsets, tempo, beats and how clear the pulse is."""

from dataclasses import dataclass

import numpy as np
import scipy.fft

from mer_core.features.mel import VIEW, MelSpec
from mer_core.features import spectral
from mer_core.schema import Track

SLOWEST, FASTEST = 40.0, 220.0  # beats a minute looked for
PREFERRED, SPREAD = 120.0, 0.9  # the tempo listeners tap to, and how far they stray, in octaves
ONSET_FLOOR = 1e-6  # power; changes quieter than this are no onsets


@dataclass(frozen=True, eq=False)
class Rhythm:
    """A song's rhythm."""

    times: np.ndarray  # (T,) s
    onset: np.ndarray  # (T,) dB a frame, mean over bands
    tempo: float  # beats a minute; 0 where nothing happens
    beats: np.ndarray  # (B,) s
    pulse_clarity: float  # 0 to 1


def onset_strength(log_mel: np.ndarray) -> np.ndarray:
    """(M, T) dB -> (T,) mean rise over the bands since the frame before, in dB; falls count as nothing."""
    rise = np.maximum(np.diff(log_mel, axis=1), 0).mean(axis=0)
    return np.concatenate([np.zeros(1, rise.dtype), rise])


def autocorrelation(envelope: np.ndarray, lags: int) -> np.ndarray:
    """(..., T) -> (..., lags) of the envelope less its mean, unbiased, 1 at lag 0; zeros where it is flat."""
    T = envelope.shape[-1]
    centred = envelope - envelope.mean(axis=-1, keepdims=True)
    spectrum = scipy.fft.rfft(centred, n=scipy.fft.next_fast_len(2 * T), axis=-1)
    raw = scipy.fft.irfft(np.abs(spectrum) ** 2, axis=-1)[..., :min(lags, T)]
    raw = raw / (T - np.arange(raw.shape[-1]))
    raw = np.pad(raw, [(0, 0)] * (raw.ndim - 1) + [(0, lags - raw.shape[-1])])
    power = raw[..., :1]
    return np.divide(raw, power, out=np.zeros_like(raw), where=power > 1e-9)


def tempo_and_clarity(envelope: np.ndarray, rate: float) -> tuple[np.ndarray, np.ndarray]:
    """(..., T) onset strength at `rate` frames a second -> tempo (...) in beats a minute, pulse clarity (...) 0 to 1.

    Tempo: the strongest autocorrelation under a log-normal preference around 120 (D. Ellis, Beat tracking by dynamic
    programming, 2007, eq. 5), refined by a parabola. Clarity: the height of the highest peak (O. Lartillot and others,
    Multi-feature modeling of pulse clarity, ISMIR 2008). Both are 0 where there are no onsets.
    """
    lags = int(np.ceil(rate * 60 / SLOWEST)) + 2
    acf = autocorrelation(envelope, lags)
    first = int(rate * 60 / FASTEST)
    bpm = 60 * rate / np.arange(first, lags - 1)
    octaves = np.log2(bpm / PREFERRED) / SPREAD
    weighted = acf[..., first:-1] * np.exp(-0.5 * octaves ** 2)
    best = weighted.argmax(axis=-1) + first
    left, peak, right = (np.take_along_axis(acf, (best + d)[..., None], -1)[..., 0] for d in (-1, 0, 1))
    curve = left - 2 * peak + right
    shift = np.divide(0.5 * (left - right), curve, out=np.zeros_like(peak), where=curve < -1e-9)
    tempo = 60 * rate / (best + np.clip(shift, -0.5, 0.5))
    flat = acf[..., 0] == 0
    return np.where(flat, 0, tempo), np.where(flat, 0, np.clip(acf[..., first:-1].max(axis=-1), 0, 1))


def onset_peaks(onset: np.ndarray, rate: float) -> np.ndarray:
    """(T,) bool: frames higher than all within 50 ms and 1 dB a frame above the mean of the second around."""
    from scipy.ndimage import maximum_filter1d, uniform_filter1d

    highest = maximum_filter1d(onset, 2 * round(0.05 * rate) + 1) == onset
    return highest & (onset > uniform_filter1d(onset, round(rate)) + 1.0)


def beat_frames(onset: np.ndarray, tempo: float, rate: float, tightness: float = 100.0) -> np.ndarray:
    """(B,) frames of the beats: the path with the highest onsets and the steadiest steps (Ellis 2007, eqs. 2 and 3)."""
    if tempo <= 0:
        return np.zeros(0, int)
    period = 60 * rate / tempo
    steps = np.arange(-round(2 * period), -max(1, round(period / 2)) + 1)
    cost = -tightness * np.log(-steps / period) ** 2
    strength = onset / (onset.std() + 1e-9)
    score, back = strength.astype(float), np.full(len(onset), -1)
    for t in range(-steps[-1], len(onset)):
        before = steps[t + steps >= 0] + t
        total = score[before] + cost[-len(before):]
        best = int(total.argmax())
        if total[best] > 0:
            score[t] += total[best]
            back[t] = before[best]
    last = int(len(score) - period + score[-round(period):].argmax()) if len(score) > period else int(score.argmax())
    return _trace(min(last, len(score) - 1), back)


def _trace(frame: int, back: np.ndarray) -> np.ndarray:
    path = []
    while frame >= 0:
        path.append(frame)
        frame = back[frame]
    return np.array(path[::-1])


def rhythm(track: Track, spec: MelSpec = VIEW) -> Rhythm:
    """Onset strength, tempo, beats and pulse clarity of the mono mix; frames of 23 ms."""
    y = spectral.mono(track, spec.sr)
    bank = spec.filterbank().T
    mels = [spectral.power(block) @ bank for block in spectral.stft_blocks(y, spec.n_fft, spec.hop)]
    onset = onset_strength(spectral.decibels(np.concatenate(mels).T, ONSET_FLOOR))
    rate = spec.sr / spec.hop
    tempo, clarity = tempo_and_clarity(onset, rate)
    beats = beat_frames(onset, float(tempo), rate)
    return Rhythm(times=spectral.frame_times(len(onset), spec.sr, spec.hop), onset=onset, tempo=float(tempo),
                  beats=beats / rate, pulse_clarity=float(clarity))

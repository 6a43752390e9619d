"""A consonance profile made audible: the tones that were brightest, step by step, as a simple synthesised tone row."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mer_core.consonance import ConsonanceProfile, name
from mer_core.errors import ParameterError
from mer_core.loudness import loudness as measured
from mer_core.loudness import true_peak

STEP = 0.5  # s
COUNT = 3  # tones at once
QUIET = 0.05  # of the song's brightest step: a darker one is silent
DARK = 0.01  # log-odds: so is one that would move a whole window's answer less than that
BESIDE = 1 / 3  # of a step's brightest pitch class: a darker one does not sound with it
PARTIALS = 6  # of a tone, each 1/h as strong as the first
FADE = 0.06  # s, half a cosine: one tone fades out while the next fades in, and one that goes on stays as it is
LEVEL = -23.0  # LUFS
CEILING = 0.85  # the highest peak


@dataclass(frozen=True)
class Tone:
    """One tone of a step."""

    name: str  # "F♯4"
    hertz: float
    share: float  # of the step's tones, in brightness; they add up to 1


@dataclass(frozen=True)
class Step:
    """What sounds from `start` to `end` s; no tones: silence, as nothing was bright."""

    start: float
    end: float
    tones: tuple[Tone, ...]  # the brightest first
    strength: float  # 0 to 1, brightness beside the song's brightest step


def tone_row(profile: ConsonanceProfile, duration: float, sr: int, *, step: float = STEP, count: int = COUNT,
             standing_out: bool = False, loudness: float = LEVEL) -> np.ndarray:
    """(samples,) float32, `duration` s long: the `steps` of a song as additive tones, as loud as asked for in LUFS, or
    quieter where a peak would pass CEILING. Zeros where nothing was bright. The same profile gives the same samples.
    """
    y = np.zeros(round(duration * sr))
    for part in steps(profile, duration, step=step, count=count, standing_out=standing_out):
        for tone in part.tones:
            _add(y, sr, tone.hertz, part.start, part.end, np.sqrt(tone.share * part.strength))
    level = measured(y, sr)
    if np.isfinite(level):
        y *= min(10 ** ((loudness - level) / 20), CEILING / true_peak(y.astype(np.float32), sr))
    return y.astype(np.float32)


def steps(profile: ConsonanceProfile, duration: float, *, step: float = STEP, count: int = COUNT,
          standing_out: bool = False) -> list[Step]:
    """The brightest pitch classes of each `step` s, at most `count`, each in the octave where it was brightest. With
    `standing_out` brightness is counted from each tone's average over the song: what is always bright is silent.
    """
    if not 0.1 <= step <= 10 or not 1 <= count <= 12:
        raise ParameterError(f"a tone row has 1 to 12 tones in each 0.1 to 10 s, not {count} in {step:g} s")
    starts = np.arange(0, duration, step)
    inside = np.minimum((np.asarray(profile.times, float) / step).astype(int), len(starts) - 1)
    heard = [np.maximum(profile.octaves[..., inside == i], 0) for i in range(len(starts))]
    rows = np.array([part.sum(axis=-1, dtype=float) / max(part.shape[-1], 1) for part in heard])
    rows = np.maximum(rows - rows.mean(axis=0), 0) if standing_out else rows
    total = rows.sum(axis=(1, 2))
    strength = np.where(total > DARK, total, 0) / max(total.max(), DARK)
    strength[strength < QUIET] = 0
    return [Step(float(start), min(float(start + step), duration), _brightest(row, profile, count) if share else (),
                 float(share)) for start, row, share in zip(starts, rows, strength, strict=True)]


def _brightest(rows: np.ndarray, profile: ConsonanceProfile, count: int) -> tuple[Tone, ...]:
    """The tones of one step from (12, O) brightness."""
    of_class = rows.sum(axis=1)
    order = [p for p in np.argsort(-of_class, kind="stable")[:count] if of_class[p] >= BESIDE * of_class.max()]
    total, hertz = of_class[order].sum(), profile.hertz
    found = []
    for p in order:
        octave = int(rows[p].argmax())
        called = f"{name(p)}{number(p, hertz[p, octave])}"
        found.append(Tone(called, float(hertz[p, octave]), float(of_class[p] / total)))
    return tuple(found)


def number(pitch_class: int, hertz: float) -> int:
    """The octave's number, as in A4: it changes from B to C. `hertz` may be tuned by up to half an octave."""
    above = round(np.log2(hertz / 440) - pitch_class / 12)  # octaves over A4 ... G♯5
    return 4 + above + (pitch_class >= 3)


def _add(y: np.ndarray, sr: int, hertz: float, start: float, end: float, amplitude: float) -> None:
    """A tone from `start` to `end`, fading out after it, but over with the sound. Its phase runs with the song's time,
    so that one which goes on in the next step joins up."""
    first, last = round(start * sr), min(round((end + FADE) * sr), len(y))
    at = np.arange(first, last)
    turn = np.exp(2j * np.pi * hertz / sr * at)
    wave = np.zeros(len(at), complex)
    for h in range(int(min(PARTIALS, (0.45 * sr) // hertz)), 0, -1):
        wave = (wave + 1 / h) * turn  # Horner: the sum of turn^h / h
    y[first:last] += amplitude * _envelope(len(at), sr) * wave.imag


def _envelope(samples: int, sr: int) -> np.ndarray:
    """(samples,) from 0 to 1 and back to 0."""
    at = np.arange(samples) / sr
    ramp = np.minimum(np.minimum(at, samples / sr - at) / FADE, 1)
    return 0.5 - 0.5 * np.cos(np.pi * ramp)

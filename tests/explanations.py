"""Explanations and sounds of which the right sonification is known."""

import numpy as np

from mer_core.audio import HALF
from mer_core.schema import Explanation, Grid, Track, TrackInfo

SR = 44_100


def track_of(y):
    return Track(TrackInfo("t", "t", y.shape[1] / SR, len(y)), np.asarray(y, np.float32))


def two_tones(seconds=4, level=0.2):
    """(2, samples): 1 kHz and 4 kHz, equally strong."""
    t = np.arange(round(seconds * SR)) / SR
    y = level * (np.sin(2 * np.pi * 1000 * t) + np.sin(2 * np.pi * 4000 * t))
    return np.stack([y, y * HALF]).astype(np.float32)


def noise(seconds=3, channels=2, seed=1, level=0.1):
    return (level * np.random.default_rng(seed).standard_normal((channels, round(seconds * SR)))).astype(np.float32)


def explained(values, seconds=4, top=6000.0, space="timefreq"):
    """An explanation on evenly spaced bands up to `top` hertz and evenly spaced frames."""
    values = np.asarray(values, np.float32)
    times = (np.arange(values.shape[-1]) + 0.5) * seconds / values.shape[-1]
    grid = Grid(times, np.linspace(50, top, len(values))) if space == "timefreq" else None
    return Explanation("toy", "toy", "valence", space, values, 0.0, float(values.sum()), grid=grid)


def planted(low=700, high=1400, start=0.0, end=9.0, sign=1.0, background=0.0):
    values = np.full((60, 100), background, np.float32)
    inside = explained(values).grid
    values[np.ix_((inside.freqs > low) & (inside.freqs < high), (inside.times > start) & (inside.times < end))] = sign
    return explained(values)


def level_db(y, hertz, start=1.0, end=3.0):
    part = y[0, round(start * SR):round(end * SR)]
    return 20 * np.log10(2 * abs(np.mean(part * np.exp(-2j * np.pi * hertz * np.arange(len(part)) / SR))) + 1e-12)

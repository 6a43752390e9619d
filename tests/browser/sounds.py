"""Synthetic sounds whose place and name can be heard, and where the demo songs lie."""

from pathlib import Path

import numpy as np

RATE = 44_100
HZ = {"low": 440, "high": 880, "late": 1760, "anti": -440}  # a negative frequency is the same sine turned upside down
NOISES = {"noise": 1, "copy": 1, "hiss": 2, "wind": 3, "rain": 4}  # seeds: "copy" is the same noise in another file
DEMOS = Path(__file__).parents[2] / "assets/demos"


def sound(name: str, seconds: float) -> np.ndarray:
    """(samples,): a sine that swells and fades; "step" changes its pitch halfway; or steady noise."""
    t = np.arange(int(seconds * RATE)) / RATE
    if name in NOISES:
        return np.random.default_rng(NOISES[name]).uniform(-0.3, 0.3, len(t))
    hz = np.where(t < seconds / 2, 440, 880) if name == "step" else HZ[name]
    return 0.3 * (1 - 0.4 * np.cos(t / 2)) * np.sin(2 * np.pi * hz * t)

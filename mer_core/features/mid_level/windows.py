"""The stretches a descriptor is measured in: so long that a key or a metre shows, and many in a song."""

from dataclasses import dataclass

import numpy as np

WINDOW, STEP = 10.0, 2.5  # s; a shorter song is one window
LEAST = 3.0  # s; less is too short for any descriptor


@dataclass(frozen=True, eq=False)
class Measured:
    """One descriptor of one song."""

    curve: np.ndarray  # (W,) its value in each window, NaN where it is not defined
    shares: np.ndarray  # what each partial (T, MOST), or each band and frame (B, T), adds to the mean of the curve
    reason: str = ""  # why no window has a value

    @property
    def value(self) -> float:
        """The mean over the windows that have one; NaN where none has."""
        return float(np.mean(self.curve[np.isfinite(self.curve)])) if np.isfinite(self.curve).any() else float("nan")


def starts(duration: float) -> np.ndarray:
    """(W,) s, where the windows of a song of that length begin; the last one ends with the song."""
    room = max(duration - WINDOW, 0.0)
    return np.linspace(0, room, 1 + int(np.ceil(room / STEP)))


def spans(times: np.ndarray, duration: float) -> list[tuple[int, int]]:
    """First and end frame of each window."""
    return [tuple(np.searchsorted(times, [start, start + min(WINDOW, duration)])) for start in starts(duration)]


def averaged(values: np.ndarray, counted: np.ndarray, spans: list[tuple[int, int]], least: int
             ) -> tuple[np.ndarray, np.ndarray]:
    """(T,) values and which of them count -> the mean in each window (W,), and the weight (T,) each value has in the
    mean over the windows. A window with fewer than `least` that count has none (NaN)."""
    sizes = np.array([counted[start:end].sum() for start, end in spans])
    sums = np.array([values[start:end][counted[start:end]].sum() for start, end in spans])
    sizes = np.where(sizes >= max(least, 1), sizes, np.nan)
    return sums / sizes, np.where(counted, over_windows(1 / sizes, spans, len(values)), 0)


def over_windows(amounts: np.ndarray, spans: list[tuple[int, int]], frames: int) -> np.ndarray:
    """(W,) what a window gives to each of its frames, NaN in one without a value -> (frames,) the mean over windows."""
    steps = np.zeros(frames + 1)
    for (start, end), amount in zip(spans, amounts):
        if np.isfinite(amount):
            steps[start] += amount
            steps[end] -= amount
    return np.cumsum(steps[:-1]) / max(np.isfinite(amounts).sum(), 1)

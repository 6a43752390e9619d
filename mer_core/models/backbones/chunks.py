"""Backbones hear a song in chunks of the length they were trained on; a segment takes the chunks that lie in it."""

import numpy as np

from mer_core.schema import Segment

HEARD = 22_050  # Hz: every song is taken down to this rate first. The clips of 4Q come at several, unevenly over the
# quadrants, and a network that hears up to 16 kHz would learn the rate.


def starts(frames: int, width: int) -> np.ndarray:
    """(K,) first frames of the chunks of a song: side by side, the last one flush with the end where it would reach
    past it; a rest of less than half a chunk is left out. One chunk at 0 where the song is shorter."""
    count = max(1, round(frames / width))
    return np.minimum(np.arange(count) * width, max(frames - width, 0))


def inside(centres: np.ndarray, segment: Segment) -> np.ndarray:
    """Which chunks a segment takes: those whose centre (s) lies in it, else the nearest one."""
    found = np.flatnonzero((centres >= segment.start) & (centres < segment.end))
    return found if len(found) else np.array([np.abs(centres - segment.centre).argmin()])


def means(values: np.ndarray, centres: np.ndarray, segments: list[Segment]) -> np.ndarray:
    """(K, C) of the chunks, (K,) s -> (N, C), the mean over the chunks of each segment."""
    return np.stack([values[inside(centres, s)].mean(axis=0) for s in segments])

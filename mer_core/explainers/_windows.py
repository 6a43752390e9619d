"""From maps of windows to one map of the song: each window's is added where it lies, as its share of the mean."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from mer_core.models._base import Model
from mer_core.schema import Grid, Progress, Track

BATCH = 4  # windows at once: every layer's values are kept until the way back is done
MAX_COLUMNS = 6000  # a longer song's neighbouring columns are added together: 0.1 s at ten minutes


def over_song(model: Model, track: Track, maps: Callable, progress: Progress,
              saying: str) -> tuple[np.ndarray, np.ndarray]:
    """(K, ..., T) on the song's grid and (K,) outputs, the means over the windows.

    `maps` takes a torch batch (N, channels, F, width) and gives (K, N, ..., width), where the dots are the bands F or
    other rows, and the outputs (N, K). What of a window lies past the end of the song is left out.
    """
    import torch

    segments = model.windows(track.duration)
    x = model.encode_all(track, segments)
    columns, total, output = len(model.grid(track).times), np.zeros(0), np.zeros(len(model.card.targets))
    for i in range(0, len(segments), BATCH):
        progress(i / len(segments), saying)
        found, outputs = maps(torch.as_tensor(np.array(x[i:i + BATCH])))
        total = total if total.size else np.zeros((len(output), *found.shape[2:-1], columns))
        output += outputs.sum(dim=0).numpy() / len(segments)
        for n, segment in enumerate(segments[i:i + BATCH]):
            start = model.column(segment)
            width = min(found.shape[-1], columns - start)
            total[..., start:start + width] += found[:, n, ..., :width].numpy() / len(segments)
    return total, output


def narrowed(values: np.ndarray, grid: Grid) -> tuple[np.ndarray, Grid]:
    """(..., F, T) with runs of columns added together so that at most MAX_COLUMNS are left; the sum stays."""
    factor = -(-values.shape[-1] // MAX_COLUMNS)
    if factor == 1:
        return values, grid
    edges = np.arange(0, values.shape[-1], factor)
    counts = np.diff([*edges, values.shape[-1]])
    times = np.add.reduceat(grid.times.astype(float), edges) / counts
    return np.add.reduceat(values, edges, axis=-1), Grid(times=times, freqs=grid.freqs)

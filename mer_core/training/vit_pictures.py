"""Chunks of 10 s for the vision transformers: which there are, how they are altered, and what is cut for a verdict."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from mer_core.models._vit import INPUT
from mer_core.models.backbones import chunks
from mer_core.training.fit_c2d import altered

WIDTH = INPUT.frames
COLUMN = INPUT.spec.hop / INPUT.spec.sr  # s


def places(pictures: Sequence[np.ndarray], every: float = 1.0) -> np.ndarray:
    """(M, 2) clip and first column of each chunk: side by side, or `every` 0.5 of a chunk, the last one flush with the
    end; one chunk of a clip that is shorter."""
    step = round(WIDTH * every)
    found = []
    for i, picture in enumerate(pictures):
        starts = chunks.starts(picture.shape[1], WIDTH)
        between = np.arange(starts[0], starts[-1] + 1, step) if every < 1 else starts
        found += [(i, k) for k in sorted({*between, starts[-1]})]
    return np.array(found)


def batch(pictures: Sequence[np.ndarray], where: np.ndarray, how: dict | None = None,
          rng: np.random.Generator | None = None) -> Tensor:
    """(M, 2) places -> (M, 1, 224, 224), altered by `how` where given."""
    cut = [_altered(pictures[i], k, how, rng) if how else _cut(pictures[i], k) for i, k in where]
    return torch.from_numpy(np.stack(cut)[:, None])


def _cut(picture: np.ndarray, start: int) -> np.ndarray:
    found = picture[:, start:start + WIDTH].astype(np.float32)
    return np.pad(found, ((0, 0), (0, WIDTH - found.shape[1])))


def _altered(picture: np.ndarray, start: int, how: dict, rng: np.random.Generator) -> np.ndarray:
    """Moved by up to `jitter` columns, at another gain, with silenced bands and gaps, and sometimes without its treble:
    how far up a clip reaches is a matter of its encoder, not of its mood."""
    last = max(picture.shape[1] - WIDTH, 0)
    start = int(np.clip(start + rng.integers(-how["jitter"], how["jitter"] + 1), 0, last))
    found = altered(picture[:, start:start + WIDTH], WIDTH, how, rng)
    if rng.random() < how["dull"]:
        found[rng.integers(how["dullest"], len(found)):] = 0
    return found

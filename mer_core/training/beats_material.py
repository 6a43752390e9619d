"""Rated clips as patches of four beats and as seconds: what the deep belief network learns from and is measured on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import scipy.sparse
import torch
from torch import Tensor

from mer_core.datasets._base import Clip
from mer_core.datasets._gaussians import LabelGaussians
from mer_core.features.beats import FEATURES, BeatFeatures
from mer_core.models._dbn import Standard, patch_times, slots, weights

MIN_SPREAD = 1e-3


def standards(features: Sequence[BeatFeatures]) -> dict[str, Standard]:
    """feature -> mean and spread over every patch; a value that hardly moves is not blown up."""
    found = {}
    for name in FEATURES:
        x = np.concatenate([getattr(f, name) for f in features])
        spread = x.std(axis=0, dtype=float)
        found[name] = Standard(x.mean(axis=0, dtype=float).astype(np.float32),
                               np.where(spread > MIN_SPREAD * spread.max(), spread, 1).astype(np.float32))
    return found


def patches(features: Sequence[BeatFeatures], name: str, standard: Standard) -> Tensor:
    """(P, D) standardised, the clips' patches one after another."""
    return torch.from_numpy(np.concatenate([standard(getattr(f, name)) for f in features]).astype(np.float32))


@dataclass(frozen=True, eq=False)
class Material:
    """Clips of one data set, those with four beats. P patches and T seconds of all clips lie one after another."""

    clips: list[Clip]
    features: list[BeatFeatures]
    labels: list[LabelGaussians]
    standards: dict[str, Standard]

    @cached_property
    def groups(self) -> np.ndarray:
        return np.array([clip.group for clip in self.clips])

    @cached_property
    def x(self) -> dict[str, Tensor]:
        """feature -> (P, D)."""
        return {name: patches(self.features, name, self.standards[name]) for name in FEATURES}

    @cached_property
    def clip_of_patch(self) -> np.ndarray:
        return np.repeat(np.arange(len(self.clips)), [len(f.rhythm) for f in self.features])

    @cached_property
    def wanted(self) -> Tensor:
        """(P, 2) the mean rating at the beat at which a patch stands."""
        means = [label.at(patch_times(f))[0] for f, label in zip(self.features, self.labels, strict=True)]
        return torch.from_numpy(np.concatenate(means).astype(np.float32))

    @cached_property
    def ends(self) -> list[np.ndarray]:
        """For each clip the ends of its seconds (s): the times of its labels where they are of single seconds, else
        every whole second up to the one of the last beat."""
        return [label.times if len(label.times) > 1 else np.arange(1, np.ceil(f.beats.times[-1]) + 1)
                for f, label in zip(self.features, self.labels, strict=True)]

    @cached_property
    def clip_of_second(self) -> np.ndarray:
        return np.repeat(np.arange(len(self.clips)), [len(ends) for ends in self.ends])

    @cached_property
    def truth(self) -> tuple[np.ndarray, np.ndarray]:
        """Means (T, 2) and covariances (T, 2, 2) of the seconds' labels."""
        found = [label.at(ends) for label, ends in zip(self.labels, self.ends, strict=True)]
        return np.concatenate([m for m, _ in found]), np.concatenate([c for _, c in found])

    @cached_property
    def pool(self) -> scipy.sparse.csr_matrix:
        """(T, P): a second's equal weights of the patches that ended in it, as the model hears a song."""
        blocks = []
        for f, ends in zip(self.features, self.ends, strict=True):
            at = slots(patch_times(f), ends)
            row, place = np.nonzero(at >= 0)
            blocks.append(scipy.sparse.csr_matrix((weights(at)[row, place], (row, at[row, place])),
                                                  shape=(len(ends), len(f.rhythm))))
        return scipy.sparse.block_diag(blocks, format="csr")

    def patches_of(self, clips: np.ndarray) -> np.ndarray:
        """Indices of these clips' patches."""
        return np.flatnonzero(np.isin(self.clip_of_patch, clips))

    def seconds_of(self, clips: np.ndarray) -> np.ndarray:
        """(T,) bool: which seconds are of these clips."""
        return np.isin(self.clip_of_second, clips)

    def by_clip(self, values: np.ndarray) -> np.ndarray:
        """(T, ...) -> (N, ...) the mean over each clip's seconds."""
        counts = np.bincount(self.clip_of_second, minlength=len(self.clips))
        flat = np.asarray(values, float).reshape(len(values), -1)
        sums = np.stack([np.bincount(self.clip_of_second, column, len(self.clips)) for column in flat.T], axis=1)
        return (sums / counts[:, None]).reshape(len(self.clips), *np.shape(values)[1:])

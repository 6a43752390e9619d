"""Twenty MFCC of every second of a clip: the standard feature that the paper compares with (its table 2)."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from mer_core.datasets._base import Clip
from mer_core.features import frames, spectral
from mer_core.features.mel import VIEW as MEL
from mer_core.schema import Progress, Track, silent
from mer_core.training import clip_files, features_cache

COUNT = 20


def cached(name: str, clips: list[Clip], folder: Path | None = None, progress: Progress = silent) -> list[np.ndarray]:
    """For each clip (S, 20): the mean over the frames of each second, the last one as long as the clip is."""
    version = features_cache.digest(COUNT, ["frames.py", "mel.py", "spectral.py"])
    target = Path(folder or features_cache.FOLDER) / f"{name}-mfcc-seconds-{version}"
    return [np.load(file, allow_pickle=False)
            for file in clip_files.kept(target, clips, of_track, progress=progress)]


def of_track(track: Track) -> np.ndarray:
    """(S, 20) float32."""
    mel = MEL.filterbank() @ MEL.power(spectral.mono(track, MEL.sr))
    values = frames.mfcc(spectral.decibels(mel, frames.FLOOR))[:COUNT]
    second = spectral.frame_times(values.shape[1], MEL.sr, MEL.hop).astype(int)
    sums = np.stack([np.bincount(second, row) for row in values], axis=1)
    return (sums / np.bincount(second)[:, None]).astype(np.float32)

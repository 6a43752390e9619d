"""What every row of the benchmark measures with."""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

import numpy as np  # noqa: E402
import soundfile  # noqa: E402

SONG = 210.0  # s
LONG = 600.0  # s
DEMUCS = 30.0  # s
RATE = 44_100  # Hz


def song(seconds: float, folder: Path, seed: int = 0) -> Path:
    """A stereo flac of the demo tracks one after the other; each seed another song, so that no result is reused."""
    demos = sorted((ROOT / "assets" / "demos").glob("*/mix.flac"))
    y = np.concatenate([soundfile.read(path, dtype="float32")[0] for path in demos])
    y = np.roll(np.resize(y, (int(seconds * RATE), 2)), seed * RATE, axis=0)
    path = folder / f"song {seed}.flac"
    soundfile.write(path, y, RATE, "PCM_24")
    return path


def service(folder: Path):
    from mer_core.service import Service
    from mer_core.store import Store

    return Service(Store(folder / "store"))


def seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def median(work: Callable[[int], float], repeats: int) -> float:
    return statistics.median(work(i) for i in range(repeats))


def decoded(folder: Path, length: float):
    from mer_core import audio

    return audio.decode(song(length, folder))

"""The stored results of the demo tracks, so that the first view is instant: a read-only layer under the cache."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
from tqdm import tqdm

from mer_core.errors import MerError
from mer_core.schema import TrackInfo
from mer_core.service import DEMOS, Service
from mer_core.store import Store

KEPT = ("overview", "spectrogram", "chromagram", "predict", "explain")  # steps; the sounds themselves lie beside
ROUNDING = 1e-3  # of the mean magnitude: an array is kept as float16 where that costs less


def make(out: Path | None = None) -> int:
    """Compute every model's predictions and explanations of every demo track into `out`; return its size in bytes.

    The keys hold the digests of the weights, so results of other weights are never found; the old layer goes first.
    """
    out = out or DEMOS / "results"
    with tempfile.TemporaryDirectory() as folder:
        service = Service(Store(Path(folder)))
        steps = [step for info in service.demos() for step in _steps(service, info)]
        if not steps:
            raise MerError(f"there are no demo tracks in {DEMOS}")
        for step in tqdm(steps, unit="result", desc="demo results"):
            step()
        shutil.rmtree(out, ignore_errors=True)
        for entry in sorted(Path(folder).glob("*/*")):
            if entry.name.rsplit("-", 1)[0] in KEPT:
                compact(entry, out / entry.relative_to(folder))
    return sum(p.stat().st_size for p in out.rglob("*") if p.is_file())


def _steps(service: Service, info: TrackInfo) -> list[Callable[[], object]]:
    found = [lambda: service.overview(info), lambda: service.spectrogram(info), lambda: service.chromagram(info)]
    for model in service.cards():
        found.append(lambda model=model: service.predict(info, model))
        found += [lambda method=method, model=model: service.explain(info, method, model)
                  for method in service.explainers(model)]
    return found


def compact(entry: Path, target: Path) -> None:
    """Copy a store entry, its arrays in one compressed file that Entry.array reads as float32."""
    target.mkdir(parents=True)
    arrays = {path.stem: halved(np.load(path)) for path in sorted(entry.glob("*.npy"))}
    np.savez_compressed(target / "arrays.npz", **arrays)
    shutil.copyfile(entry / "meta.json", target / "meta.json")


def halved(values: np.ndarray) -> np.ndarray:
    """`values` as float16 where they are many and that is exact enough: a spectrogram is, a relevance map is not."""
    half = values.astype(np.float16)
    exact = np.abs(half - values).max(initial=0) <= ROUNDING * np.abs(values).mean() if values.size > 1000 else False
    return half if exact else values

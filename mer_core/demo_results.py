"""The stored results of the demo tracks, so that the first view is instant: a read-only layer under the cache."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
from tqdm import tqdm

from mer_core import registry
from mer_core.errors import MerError
from mer_core.schema import TrackInfo
from mer_core.service import DEMOS, Service
from mer_core.store import Store

KEPT = ("overview", "spectrogram-tiles", "chroma-tiles", "waveform", "stem-waveforms", "predict", "explain",
        "relevance-tiles", "descriptors", "ellipses")  # steps; the sounds themselves lie beside


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
    found = [partial(step, info) for step in (service.overview, service.spectrogram_tiles, service.chroma_tiles,
                                              service.waveform, service.stem_waveforms, service.describe)]
    for model, card in service.cards().items():
        if card.study:
            continue  # made when they are asked for: their results would only weigh
        found.append(partial(service.predict, info, model))
        if "beats" in card.gives:  # with the choices that the page opens with
            shipped = {name: card.takes[name] for name in ("features", "layer")}
            found.append(partial(service.ellipses, info, model, grid="tracked", **shipped))
        for method in service.explainers(model):
            found.append(partial(service.explain, info, method, model))
            if registry.get("explainers", method).space == "timefreq":
                found += [partial(service.relevance_tiles, info, method, model, target) for target in card.targets]
    return found


def compact(entry: Path, target: Path) -> None:
    """Copy a store entry, its arrays in one compressed file that Entry.array reads."""
    target.mkdir(parents=True)
    arrays = {path.stem: np.load(path) for path in sorted(entry.glob("*.npy"))}
    if arrays:
        np.savez_compressed(target / "arrays.npz", **arrays)
    for path in sorted(entry.iterdir()):
        if path.suffix != ".npy":
            shutil.copyfile(path, target / path.name)

"""What every part of the service stands on: the store, the jobs, and files a browser can play."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from mer_core import audio, tiles
from mer_core.jobs import Jobs
from mer_core.schema import SAMPLE_RATE, Progress
from mer_core.shelf import Shelf
from mer_core.store import Draft, Key, Store
from mer_core.tiles import Tiles, Waveform

MEASURED = "2"  # version of what is measured or written here without a model; raise it when that would differ


class Part:
    """One topic of the service; Service is made of them."""

    def __init__(self, store: Store, jobs: Jobs | None = None):
        self.store, self.jobs, self.shelf = store, jobs or Jobs(), Shelf(store)

    def _flacs(self, key: Key, parts: Callable[[], Mapping[str, np.ndarray]], progress: Progress) -> dict[str, Path]:
        def fill(draft: Draft) -> dict:
            made = parts()
            for i, (name, y) in enumerate(made.items()):
                progress(i / len(made), f"writing {name}")
                audio.write_flac(draft.folder / f"{name}.flac", y, SAMPLE_RATE)
            return {"names": list(made)}
        entry = self.shelf.entry(key, fill, progress)
        return {name: entry.file(f"{name}.flac") for name in entry.meta["names"]}

    def _tiles(self, key: Key, draw: Callable[[Path], dict], progress: Progress) -> Tiles:
        """`draw` writes the images into a folder and says what they show."""
        entry = self.shelf.entry(key, lambda draft: draw(draft.folder), progress)
        return Tiles.read(entry.folder, entry.meta)

    def _waveforms(self, key: Key, parts: Callable[[], Mapping[str, np.ndarray]], progress: Progress) -> dict[str, Waveform]:
        def fill(draft: Draft) -> dict:
            made = parts()
            for i, (name, y) in enumerate(made.items()):
                progress(i / len(made), f"drawing {name}")
                (draft.folder / f"{name}.bin").write_bytes(tiles.waveform(y, SAMPLE_RATE).tobytes())
            return {"names": list(made), "rate": tiles.RATE}
        entry = self.shelf.entry(key, fill, progress)
        return {name: Waveform(entry.file(f"{name}.bin"), entry.meta["rate"]) for name in entry.meta["names"]}

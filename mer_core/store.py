"""The disk cache: results by key, arrays memory-mapped, bounded, with read-only layers beneath.

A key names content, step, version, parameters and weights, so a stale entry is never found: it is simply not asked for.
"""

from __future__ import annotations

import errno
import hashlib
import json
import math
import os
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock

import numpy as np

from mer_core.errors import MerError

GIB = 1 << 30
_READING = Lock()  # numpy parses a header as Python; two threads that parse at once can make CPython 3.11 fail


@dataclass(frozen=True)
class Key:
    """What a result depends on."""

    track: str  # content id
    step: str
    version: str = "1"  # of the code and the weights
    params: Mapping = field(default_factory=dict)

    @property
    def path(self) -> str:
        """track/step-digest, safe as a relative path."""
        facts = json.dumps([self.step, self.version, self.params], sort_keys=True, default=str)
        return f"{self.track[:32]}/{self.step}-{hashlib.sha256(facts.encode()).hexdigest()[:16]}"


@dataclass(frozen=True)
class Entry:
    """One stored result: a JSON `meta`, and arrays by name, memory-mapped on reading."""

    folder: Path

    @property
    def meta(self) -> dict:
        return json.loads((self.folder / "meta.json").read_text(encoding="utf-8"))

    def array(self, name: str) -> np.ndarray:
        path = self.folder / f"{name}.npy"
        with _READING:
            if path.exists():
                return np.load(path, mmap_mode="r", allow_pickle=False)
            return np.load(self.folder / "arrays.npz", allow_pickle=False)[name].astype(np.float32)

    def file(self, name: str) -> Path:
        return self.folder / name


class Store:
    """Entries under `root`, at most `limit` bytes, the longest unread dropped first; `layers` are only read.

    What was read in the last `in_use` seconds is kept even beyond the limit: someone may be reading it still.
    """

    def __init__(self, root: Path, limit: int = 8 * GIB, layers: tuple[Path, ...] = (), in_use: float = 600.0):
        self.root, self.limit, self.layers, self.in_use = Path(root), limit, tuple(map(Path, layers)), in_use
        self.root.mkdir(parents=True, exist_ok=True)
        self._lock = Lock()
        self._sweep()

    def _sweep(self) -> None:
        """Remove drafts that a killed process left; a draft of a running one is younger than a day."""
        for draft in self.root.glob(".draft-*"):
            if time.time() - draft.stat().st_mtime > 86_400:
                shutil.rmtree(draft, ignore_errors=True)

    def find(self, key: Key) -> Entry | None:
        for base in (self.root, *self.layers):
            folder = base / key.path
            if (folder / "meta.json").exists():
                if base == self.root:
                    with suppress(FileNotFoundError):  # dropped just now by another process
                        os.utime(folder)
                return Entry(folder)
        return None

    def create(self, key: Key) -> Draft:
        """A draft to fill; it becomes visible whole, on commit, or not at all."""
        return Draft(self, key)

    def publish(self, draft: Path, key: Key) -> Entry:
        target = self.root / key.path
        with self._lock:
            target.parent.mkdir(parents=True, exist_ok=True)
            if target.exists() and not (target / "meta.json").exists():
                self._drop(target)
            try:
                draft.rename(target)
            except OSError:  # another worker was first; its result is the same
                if not (target / "meta.json").exists():
                    raise
            self._trim(keep=target)
        return Entry(target)

    def _trim(self, keep: Path) -> None:
        """Drop the longest unread entries until the store fits."""
        entries = sorted((p for p in self.root.glob("[!.]*/*") if p != keep), key=_read_at)
        sizes = {p: _size(p) for p in (*entries, keep)}
        total = sum(sizes.values())
        for folder in entries:
            if total <= self.limit or time.time() - _read_at(folder) < self.in_use:
                return
            total -= sizes[folder]
            self._drop(folder)

    def _drop(self, folder: Path) -> None:
        """Out of sight at once, then away: nobody finds half an entry, and a kill leaves only a draft."""
        gone = Path(tempfile.mkdtemp(prefix=".draft-", dir=self.root))
        with suppress(FileNotFoundError):
            folder.rename(gone / "dropped")
        shutil.rmtree(gone, ignore_errors=True)


class Draft:
    """A result being written: `with store.create(key) as draft: ...; entry = draft.commit(meta)`."""

    def __init__(self, store: Store, key: Key):
        self.store, self.key = store, key
        self.folder = Path(tempfile.mkdtemp(prefix=".draft-", dir=store.root))

    def __enter__(self) -> Draft:
        return self

    def __exit__(self, *_) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)  # nothing is left where commit was not reached

    def array(self, name: str, shape: tuple[int, ...]) -> np.ndarray:
        """A writable memory-mapped float32 array of this shape. Its room is taken now: a full disk found later, while
        writing through the map, would kill the process."""
        path, size = self.folder / f"{name}.npy", 4 * math.prod(shape)
        made = np.lib.format.open_memmap(path, mode="w+", dtype=np.float32, shape=shape)
        if hasattr(os, "posix_fallocate"):
            with self._room(size), path.open("r+b") as file:
                os.posix_fallocate(file.fileno(), 0, path.stat().st_size)
        return made

    def save(self, name: str, values) -> None:
        array = np.asarray(values, np.float32)
        with self._room(array.nbytes):
            np.save(self.folder / f"{name}.npy", array)

    @contextmanager
    def _room(self, size: int) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            if error.errno != errno.ENOSPC:
                raise
            raise MerError(f"There is no room for {size / 1e6:.0f} MB in {self.store.root}. Free some, or let MER_CACHE "
                           "name another folder. Nothing was stored.") from error

    def commit(self, meta: Mapping | None = None) -> Entry:
        text = json.dumps(dict(meta or {}), ensure_ascii=False)
        (self.folder / "meta.json").write_text(text, encoding="utf-8")
        return self.store.publish(self.folder, self.key)


def _read_at(folder: Path) -> float:
    """When it was last read, in s since 1970; 0 where it has vanished."""
    try:
        return folder.stat().st_mtime
    except FileNotFoundError:
        return 0.0


def _size(folder: Path) -> int:
    try:
        return sum(f.stat().st_size for f in folder.iterdir())
    except (FileNotFoundError, NotADirectoryError):
        return 0

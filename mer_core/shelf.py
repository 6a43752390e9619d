"""Results that are computed once: the store's entry for a key, or the work that fills it."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock
from weakref import WeakValueDictionary

from mer_core.records import pack, unpack
from mer_core.schema import Progress, silent
from mer_core.store import Draft, Entry, Key, Store


class Shelf:
    """What several steps need, such as the stems, is made by the first that asks; the others wait for it."""

    def __init__(self, store: Store):
        self.store = store
        self._turns: WeakValueDictionary[str, Lock] = WeakValueDictionary()

    def entry(self, key: Key, work: Callable[[Draft], dict], progress: Progress = silent) -> Entry:
        """The stored entry, or the one that `work(draft)` fills; `work` returns its JSON facts."""
        found = self.store.find(key)
        return found or self._make(key, work, progress)

    def _make(self, key: Key, work: Callable[[Draft], dict], progress: Progress) -> Entry:
        turn = self._turns.setdefault(key.path, Lock())
        while not turn.acquire(timeout=0.3):
            progress(0.0, "waiting for the same work")  # so that it can be stopped meanwhile
        try:
            found = self.store.find(key)
            if found is None:
                with self.store.create(key) as draft:
                    found = draft.commit(work(draft))
            return found
        finally:
            turn.release()

    def records(self, key: Key, work: Callable[[], dict], progress: Progress = silent) -> dict:
        """name -> record, where `work()` gives them."""
        def fill(draft: Draft) -> dict:
            return {name: pack(record, draft, f"{name}.") for name, record in work().items()}
        entry = self.entry(key, fill, progress)
        return {name: unpack(facts, entry, f"{name}.") for name, facts in entry.meta.items()}

    def record(self, key: Key, work: Callable[[], object], progress: Progress = silent):
        return self.records(key, lambda: {"it": work()}, progress)["it"]


class NotStored(Exception):
    """A ReadOnlyShelf has no such entry."""


class ReadOnlyShelf(Shelf):
    """Computes nothing."""

    def _make(self, key: Key, work: Callable[[Draft], dict], progress: Progress) -> Entry:
        raise NotStored

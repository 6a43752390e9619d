"""What several steps need at once is made once; who waits can stop; a read-only shelf computes nothing."""

from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest

from mer_core.errors import Cancelled
from mer_core.shelf import NotStored, ReadOnlyShelf, Shelf
from mer_core.store import Key, Store

KEY = Key("song", "stems")


def test_four_askers_at_once_make_it_once(tmp_path):
    shelf, made, go = Shelf(Store(tmp_path)), [], Event()

    def work(draft):
        made.append(1)
        go.wait(5)
        return {"n": len(made)}
    with ThreadPoolExecutor(4) as pool:
        asked = [pool.submit(shelf.entry, KEY, work) for _ in range(4)]
        go.set()
    assert [a.result().meta for a in asked] == [{"n": 1}] * 4


def test_a_waiting_asker_can_stop_and_the_work_goes_on(tmp_path):
    shelf, begun, go = Shelf(Store(tmp_path)), Event(), Event()

    def work(draft):
        begun.set()
        go.wait(5)
        return {}

    def stopping(fraction, text=""):
        raise Cancelled("Stopped.")
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(shelf.entry, KEY, work)
        begun.wait(5)
        with pytest.raises(Cancelled):
            shelf.entry(KEY, work, stopping)
        go.set()
    assert first.result().meta == {}


def test_after_a_failure_the_next_asker_tries_again(tmp_path):
    shelf = Shelf(Store(tmp_path))

    def fails(draft):
        raise ValueError("no")
    with pytest.raises(ValueError):
        shelf.entry(KEY, fails)
    assert shelf.entry(KEY, lambda draft: {"ok": True}).meta == {"ok": True}


def test_a_read_only_shelf_computes_nothing(tmp_path):
    store = Store(tmp_path)
    with pytest.raises(NotStored):
        ReadOnlyShelf(store).entry(KEY, lambda draft: {})
    Shelf(store).entry(KEY, lambda draft: {"ok": True})
    assert ReadOnlyShelf(store).entry(KEY, lambda draft: {}).meta == {"ok": True}

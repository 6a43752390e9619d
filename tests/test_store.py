"""The disk cache: whole or not at all, bounded, layered."""

import errno
import os
import subprocess
import sys
import textwrap
import time

import numpy as np
import pytest

from mer_core.errors import MerError
from mer_core.store import Key, Store

KIB = 1024


def put(store: Store, key: Key, size: int = KIB):
    with store.create(key) as draft:
        draft.save("y", np.zeros(size // 4))
        return draft.commit({"size": size})


def test_what_was_committed_is_found(tmp_path):
    key = Key("a" * 64, "step", "2", {"strength": 0.5})
    with Store(tmp_path).create(key) as draft:
        draft.save("y", [1, 2, 3])
        big = draft.array("big", (2, 5))
        big[:] = 7
        big.flush()
        draft.commit({"text": "ä", "n": 3})
    entry = Store(tmp_path).find(key)
    assert entry.meta == {"text": "ä", "n": 3}
    assert isinstance(entry.array("y"), np.memmap) and entry.array("y").dtype == np.float32
    np.testing.assert_array_equal(entry.array("big"), np.full((2, 5), 7))
    with pytest.raises(ValueError):
        entry.array("y")[0] = 1


@pytest.mark.parametrize("other", [
    Key("b" * 64, "step", "1", {"p": 1}), Key("a" * 64, "stem", "1", {"p": 1}),
    Key("a" * 64, "step", "2", {"p": 1}), Key("a" * 64, "step", "1", {"p": 2})])
def test_every_part_of_the_key_counts(tmp_path, other):
    store = Store(tmp_path)
    put(store, Key("a" * 64, "step", "1", {"p": 1}))
    assert store.find(other) is None


def test_a_key_does_not_depend_on_the_order_of_its_parameters():
    assert Key("a", "s", "1", {"x": 1, "y": 2}).path == Key("a", "s", "1", {"y": 2, "x": 1}).path


def test_nothing_is_visible_before_commit_nor_after_an_error(tmp_path):
    store, key = Store(tmp_path), Key("a", "step")
    with pytest.raises(RuntimeError), store.create(key) as draft:
        draft.save("y", [1])
        assert store.find(key) is None
        raise RuntimeError
    assert store.find(key) is None
    assert not list(tmp_path.rglob("*.npy"))


def test_a_killed_process_leaves_nothing_visible_and_its_draft_goes_after_a_day(tmp_path):
    script = textwrap.dedent("""
        import os, signal, sys
        from mer_core.store import Key, Store
        draft = Store(sys.argv[1]).create(Key("a", "step"))
        draft.save("y", [1.0] * 1000)
        (draft.folder / "meta.json").write_text("{}")
        os.kill(os.getpid(), signal.SIGKILL)
    """)
    done = subprocess.run([sys.executable, "-c", script, str(tmp_path)], check=False)
    assert done.returncode == -9
    (draft,) = tmp_path.glob(".draft-*")
    assert Store(tmp_path).find(Key("a", "step")) is None
    assert draft.exists(), "a young draft may belong to a running process"
    os.utime(draft, (time.time() - 90_000,) * 2)
    Store(tmp_path)
    assert not draft.exists()


def test_the_store_stays_bounded_and_drops_the_longest_unread(tmp_path):
    store = Store(tmp_path, limit=10 * KIB, in_use=100)
    keys = [Key(f"t{i}", "step") for i in range(4)]
    for age, key in zip((400, 300, 200), keys, strict=False):
        os.utime(put(store, key, 3 * KIB).folder, (time.time() - age,) * 2)
    store.find(keys[0])  # read: now the youngest
    put(store, keys[3], 3 * KIB)
    assert [store.find(k) is not None for k in keys] == [True, False, True, True]
    assert sum(f.stat().st_size for f in tmp_path.rglob("*") if f.is_file()) <= 10 * KIB


def test_an_entry_larger_than_the_limit_is_kept_while_it_is_the_newest(tmp_path):
    store = Store(tmp_path, limit=KIB, in_use=0)
    assert put(store, Key("a", "big"), 8 * KIB).array("y").shape == (2 * KIB,)
    put(store, Key("b", "small"), 256)
    assert store.find(Key("a", "big")) is None and store.find(Key("b", "small")) is not None


def test_an_open_array_survives_being_dropped(tmp_path):
    store = Store(tmp_path, limit=KIB, in_use=0)
    values = put(store, Key("a", "big"), 8 * KIB).array("y")
    put(store, Key("b", "small"), 256)
    assert values.sum() == 0


def test_layers_are_read_but_never_written_and_the_own_entry_wins(tmp_path):
    key, other = Key("a", "step"), Key("b", "step")
    layer = Store(tmp_path / "layer")
    put(layer, key, 64)
    before = sorted((p, p.stat().st_mtime_ns) for p in (tmp_path / "layer").rglob("*"))
    store = Store(tmp_path / "own", limit=0, layers=(tmp_path / "layer",))
    assert store.find(key).meta == {"size": 64}
    put(store, other, 64)
    put(store, key, 128)
    assert store.find(key).meta == {"size": 128}
    assert sorted((p, p.stat().st_mtime_ns) for p in (tmp_path / "layer").rglob("*")) == before


def test_a_compact_layer_entry_reads_as_float32(tmp_path):
    key = Key("a", "step")
    folder = tmp_path / "layer" / key.path
    folder.mkdir(parents=True)
    np.savez_compressed(folder / "arrays.npz", y=np.array([0.5, 2], np.float16))
    (folder / "meta.json").write_text("{}")
    values = Store(tmp_path / "own", layers=(tmp_path / "layer",)).find(key).array("y")
    assert values.dtype == np.float32
    np.testing.assert_array_equal(values, [0.5, 2])


def test_two_writers_of_one_key_leave_one_entry(tmp_path):
    store, key = Store(tmp_path), Key("a", "step")
    with store.create(key) as first, store.create(key) as second:
        first.save("y", [1])
        second.save("y", [1])
        assert first.commit().folder == second.commit().folder
    assert len(list(tmp_path.rglob("y.npy"))) == 1
    assert not list(tmp_path.glob(".draft-*"))


def test_what_was_read_lately_is_kept_beyond_the_limit(tmp_path):
    store = Store(tmp_path, limit=KIB)
    put(store, Key("a", "big"), 8 * KIB)
    put(store, Key("b", "small"), 256)
    assert store.find(Key("a", "big")) is not None


def test_half_an_entry_does_not_block_its_key(tmp_path):
    store, key = Store(tmp_path), Key("a", "step")
    (tmp_path / key.path).mkdir(parents=True)  # as a kill in the middle of a removal would leave it
    assert store.find(key) is None
    put(store, key, KIB)
    assert store.find(key).array("y").shape == (KIB // 4,)


def test_a_full_disk_is_said_before_anything_is_written(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")
    monkeypatch.setattr(os, "posix_fallocate", full)
    store, key = Store(tmp_path), Key("a", "step")
    with pytest.raises(MerError, match="no room for 4 MB.*MER_CACHE"), store.create(key) as draft:
        draft.array("y", (1_000_000,))
    assert store.find(key) is None and not list(tmp_path.iterdir())

"""The stored results of the demo tracks: compact, and the same numbers and files."""

import numpy as np

from mer_core import demo_results
from mer_core.store import Entry, Key, Store


def layered(tmp_path, fill) -> Entry:
    """What a layer gives back for the entry that `fill(draft)` fills."""
    key = Key("a", "step")
    with Store(tmp_path / "full").create(key) as draft:
        fill(draft)
        entry = draft.commit({"fact": 1})
    demo_results.compact(entry.folder, tmp_path / "layer" / key.path)
    found = Store(tmp_path / "own", layers=(tmp_path / "layer",)).find(key)
    assert found.meta == {"fact": 1}
    return found


def test_arrays_keep_every_bit_in_one_smaller_file(tmp_path):
    values = (1e-6 * np.random.default_rng(0).standard_cauchy((50, 80))).astype(np.float32)
    values[:, 20:] = 0

    def fill(draft):
        draft.save("y", values)
        draft.save("times", np.arange(80))
    found = layered(tmp_path, fill)
    np.testing.assert_array_equal(found.array("y"), values)
    np.testing.assert_array_equal(found.array("times"), np.arange(80))
    assert sorted(p.name for p in found.folder.iterdir()) == ["arrays.npz", "meta.json"]
    assert (found.folder / "arrays.npz").stat().st_size < 0.5 * values.nbytes


def test_files_are_copied_as_they_are(tmp_path):
    found = layered(tmp_path, lambda draft: (draft.folder / "tile-0.png").write_bytes(b"picture"))
    assert found.file("tile-0.png").read_bytes() == b"picture"
    assert sorted(p.name for p in found.folder.iterdir()) == ["meta.json", "tile-0.png"]

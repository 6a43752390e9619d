"""The stored results of the demo tracks: compact, and the same numbers."""

import numpy as np

from mer_core import demo_results
from mer_core.store import Key, Store

RNG = np.random.default_rng(0)


def stored(tmp_path, values) -> tuple[np.ndarray, int]:
    """What a layer gives back for `values`, and the bytes of its arrays."""
    key = Key("a", "step")
    with Store(tmp_path / "full").create(key) as draft:
        draft.save("y", values)
        entry = draft.commit({"fact": 1})
    demo_results.compact(entry.folder, tmp_path / "layer" / key.path)
    found = Store(tmp_path / "own", layers=(tmp_path / "layer",)).find(key)
    assert found.meta == {"fact": 1}
    return found.array("y"), (found.folder / "arrays.npz").stat().st_size


def test_a_spectrogram_is_halved(tmp_path):
    values = RNG.uniform(-100, 0, (50, 80)).astype(np.float32)
    back, size = stored(tmp_path, values)
    assert size < 0.55 * values.nbytes
    np.testing.assert_allclose(back, values, atol=0.04)


def test_a_relevance_map_keeps_its_sum(tmp_path):
    values = (1e-6 * RNG.standard_cauchy((50, 80))).astype(np.float32)
    np.testing.assert_array_equal(stored(tmp_path, values)[0], values)


def test_a_few_values_are_kept_as_they_are(tmp_path):
    values = RNG.normal(size=20).astype(np.float32)
    np.testing.assert_array_equal(stored(tmp_path, values)[0], values)

"""Exact Shapley values against all orders of joining, and the axioms they are named for."""

import sys
from concurrent.futures import ThreadPoolExecutor
from itertools import permutations, product
from pathlib import Path

import numpy as np
import pytest

from mer_core.errors import Cancelled, ParameterError
from mer_core.explainers.stem_shapley import StemShapley, shapley
from mer_core.schema import STEM_NAMES, Stems, Track, TrackInfo

sys.path.insert(0, str(Path(__file__).parents[1] / "contracts"))
import toys  # noqa: E402


def test_shapley_equals_the_mean_over_all_orders():
    rng = np.random.default_rng(0)
    game = {members: rng.normal(size=3) for members in product((0, 1), repeat=4)}
    slow = np.zeros((4, 3))
    for order in permutations(range(4)):
        present = [0] * 4
        for player in order:
            before = game[tuple(present)]
            present[player] = 1
            slow[player] += (game[tuple(present)] - before) / 24
    np.testing.assert_allclose(shapley(game, 4), slow, atol=1e-12)


def song(y: np.ndarray, residual: np.ndarray) -> tuple[Track, Stems]:
    stems = Stems(names=STEM_NAMES, y=y, residual=residual, backend="test")
    info = TrackInfo(id="t", title="t", duration=y.shape[2] / stems.sr, channels=y.shape[1])
    return Track(info, stems.mix), stems


@pytest.fixture(scope="module")
def parts():
    """Four stems of 7 s and a small residual, (4, 2, samples) and (2, samples)."""
    y = np.stack([toys.noise_track(7.0, seed=s).y * g for s, g in enumerate((0.5, 0.3, 0.8, 0.1))])
    return y, 0.01 * toys.noise_track(7.0, seed=9).y


def test_efficiency_and_the_residual_player(parts):
    track, stems = song(*parts)
    model = toys.small_net()
    found = StemShapley().explain(model, track, stems=stems)
    truth = model.outputs(model.encode_all(track, model.windows(track.duration))).mean(axis=0)
    empty = Track(track.info, np.zeros_like(track.y))
    silence = model.outputs(model.encode_all(empty, model.windows(track.duration))).mean(axis=0)
    for k, target in enumerate(("valence", "arousal")):
        e = found[target]
        assert e.labels == (*STEM_NAMES, "residual")
        assert e.output == pytest.approx(truth[k], abs=1e-4)
        assert e.base == pytest.approx(silence[k], abs=1e-6)
        assert abs(e.residual) < 1e-6
        assert np.abs(e.values).max() > 1e-3


def test_a_silent_stem_gets_nothing(parts):
    y, residual = parts
    y = y.copy()
    y[2] = 0
    track, stems = song(y, residual)
    found = StemShapley().explain(toys.small_net(), track, stems=stems)
    assert all(e.values[2] == 0 for e in found.values())


def test_equal_stems_get_equal_values(parts):
    y, residual = parts
    y = y.copy()
    y[1] = y[0]
    track, stems = song(y, residual)
    e = StemShapley().explain(toys.small_net(), track, stems=stems)["valence"]
    assert e.values[0] == pytest.approx(e.values[1], abs=1e-6)
    assert abs(e.values[0] - e.values[3]) > 1e-5


def test_same_numbers_twice_and_progress_for_each_mix(parts):
    track, stems = song(*parts)
    said = []
    first = StemShapley().explain(toys.small_net(), track, stems=stems, progress=lambda f, t: said.append((f, t)))
    again = StemShapley().explain(toys.small_net(), track, stems=stems)
    np.testing.assert_array_equal(first["arousal"].values, again["arousal"].values)
    assert sum("of 16" in text for _, text in said) == 16
    assert all(a <= b for (a, _), (b, _) in zip(said, said[1:]))


def test_can_be_stopped(parts):
    track, stems = song(*parts)

    def stop(fraction, text):
        if "mix 3" in text:
            raise Cancelled("stopped")
    with pytest.raises(Cancelled):
        StemShapley().explain(toys.small_net(), track, stems=stems, progress=stop)


def test_needs_stems():
    with pytest.raises(ParameterError, match="stems"):
        StemShapley().explain(toys.small_net(), toys.noise_track(6.0))


def test_the_model_is_free_between_the_mixes(parts):
    track, stems = song(*parts)
    model, held = toys.small_net(), []

    def ask(fraction, text):
        with ThreadPoolExecutor(1) as other:
            free = other.submit(lambda: model._lock.acquire(timeout=1) and not model._lock.release())
            held.append(not free.result())
    StemShapley().explain(model, track, stems=stems, progress=ask)
    assert len(held) > 16 and not any(held)

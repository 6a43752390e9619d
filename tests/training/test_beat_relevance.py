"""The study of the beats' accounts, on a small network."""

import sys
from pathlib import Path

import numpy as np
import pytest

from mer_core.explainers._beats import listen
from mer_core.training import beat_relevance

sys.path.insert(0, str(Path(__file__).parents[1] / "explainers"))
import beat_nets  # noqa: E402


def test_accounts_are_compared_with_themselves_and_find_what_matters():
    toy = beat_nets.Toy(beat_nets.beats(), "rhythm", 0)
    with toy.session():
        song = listen(toy, beat_nets.track())
        found = beat_relevance.measure(toy, [song, song])
        one = beat_relevance.measure(toy, [song])
    table = np.array([list(row.values()) for row in found["alike"].values()])
    np.testing.assert_allclose(np.diag(table), 1, atol=1e-9)
    assert found["apart"] == pytest.approx(one["apart"]) and found["apart"]["occlusion"] > 0
    assert set(found["held"]) == set(beat_relevance.RULES) and found["held"]["z+"] == pytest.approx(1, abs=0.01)


def test_taking_beats_out_is_what_it_says():
    toy = beat_nets.Toy(beat_nets.beats())
    with toy.session():
        song = listen(toy, beat_nets.track())
        none = beat_relevance.without(toy, song, np.zeros(song.beats, bool))
        np.testing.assert_allclose(none, beat_nets.value(toy, beat_nets.track()), atol=1e-6)
        values = np.zeros(song.beats)
        values[[1, 2]], values[[5, 6]] = -1, 1  # a fifth of twelve
        masks = [np.isin(np.arange(song.beats), chosen) for chosen in ([1, 2], [5, 6])]
        low, high = (beat_relevance.without(toy, song, mask)[0] for mask in masks)
        assert beat_relevance.apart(toy, song, values, 0) == pytest.approx(low - high)

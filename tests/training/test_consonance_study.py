"""Consonance of what lights up, Q4 against Q2, on maps that are known."""

import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from mer_core.consonance import HURON
from mer_core.training import consonance_study

sys.path.insert(0, str(Path(__file__).parents[1] / "explainers"))
import harmonic_nets as nets  # noqa: E402


@pytest.mark.parametrize("apart", [1, 4, 5])
def test_two_pitch_classes_have_the_consonance_of_their_interval(apart):
    """Both are heard alike; the second output is against them, so for it nothing is bright."""
    network, x = nets.Listening(good=(0, apart)), 0.95 * torch.ones(2, 1, nets.BANDS, 44)
    light, value = consonance_study.of_song(network, x, 0)
    assert value == pytest.approx(HURON[apart - 1], abs=1e-3)
    moved = network(x)[:, 0] - network(torch.zeros_like(x))[:, 0]
    assert light == pytest.approx(float(moved.mean()), rel=1e-4)
    light, value = consonance_study.of_song(network, x, 1)
    assert light == 0 and np.isnan(value)


def test_each_song_is_asked_about_its_own_quadrant():
    rng, truth = np.random.default_rng(0), np.repeat([0, 1, 2, 3], 20)
    said, groups = np.roll(truth, 20), np.array([f"artist {i}" for i in range(80)])
    found = 0.1 * rng.standard_normal((80, 4, 2))
    found[truth == 3, 3, 0] += 1  # brightness of the true Q4
    found[said == 1, 1, 1] += 1  # consonance where Q2 is said
    found[3, 0, 1] = np.nan
    rows = consonance_study.compared(found, truth, said, groups)
    assert rows["brightness, true"]["d"] > 5 > 1 > abs(rows["brightness, elsewhere"]["d"])
    assert rows["consonance, said"]["d"] < -5 and rows["consonance, said"]["auc"] == 0
    assert abs(rows["consonance, true"]["d"]) < 1 and rows["brightness, elsewhere"]["clips"] == [40, 40]

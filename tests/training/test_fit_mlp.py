"""The perceptron on an embedding, taught on numbers whose meaning is known."""

import numpy as np
import pytest
import torch

from mer_core.datasets._base import Clip
from mer_core.models.nets.mlp import EmotionMLP
from mer_core.training import fit_mlp

RECIPE = {"outer": 2, "inner": 2, "splits": [0],
          "head": {"epochs": 30, "patience": 30, "batch": 16, "rate": 3e-3, "decay": 0.0, "dropout": 0.0}}


@pytest.fixture(scope="module")
def clips(tmp_path_factory):
    """Arousal is the first number times fifty, valence nothing."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(80, 6)).astype(np.float32) * 50 + 7
    values = [(rng.uniform(-0.3, 0.3), (row[0] - 7) / 150) for row in x]
    return [Clip(str(i), tmp_path_factory.getbasetemp(), f"artist {i // 2}", v) for i, v in enumerate(values)], x


def test_it_learns_what_is_there_and_measures_it_on_artists_it_never_met(clips, monkeypatch):
    plain = fit_mlp.taught

    def spy(x, y, among, held, plan, seed, epochs=None):
        seen.append(set(among) | set(held if held is not None else ()))
        return plain(x, y, among, held, plan, seed, epochs)
    seen = []
    monkeypatch.setattr(fit_mlp, "taught", spy)
    found = fit_mlp.measure(*clips, RECIPE)
    assert found["arousal"]["r2"] > 0.7 and found["valence"]["r2"] < 0.3
    assert len(seen) == 4 and all(len(among) <= 44 for among in seen)  # one half of the clips, or less
    assert np.sqrt(found["covariance"][1][1]) == pytest.approx(found["arousal"]["rmse"], abs=1e-3)


def test_the_scaling_moves_into_the_layers():
    torch.manual_seed(0)
    network, rng = EmotionMLP(5, dropout=0.0), np.random.default_rng(0)
    x, mean, scale = rng.normal(size=(7, 5)), rng.normal(size=5), rng.uniform(0.5, 2, 5)
    centre, spread = np.array([0.1, -0.2]), np.array([0.3, 0.4])
    before = fit_mlp.answers(network.eval(), (x - mean) / scale) * spread + centre
    after = fit_mlp.answers(fit_mlp.unscaled(network, mean, scale, centre, spread), x)
    np.testing.assert_allclose(after, before, atol=1e-5)

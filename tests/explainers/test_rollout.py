"""The rollout against the stored output of an independent script (data/make_rollout.py), and a planted truth."""

import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from mer_core.errors import ParameterError
from mer_core.explainers._rollout_rules import Relevant, Watched, rollout, upsampled
from mer_core.explainers.chefer_rollout import CheferRollout
from mer_core.models.nets.vit import ViT
from mer_core.schema import SHARES

sys.path.insert(0, str(Path(__file__).parent))
import vits  # noqa: E402


@pytest.fixture(scope="module")
def stored():
    with np.load(Path(__file__).parent / "data" / "rollout.npz") as file:
        return dict(file)


@pytest.fixture(scope="module")
def net(stored):
    tensors = {name.removeprefix("weight/"): torch.from_numpy(value) for name, value in stored.items() if "/" in name}
    tensors["layout"] = torch.tensor([int(stored["heads"]), 2, 3])
    found = ViT.like(tensors)
    found.load_state_dict(tensors)
    return found.double().eval().requires_grad_(False)


def picture(stored) -> torch.Tensor:
    return torch.from_numpy(stored["picture"]).double()[None, None]


def test_the_map_is_the_stored_one(net, stored):
    maps, outputs = rollout(net, picture(stored))
    np.testing.assert_allclose(outputs[0], stored["outputs"], atol=1e-9)
    np.testing.assert_allclose(maps[:, 0], stored["maps"], rtol=1e-5, atol=1e-9)
    assert not np.allclose(stored["maps"][0], stored["maps"][1], rtol=0.1), "each class has its own"


@pytest.mark.parametrize("target", [0, 1])
def test_relevances_and_gradients_are_the_stored_ones(net, stored, target):
    plain, relevant = Watched(), Relevant()
    outputs, carrying = net(picture(stored), plain), net(picture(stored), relevant)
    gradients = torch.autograd.grad(outputs[0, target], plain.attention)
    relevances = torch.autograd.grad(carrying[0, target], relevant.attention)
    np.testing.assert_allclose([g[0] for g in gradients], stored["gradients"][target], atol=1e-8)
    np.testing.assert_allclose([r[0] for r in relevances], stored["relevances"][target], rtol=1e-5, atol=1e-7)


def test_upsampling_is_bilinear_between_the_centres_of_patches(net):
    maps = torch.tensor([[[[0.0, 1.0, 3.0], [0.0, 1.0, 3.0]]]])
    row = upsampled(maps, net)[0, 0, 5]
    assert upsampled(maps, net).shape == (1, 1, 32, 48)
    np.testing.assert_allclose(row[:8], 0)  # outside the first centre
    np.testing.assert_allclose(row[8:24], (np.arange(16) + 0.5) / 16, atol=1e-6)
    np.testing.assert_allclose(row[40:], 3)


def test_windows_do_not_mix(net, stored):
    others = torch.cat([picture(stored), vits.pictures(2).double()])
    maps, _ = rollout(net, others)
    np.testing.assert_allclose(maps[:, 0], stored["maps"], rtol=1e-5, atol=1e-9)


@pytest.fixture(scope="module")
def track():
    return vits.toys.noise_track(3.0)


def test_a_song_s_map_is_a_share_of_one(track):
    model = vits.ToyViT(vits.small())
    found = CheferRollout().explain(model, track)
    raw = model.outputs(model.encode_all(track, model.windows(track.duration))).mean(axis=0)
    for k, e in enumerate(found.values()):
        assert e.values.min() >= 0 and e.values.sum() == pytest.approx(1, abs=1e-5)
        assert e.output == pytest.approx(raw[k], abs=1e-5) and e.unit == SHARES and e.values.shape == e.grid.shape
        assert "not in the units" in e.notes[0] and "2 x 3 patches" in e.notes[1]
    assert np.abs(found["valence"].values - found["arousal"].values).max() > 1e-5


def test_only_the_planted_patches_are_read():
    net = vits.reading(row=1, columns=(0, 2)).double()
    maps, _ = rollout(net, 1 + vits.pictures(2).double())
    raised = maps[0]
    assert raised[:, 1, [0, 2]].sum() >= 0.95 * raised.sum() > 0
    assert maps[1].sum() < 1e-6 * raised.sum(), "reading more of them lowers the second output"


def test_a_target_that_nothing_raises_has_an_empty_map(track):
    net = vits.reading(row=1, columns=(0, 2))
    net.head.weight.zero_()
    for e in CheferRollout().explain(vits.ToyViT(net), track).values():
        assert not e.values.any() and e.notes[0].endswith("the map is empty.")


def test_another_network_is_refused(track):
    with pytest.raises(ParameterError, match="transformer"):
        CheferRollout().explain(vits.toys.small_net(), track)

"""The harmonics network: what its branches see, its size, and that nothing crosses between pitch classes."""

import numpy as np
import pytest
import torch

from mer_core.features.harmonics import blinder
from mer_core.models._harmonics import INPUT, harmonics_table
from mer_core.models.nets.harmonics import HarmonicsCNN, PlainCNN

TABLE = harmonics_table()


@pytest.fixture(scope="module")
def network() -> HarmonicsCNN:
    torch.manual_seed(0)
    return HarmonicsCNN(TABLE).eval()


def test_sizes_are_the_papers(network):
    assert 85_000 < sum(p.numel() for p in network.parameters()) < 115_000
    assert 4_500_000 < sum(p.numel() for p in PlainCNN().parameters()) < 5_500_000


def test_shapes(network):
    x = torch.rand(2, 1, 256, INPUT.frames)
    maps = []
    handle = network.branches.register_forward_hook(lambda _, given, out: maps.append(out))
    assert network(x).shape == (2, 4) and PlainCNN().eval()(x).shape == (2, 4)
    handle.remove()
    assert maps[0].shape == (2, 12 * 32, 6, INPUT.frames // network.hop) and maps[0].min() >= 0


def test_what_is_gathered_is_what_the_table_names(network):
    x = torch.rand(1, 1, 256, 7)
    seen = network.seen(x).reshape(12, 10, 6, 7)
    for p, o, h in np.ndindex(TABLE.shape):
        wanted = x[0, 0, TABLE[p, o, h]] if TABLE[p, o, h] >= 0 else torch.zeros(7)
        torch.testing.assert_close(seen[p, h, o], wanted)


def test_a_branch_is_blind_to_every_band_that_is_not_its_own(network):
    seen = blinder(TABLE, 256)
    for p in (0, 4, 11):
        x = torch.rand(1, 1, 256, 64, requires_grad=True)
        maps = network.branches(network.seen(network.fewer(x)))[:, 32 * p:32 * (p + 1)]
        gradient, = torch.autograd.grad(maps.sum(), x)
        assert not gradient[0, 0, ~seen[p]].any() and gradient[0, 0, seen[p]].any()


def test_a_row_is_a_fundamental(network):
    """The kernels are the same at every octave: what is heard an octave higher lights up one row higher."""
    seen = torch.rand(1, 12 * 10, 6, 40)
    moved = torch.roll(seen, 1, dims=2)
    torch.testing.assert_close(network.branches(moved), torch.roll(network.branches(seen), 1, dims=2))


def test_a_column_stands_for_its_frames(network):
    """A click in frame t lights up most around column t / hop."""
    x = torch.zeros(1, 1, 256, INPUT.frames)
    base = network.branches(network.seen(network.fewer(x)))
    for t in (60, 130, 200):
        y = x.clone()
        y[..., t] = 1
        change = (network.branches(network.seen(network.fewer(y))) - base).abs().sum(dim=(0, 1, 2)).detach()
        centre = (change * torch.arange(len(change))).sum() / change.sum()
        assert abs(float(centre) - t / network.hop) < 1.5


def test_another_of_the_same_size():
    torch.manual_seed(1)
    made = HarmonicsCNN(TABLE[:, :3, :4], bands=256, channels=5, reach=9, step=1, stride=3, pool=2, outputs=2).eval()
    other = HarmonicsCNN.like(made.state_dict())
    other.load_state_dict(made.state_dict())
    x = torch.rand(1, 1, 256, 40)
    torch.testing.assert_close(other.eval()(x), made(x))

"""Grad-CAM by pitch class against autograd by hand, and against what a linear head gives exactly."""

import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from mer_core.explainers._grad_cam_maps import dark, lit_up, maps, over_bands, over_frames
from mer_core.explainers.grad_cam import GRADIENTS
from mer_core.models._harmonics import harmonics_table
from mer_core.models.nets.harmonics import HarmonicsCNN

sys.path.insert(0, str(Path(__file__).parent))
import harmonic_nets as nets  # noqa: E402


def by_hand(network, x: torch.Tensor, target: int, gradients: str, silence: bool = False) -> np.ndarray:
    """One window, one channel and one cell at a time, with the gradients of torch.autograd."""
    found = []
    for one in x:
        kept = []
        handle = network.branches.register_forward_hook(
            lambda layer, given, out, kept=kept: kept.append(out.detach().requires_grad_()) or kept[0])
        output = network(one[None])[0, target]
        handle.remove()
        gradient, = torch.autograd.grad(output, kept[0])
        layer, gradient = kept[0][0].detach().numpy(), gradient[0].numpy()
        layer = layer - network.branches(torch.zeros_like(one[None]))[0].numpy() if silence else layer
        channels, octaves, columns = layer.shape
        out = np.zeros((12, octaves, columns))
        for c in range(channels):
            for o in range(octaves):
                weight = {"map": gradient[c].sum() / (octaves * columns), "octave": gradient[c, o].sum() / columns}
                for t in range(columns):
                    out[c // (channels // 12), o, t] += layer[c, o, t] * weight.get(gradients, gradient[c, o, t])
        found.append(out)
    return np.array(found)


@pytest.mark.parametrize("gradients", GRADIENTS)
@pytest.mark.parametrize("silence", [False, True])
@pytest.mark.parametrize("pool", ["mean", "octaves", "max"])
def test_agrees_with_autograd_by_hand(pool, silence, gradients):
    network, x = nets.SmallNet(pool).double().eval(), nets.pictures(3).double()
    for target in range(4):
        expected = by_hand(network, x, target, gradients, silence)
        found = maps(network, x, target, gradients, silence=silence)
        assert found.shape == (3, 12, 5, 11) and not found.requires_grad
        np.testing.assert_allclose(found, expected, atol=1e-12)
        assert expected.min() < -1e-4 and expected.max() > 1e-4


def test_where_the_head_is_linear_in_the_means_the_cells_are_all_of_the_output():
    network, x = nets.SmallNet("mean").double().eval(), nets.pictures(3).double()
    for target in range(4):
        moved = network(x)[:, target] - dark(network, x)[target]
        torch.testing.assert_close(maps(network, x, target).sum(dim=(1, 2, 3)), moved)
    torch.testing.assert_close(dark(network, x), network.head.bias)


def test_where_the_head_weighs_each_octave_the_means_over_time_are_all_of_the_output():
    network, x = nets.SmallNet("octaves").double().eval(), nets.pictures(3).double()
    moved = network(x)[:, 2] - dark(network, x)[2]
    torch.testing.assert_close(maps(network, x, 2, "octave").sum(dim=(1, 2, 3)), moved)
    assert (maps(network, x, 2).sum(dim=(1, 2, 3)) - moved).abs().max() > 0.01


def test_silence_itself_has_nothing_and_the_rest_is_what_sound_adds():
    network, x = nets.SmallNet("octaves").double().eval(), nets.pictures(3).double()
    assert not maps(network, torch.zeros_like(x), 2, "octave", silence=True).any() and lit_up(network, 0 * x).any()
    moved = network(x)[:, 2] - network(torch.zeros_like(x))[:, 2]
    torch.testing.assert_close(maps(network, x, 2, "octave", silence=True).sum(dim=(1, 2, 3)), moved)


def test_behind_a_maximum_only_each_cells_own_gradient_adds_up():
    network, x = nets.SmallNet("max").double().eval(), nets.pictures(3).double()
    moved = network(x)[:, 1] - dark(network, x)[1]
    torch.testing.assert_close(maps(network, x, 1, "cell").sum(dim=(1, 2, 3)), moved)
    assert (maps(network, x, 1).sum(dim=(1, 2, 3)) - moved).abs().max() > 0.01


def test_only_the_pitch_class_that_is_read_lights_up():
    network, x = nets.SmallNet().eval(), nets.pictures(2)
    network.head.weight[:, :6] = network.head.weight[:, 8:] = 0  # two channels each: class 3 alone is read
    found = maps(network, x, 2)
    assert found[:, 3].abs().sum() > 0 and not found[:, :3].any() and not found[:, 4:].any()


def test_the_network_is_as_before():
    network, x = nets.SmallNet().eval(), nets.pictures(2)
    before = network(x)
    [maps(network, x, 0, gradients) for gradients in GRADIENTS]
    dark(network, x)
    torch.testing.assert_close(lit_up(network, x), network.branches(x))
    torch.testing.assert_close(network(x), before, rtol=0, atol=0)
    assert not network.branches._forward_hooks and not network.branches._forward_pre_hooks


@pytest.mark.parametrize("width", [44, 43, 41, 50])
def test_a_column_is_shared_out_among_its_frames(width):
    values = torch.arange(1, 12, dtype=torch.float64)
    found = over_frames(values, 4, width)
    assert found.shape == (width,) and float(found.sum()) == pytest.approx(66)
    np.testing.assert_allclose(found[4:8], 0.5)
    assert not found[44:].any()


def test_a_row_is_shared_out_among_the_bands_it_hears():
    table = np.full((12, 2, 3), -1)
    table[0, 0], table[0, 1], table[4, 1] = (2, 5, 7), (4, 4, -1), (6, -1, -1)
    shares = over_bands(table, 8)
    np.testing.assert_allclose(shares[0, 0, [2, 5, 7]], 1 / 3)
    assert shares[0, 1, 4] == shares[4, 1, 6] == 1 and shares[7].sum() == 0 and shares.sum() == pytest.approx(3)


@pytest.mark.parametrize("width", [259, 200])
def test_the_real_network_s_maps_fit_its_picture(width):
    """Untrained, but with the layers, paddings and pools of the one that is trained."""
    torch.manual_seed(1)
    table = harmonics_table()
    network = HarmonicsCNN(table, channels=2).double().eval().requires_grad_(False)
    x = torch.rand(2, 1, 256, width, generator=torch.Generator().manual_seed(2), dtype=torch.float64)
    moved = network(x)[:, 3] - dark(network, x)[3]
    cells = maps(network, x, 3, "cell")
    torch.testing.assert_close(cells.sum(dim=(1, 2, 3)), moved)
    torch.testing.assert_close(over_frames(cells, network.hop, width).sum(dim=(1, 2, 3)), moved)
    np.testing.assert_allclose(maps(network, x, 3), by_hand(network, x, 3, "map"), atol=1e-12)
    assert (over_bands(table, 256).sum(axis=-1) > 0.999).all(), "every row hears a band"


@pytest.mark.parametrize("frame", [40, 121, 200])
def test_a_sound_lights_up_where_it_is(frame):
    """A short sound lights up columns around it, the kernel's reach to either side: on average its own."""
    torch.manual_seed(1)
    network = HarmonicsCNN(harmonics_table(), channels=8).eval().requires_grad_(False)
    x = torch.zeros(1, 1, 256, 259)
    x[..., frame - 1:frame + 2] = 3.0
    lit = over_frames((network.branches(network.seen(network.fewer(x))) -
                       network.branches(network.seen(network.fewer(torch.zeros_like(x))))).abs().sum(dim=(0, 1, 2)),
                      network.hop, 259)
    assert float((lit * torch.arange(259)).sum() / lit.sum()) == pytest.approx(frame, abs=4)

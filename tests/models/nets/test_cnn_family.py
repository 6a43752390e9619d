"""The four networks on chunks: what runs over time runs over time, proved by permuting time steps and mel bands."""

import pytest
import torch

from mer_core.models.nets.cnn_family import BANDS, CHANNELS, NETWORKS, STEPS, SqueezeExcite, steps_of

TEMPORAL = ["cnn_se_temporal", "cnn_se_gru", "cnn_se_gru_attention"]


@pytest.fixture(autouse=True)
def seeded():
    torch.manual_seed(0)
    torch.set_num_threads(1)


def features(steps: int = STEPS) -> torch.Tensor:
    """What the blocks give of two chunks: (N, 64, bands, steps)."""
    return torch.randn(2, CHANNELS[-1], BANDS, steps)


def made(name: str):
    return NETWORKS[name]().eval()


def with_bands_permuted(network, order: torch.Tensor):
    """The same network for pictures whose bands come in another order: only the input weights of a step change."""
    weight = network.temporal[0].weight if hasattr(network, "temporal") else network.gru.weight_ih_l0
    view = weight.data.view(weight.shape[0], CHANNELS[-1], BANDS, -1)
    view.copy_(view[:, :, order].clone())
    return network


@pytest.mark.parametrize("name, count", [("cnn", 2_121_058), ("cnn_se_temporal", 354_478), ("cnn_se_gru", 244_206),
                                         ("cnn_se_gru_attention", 244_271)])
def test_shapes_and_parameter_counts(name, count):
    network = made(name)
    assert network(torch.rand(3, 1, 128, 128)).shape == (3, 2)
    assert network.blocks(torch.rand(1, 1, 128, 128)).shape == (1, CHANNELS[-1], BANDS, STEPS)
    assert sum(p.numel() for p in network.parameters()) == count


def test_a_step_holds_all_channels_and_bands_of_one_time():
    x = features()
    found = steps_of(x)
    assert found.shape == (2, STEPS, CHANNELS[-1] * BANDS)
    for t in (0, 7, 15):
        torch.testing.assert_close(found[:, t], x[..., t].flatten(1))


@pytest.mark.parametrize("name", TEMPORAL)
def test_bands_are_no_sequence(name):
    """Permute the bands, and the weights of a step's inputs alike: nothing changes. Were the bands the steps of the
    recurrence (or of the convolution), no permutation of input weights could make up for it."""
    x, order = features(), torch.randperm(BANDS)
    before = made(name)
    expected = before.read(x)
    torch.testing.assert_close(with_bands_permuted(before, order).read(x[:, :, order]), expected, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("name", TEMPORAL)
def test_the_order_of_time_steps_matters_unless_they_are_equal(name):
    network, order = made(name), torch.randperm(STEPS)
    x = features()
    assert (network.read(x[..., order]) - network.read(x)).abs().max() > 1e-3
    equal = x[..., :1].expand(-1, -1, -1, STEPS)
    torch.testing.assert_close(network.read(equal[..., order]), network.read(equal), atol=0, rtol=0)


@pytest.mark.parametrize("name", ["cnn_se_gru", "cnn_se_gru_attention"])
def test_a_state_knows_every_band_of_the_past_and_nothing_of_the_future(name):
    """The gradient of the state at step 5 by the features: zero at later times in all bands, not zero before."""
    network, x = made(name), features().requires_grad_()
    gradient, = torch.autograd.grad(network.states(x)[:, 5].sum(), x)
    reached = gradient.abs().amax(dim=(0, 1))  # (bands, steps)
    assert (reached[:, :6] > 0).all() and (reached[:, 6:] == 0).all()


def test_the_temporal_convolution_reaches_one_step_to_each_side_in_every_band():
    network, x = made("cnn_se_temporal"), features().requires_grad_()
    convolved = network.temporal[0](steps_of(x).transpose(1, 2))  # (N, 64, steps)
    gradient, = torch.autograd.grad(convolved[..., 5].sum(), x)
    reached = gradient.abs().amax(dim=(0, 1)) > 0
    assert reached[:, 4:7].all() and not reached[:, :4].any() and not reached[:, 7:].any()


@pytest.mark.parametrize("name", ["cnn_se_gru", "cnn_se_gru_attention"])
def test_longer_sound_has_more_steps_but_more_bands_do_not_fit(name):
    network = made(name)
    assert network(torch.rand(1, 1, 128, 256)).shape == (1, 2)
    with pytest.raises(RuntimeError):
        network(torch.rand(1, 1, 256, 128))


def test_attention_weighs_times_and_moves_with_what_it_attends_to():
    network, x = made("cnn_se_gru_attention"), torch.rand(2, 1, 128, 128)
    weights = network.attention(x)
    assert weights.shape == (2, STEPS) and (weights > 0).all()
    torch.testing.assert_close(weights.sum(1), torch.ones(2))
    states = torch.zeros(1, STEPS, 64)
    states[0, 3] = 100 * network.attend.weight[0] / network.attend.weight.norm() ** 2
    assert network.weights(states)[0].argmax() == 3 and network.weights(states)[0, 3] > 0.99


def test_squeeze_and_excitation_scales_whole_channels():
    gate, x = SqueezeExcite(8), torch.rand(2, 8, 5, 6) + 0.1
    ratio = gate(x) / x
    torch.testing.assert_close(ratio, ratio[:, :, :1, :1].expand_as(ratio))
    assert ((ratio > 0) & (ratio < 1)).all() and ratio[:, :, 0, 0].std() > 0

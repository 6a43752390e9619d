"""The thesis's networks: their sizes, and what may reach what."""

import pytest
import torch
from torch import nn

from mer_core.models.nets.a2e import A2E, A2Mid2E, Backbone, MeanChromaMLP, Mid2E, network_of

SIZES = {"spectrogram": (149, 313), "chromagram": (12, 431)}


@pytest.fixture(autouse=True)
def seeded():
    torch.manual_seed(0)
    torch.set_num_threads(1)


def count(network: nn.Module) -> int:
    return sum(p.numel() for p in network.parameters())


def test_the_backbone_is_figure_9():
    layers = list(Backbone())
    convolutions = [m for m in layers if isinstance(m, nn.Conv2d)]
    assert [(c.out_channels, c.kernel_size[0], c.stride[0]) for c in convolutions] == [
        (64, 5, 2), (64, 3, 1), (128, 3, 1), (128, 3, 1), (256, 3, 1), (256, 3, 1), (384, 3, 1), (512, 3, 1), (256, 1, 1)]
    for c in convolutions:
        norm, relu = layers[layers.index(c) + 1:layers.index(c) + 3]
        assert isinstance(norm, nn.BatchNorm2d) and isinstance(relu, nn.ReLU)
    pools = [i for i, m in enumerate(layers) if isinstance(m, nn.MaxPool2d)]
    assert [sum(isinstance(m, nn.Conv2d) for m in layers[:i]) for i in pools] == [2, 4]
    assert [m.p for m in layers if isinstance(m, nn.Dropout)] == [0.3, 0.3]


@pytest.mark.parametrize("given", SIZES)
def test_one_picture_to_eight_ratings(given):
    network = network_of(given, 8).eval()
    assert network(torch.rand(2, 1, *SIZES[given])).shape == (2, 8)
    # convolutions with biases and batch norms, then 256 x 8 + 8
    sizes = [(1, 64, 25), (64, 64, 9), (64, 128, 9), (128, 128, 9), (128, 256, 9), (256, 256, 9), (256, 384, 9),
             (384, 512, 9), (512, 256, 1)]
    assert count(network) == sum(a * b * k + 3 * b for a, b, k in sizes) + 256 * 8 + 8 == 3_937_864


def test_two_branches_share_nothing_and_meet_in_512_features():
    network = network_of("both", 8).eval()
    assert network.head.in_features == 512 and count(network) == 2 * count(Backbone()) + 512 * 8 + 8
    spectrogram, chromagram = (torch.rand(1, 1, *size).requires_grad_() for size in SIZES.values())
    y = network((spectrogram, chromagram))
    assert y.shape == (1, 8)
    y.sum().backward()
    assert spectrogram.grad.abs().sum() > 0 and chromagram.grad.abs().sum() > 0
    with pytest.raises(ValueError):
        network(spectrogram)


def test_mean_chroma_and_mid2e():
    assert MeanChromaMLP(8).eval()(torch.rand(3, 12)).shape == (3, 8)
    assert network_of("mean_chroma", 9).head.out_features == 9
    for inputs, expected in ((7, 7 * 32 + 32 + 32 * 8 + 8), (19, 904), (34, 1384)):
        network = Mid2E(inputs)
        assert network(torch.rand(2, inputs)).shape == (2, 8) and count(network) == expected


def test_a_rating_knows_the_sound_by_its_descriptors_only():
    network, x = A2Mid2E(A2E(7), 7, 8).eval(), torch.rand(2, 1, 12, 431)
    both = network(x)
    ratings, mids = both[:, :8], both[:, 8:]
    torch.testing.assert_close(mids, network.to_mid(x))
    torch.testing.assert_close(ratings, mids @ network.head.weight.T + network.head.bias)

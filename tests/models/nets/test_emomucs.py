import pytest
import torch

from mer_core.errors import ParameterError
from mer_core.models.nets.emomucs import SIZES, TAPS, EmoMucs

CELLS = [(network, fusion) for network, taps in TAPS.items() for fusion in taps]


def made(network: str, fusion: str, sources: int = 4) -> EmoMucs:
    torch.manual_seed(0)
    net = EmoMucs(network, fusion, sources, hidden=16).eval()
    net.centre.uniform_(-0.2, 0.2)
    net.spread.uniform_(0.5, 1.5)
    return net


@pytest.mark.parametrize("network, fusion", CELLS)
def test_each_fusion_takes_the_features_it_says(network, fusion):
    net, x = made(network, fusion), torch.rand(2, 4, 96, 938)
    features = net.tapped(x)
    assert features.shape == (2, 4, SIZES[network, fusion]) and net(x).shape == (2, 2)
    if fusion == "late":
        assert torch.allclose(features[:, 1], net.sources[1](x[:, 1:2]), atol=1e-5)
    if fusion == "early":
        source = net.sources[2]
        whole = source.features(x[:, 2:3])
        expected = source.average(whole) if network == "c2d" else whole
        assert torch.allclose(features[:, 2], expected.flatten(1), atol=1e-5)


def test_c2d_has_no_mid_fusion():
    with pytest.raises(ParameterError, match="mid"):
        EmoMucs("c2d", "mid")


@pytest.mark.parametrize("network, fusion", CELLS)
def test_contributions_add_up_and_are_the_stems_own(network, fusion):
    net = made(network, fusion)
    features = net.tapped(torch.rand(3, 4, 96, 938))
    added, rest = net.contributions(features)
    assert added.shape == (3, 4, 2) and rest.shape == (3, 2)
    assert torch.allclose(added.sum(1) + rest, net.fusion(net.scaled(features)), atol=1e-4)
    features[:, 1] = net.centre.reshape(4, -1)[1]  # the bass of a mean song adds nothing
    assert net.contributions(features)[0][:, 1].abs().max() < 1e-5


def test_what_lies_behind_a_front_is_the_rest_of_the_network():
    net, x = made("c2d", "early"), torch.rand(2, 4, 96, 400)
    seen = torch.stack([torch.nn.Sequential(*s.layers()[:10])(x[:, i:i + 1]) for i, s in enumerate(net.sources)], dim=1)
    assert torch.allclose(net(seen, 10), net(x), atol=1e-5)


def test_a_subset_of_stems():
    assert made("c2d", "late", 2)(torch.rand(1, 2, 96, 300)).shape == (1, 2)

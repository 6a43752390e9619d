import pytest
import torch

from mer_core.models.nets.c1d import C1D


def test_parameter_count_is_the_papers():
    assert sum(p.numel() for p in C1D().parameters()) == 86_354


def test_shapes():
    net = C1D().eval()
    assert net(torch.zeros(3, 1, 96, 938)).shape == (3, 2)
    assert net.features(torch.zeros(1, 1, 96, 938)).shape == (1, 16, 56)
    with pytest.raises(RuntimeError):
        net(torch.zeros(1, 1, 96, 600))


def test_layers_in_order_are_the_forward_pass():
    net = C1D().eval()
    x = torch.randn(2, 1, 96, 938, generator=torch.Generator().manual_seed(0))
    y = x
    for layer in net.layers():
        y = layer(y)
    assert torch.equal(y, net(x))


def test_the_convolutions_run_over_time():
    """The same sound four pooled frames later gives the same features, as far along."""
    net = C1D().eval()
    x = torch.rand(1, 1, 96, 938, generator=torch.Generator().manual_seed(1))
    early, late = net.features(x), net.features(torch.nn.functional.pad(x, (64, 0))[..., :938])
    assert torch.allclose(early[..., :50], late[..., 4:54], atol=1e-5)

import torch

from mer_core.models.nets.c2d import C2D


def test_parameter_count_is_the_papers():
    assert sum(p.numel() for p in C2D().parameters()) == 37_698


def test_shapes_for_the_papers_window_and_a_shorter_one():
    net = C2D().eval()
    assert net(torch.zeros(2, 1, 96, 938)).shape == (2, 2)
    assert net(torch.zeros(3, 1, 96, 300)).shape == (3, 2)
    assert net.features(torch.zeros(1, 1, 96, 938)).shape == (1, 32, 3, 7)


def test_layers_in_order_are_the_forward_pass():
    net = C2D().eval()
    x = torch.randn(2, 1, 96, 400, generator=torch.Generator().manual_seed(0))
    y = x
    for layer in net.layers():
        y = layer(y)
    assert torch.equal(y, net(x))

import torch

from mer_core.models.nets.mlp import EmotionMLP
from mer_core.models.nets.student import WIDTH, Student, StudentEmotion


def test_the_layers_in_a_row_are_the_network():
    torch.manual_seed(0)
    network = Student().eval()
    for width in (64, 430):
        x = y = torch.rand(2, 1, 96, width)
        for layer in network.layers():
            y = layer(y)
        assert y.shape == (2, WIDTH)
        torch.testing.assert_close(y, network(x))


def test_with_its_head_too():
    torch.manual_seed(0)
    network = StudentEmotion().eval()
    x = y = torch.rand(2, 1, 96, 129)
    for layer in network.layers():
        y = layer(y)
    torch.testing.assert_close(y, network(x))


def test_it_is_small():
    assert sum(p.numel() for p in Student().parameters()) == 277_152


def test_the_perceptron_has_the_papers_layers():
    widths = [(layer.in_features, layer.out_features) for layer in EmotionMLP() if isinstance(layer, torch.nn.Linear)]
    assert widths == [(2048, 512), (512, 128), (128, 2)]
    assert [layer.p for layer in EmotionMLP() if isinstance(layer, torch.nn.Dropout)] == [0.3, 0.3]

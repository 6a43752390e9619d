"""The vision transformer against torch's own encoder layer, the published size, and its own state dict."""

import pytest
import torch
from torch import nn

from mer_core.errors import ParameterError
from mer_core.models.nets.vit import ViT

SMALL = dict(image=(32, 48), channels=1, patch=16, width=24, depth=2, heads=3, ratio=2.0)


@pytest.fixture
def small() -> ViT:
    """Two blocks, random in every weight, with the norms and biases away from where they start."""
    torch.manual_seed(0)
    net = ViT(2, **SMALL)
    for value in net.parameters():
        nn.init.normal_(value, std=0.2)
    return net.eval()


def pictures(n: int = 3, channels: int = 1, image=(32, 48)) -> torch.Tensor:
    return torch.rand(n, channels, *image, generator=torch.Generator().manual_seed(1))


def test_vit_base_has_the_published_number_of_parameters():
    with torch.device("meta"):
        net = ViT(1000)
    assert sum(p.numel() for p in net.parameters()) == 86_567_656


def reference_block(block, width: int) -> nn.Module:
    """The same weights in torch's own layer."""
    layer = nn.TransformerEncoderLayer(width, block.heads, block.widen.out_features, 0.0, "gelu", 1e-6, batch_first=True,
                                       norm_first=True).eval()
    qkv = block.query, block.key, block.value
    with torch.no_grad():
        layer.self_attn.in_proj_weight.copy_(torch.cat([p.weight for p in qkv]))
        layer.self_attn.in_proj_bias.copy_(torch.cat([p.bias for p in qkv]))
    for ours, theirs in ((block.join, layer.self_attn.out_proj), (block.widen, layer.linear1),
                         (block.narrow, layer.linear2), (block.norm1, layer.norm1), (block.norm2, layer.norm2)):
        theirs.load_state_dict(ours.state_dict())
    return layer


def test_it_computes_what_torch_does(small):
    x = pictures()
    tokens = x.unfold(2, 16, 16).unfold(3, 16, 16).flatten(4).flatten(2, 3)[:, 0]  # (N, 6, 256), patches row by row
    tokens = tokens @ small.patches.weight.flatten(1).T + small.patches.bias
    tokens = torch.cat([small.token.expand(3, 1, -1), tokens], dim=1) + small.positions
    for block in small.blocks:
        tokens = reference_block(block, 24)(tokens)
    expected = small.head(small.norm(tokens)[:, 0])
    torch.testing.assert_close(small(x), expected, atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(small.features(x), small.norm(tokens)[:, 0], atol=1e-5, rtol=1e-5)


OTHER = dict(SMALL, channels=3, heads=2, patch=8, depth=1, image=(16, 64), ratio=4.0)


@pytest.mark.parametrize("shape", [SMALL, OTHER])
def test_it_is_built_anew_from_its_state_dict(shape):
    torch.manual_seed(1)
    net = ViT(3, **shape).eval()
    nn.init.normal_(net.head.weight)
    again = ViT.like(net.state_dict()).eval()
    again.load_state_dict(net.state_dict())
    x = pictures(2, shape["channels"], shape["image"])
    assert again.grid == net.grid and torch.equal(again(x), net(x)) and net(x).abs().max() > 0


def test_what_does_not_fit_is_refused():
    with pytest.raises(ParameterError, match="30 x 48"):
        ViT(2, **dict(SMALL, image=(30, 48)))
    with pytest.raises(ParameterError, match="5 heads"):
        ViT(2, **dict(SMALL, heads=5))
    with pytest.raises(KeyError):
        ViT.like({"head.weight": torch.zeros(2, 3)})

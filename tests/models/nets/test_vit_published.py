"""Published ViT weights: small files with the names and shapes of timm and of Hugging Face, and wrong ones."""

import pytest
import torch
from safetensors.torch import save_file

from mer_core.errors import WeightsError
from mer_core.models.nets.vit import ViT
from mer_core.models.nets.vit_published import read_published

SHAPE = dict(image=(32, 32), channels=3, patch=16, width=24, depth=2, heads=3, ratio=2.0)


@pytest.fixture
def net() -> ViT:
    torch.manual_seed(0)
    net = ViT(5, **SHAPE).eval()
    for value in net.parameters():
        torch.nn.init.normal_(value, std=0.2)
    return net


def timm(net: ViT) -> dict:
    """As timm saves a `VisionTransformer`."""
    ours = net.state_dict()
    found = {"cls_token": ours["token"][None, None], "pos_embed": ours["positions"][None]}
    for kind in ("weight", "bias"):
        found |= {f"patch_embed.proj.{kind}": ours[f"patches.{kind}"], f"norm.{kind}": ours[f"norm.{kind}"],
                  f"head.{kind}": ours[f"head.{kind}"]}
        for i in range(2):
            b, t = f"blocks.{i}", f"blocks.{i}"
            found[f"{t}.attn.qkv.{kind}"] = torch.cat([ours[f"{b}.{n}.{kind}"] for n in ("query", "key", "value")])
            for a, o in (("attn.proj", "join"), ("mlp.fc1", "widen"), ("mlp.fc2", "narrow"), ("norm1", "norm1"),
                         ("norm2", "norm2")):
                found[f"{t}.{a}.{kind}"] = ours[f"{b}.{o}.{kind}"]
    return {name: value.contiguous() for name, value in found.items()}


def hugging_face(net: ViT, prefix: str = "vit.", head: str = "classifier") -> dict:
    """As Hugging Face saves `ViTForImageClassification`, or with no prefix `ViTModel` and its pooler."""
    ours = net.state_dict()
    found = {f"{prefix}embeddings.cls_token": ours["token"][None, None],
             f"{prefix}embeddings.position_embeddings": ours["positions"][None]}
    for kind in ("weight", "bias"):
        found |= {f"{prefix}embeddings.patch_embeddings.projection.{kind}": ours[f"patches.{kind}"],
                  f"{prefix}layernorm.{kind}": ours[f"norm.{kind}"]}
        found[f"{head}.{kind}"] = ours[f"head.{kind}"] if head == "classifier" else torch.ones(24, 24)
        for i in range(2):
            for a, o in (("attention.attention.query", "query"), ("attention.attention.key", "key"),
                         ("attention.attention.value", "value"), ("attention.output.dense", "join"),
                         ("intermediate.dense", "widen"), ("output.dense", "narrow"), ("layernorm_before", "norm1"),
                         ("layernorm_after", "norm2")):
                found[f"{prefix}encoder.layer.{i}.{a}.{kind}"] = ours[f"blocks.{i}.{o}.{kind}"]
    return {name: value.contiguous() for name, value in found.items()}


def pictures(channels: int = 3, image=(32, 32)) -> torch.Tensor:
    return torch.rand(2, channels, *image, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("layout", [timm, hugging_face])
def test_both_layouts_give_the_same_network(net, layout, tmp_path):
    save_file(layout(net), tmp_path / "model.safetensors")
    found = read_published(tmp_path / "model.safetensors", heads=3)
    torch.testing.assert_close(found(pictures()), net(pictures()))
    assert not found.training


def test_another_head_and_a_file_without_one(net, tmp_path):
    path = tmp_path / "model.safetensors"
    save_file(hugging_face(net, prefix="", head="pooler.dense"), path)
    with pytest.raises(WeightsError, match="no head"):
        read_published(path, heads=3)
    found = read_published(path, outputs=2, heads=3)
    torch.testing.assert_close(found.features(pictures()), net.features(pictures()))
    assert found(pictures()).shape == (2, 2) and not found(pictures()).any()


def test_one_channel_does_what_three_alike_did(net, tmp_path):
    save_file(timm(net), tmp_path / "model.safetensors")
    found = read_published(tmp_path / "model.safetensors", channels=1, heads=3)
    x = pictures(1)
    torch.testing.assert_close(found(x), net(x.expand(-1, 3, -1, -1)), atol=1e-5, rtol=1e-4)


def test_positions_are_stretched_to_another_picture(net, tmp_path):
    save_file(timm(net), tmp_path / "model.safetensors")
    found = read_published(tmp_path / "model.safetensors", image=(32, 64), heads=3)
    assert found.grid == (2, 4) and found(pictures(3, (32, 64))).shape == (2, 5)
    old, new = net.positions[1:].reshape(2, 2, 24), found.positions[1:].reshape(2, 4, 24)
    torch.testing.assert_close(found.positions[0], net.positions[0])
    torch.testing.assert_close(new.mean(dim=1), old.mean(dim=1), atol=0.02, rtol=0.1)
    assert ((new[:, 0] - old[:, 0]).abs() < (new[:, 0] - old[:, 1]).abs()).float().mean() > 0.9


@pytest.mark.parametrize("change, said", [
    (lambda t: t.pop("blocks.1.mlp.fc2.bias"), "blocks.1.narrow.bias is missing"),
    (lambda t: t.update({"head.weight": torch.ones(5, 20)}), r"head.weight is \(5, 20\), expected \(5, 24\)"),
    (lambda t: t.update({"blocks.0.ls1.gamma": torch.ones(24)}), "'blocks.0.ls1.gamma' is no name of a ViT"),
    (lambda t: t.update({"pos_embed": torch.ones(1, 6, 24)}), "6 positions"),
    (lambda t: t.update({"blocks.0.attn.qkv.bias": torch.ones(71)}), "71 rows"),
    (lambda t: t.pop("patch_embed.proj.weight"), "is no ViT")])
def test_what_does_not_fit_is_said(net, change, said, tmp_path):
    tensors = timm(net)
    change(tensors)
    save_file(tensors, tmp_path / "model.safetensors")
    with pytest.raises(WeightsError, match=said):
        read_published(tmp_path / "model.safetensors", heads=3)


def test_a_file_that_is_none(tmp_path):
    with pytest.raises(WeightsError, match="no safetensors file"):
        read_published(tmp_path / "model.safetensors")
    (tmp_path / "model.safetensors").write_bytes(b"nothing of the kind")
    with pytest.raises(WeightsError, match="no safetensors file"):
        read_published(tmp_path / "model.safetensors")

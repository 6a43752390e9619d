"""Published ViT weights (ViT-Base/16 and its like) onto our ViT, from a safetensors file in either of two layouts.

The files of timm (`vit_base_patch16_224`) and of Hugging Face (`ViTModel`, `ViTForImageClassification`) hold the same
numbers under other names. They were trained on pictures of three channels scaled to [-1, 1]. The weights are not part
of this project; the user brings the file.
"""

from __future__ import annotations

import re
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

from mer_core.errors import WeightsError
from mer_core.models.nets.vit import ViT

HEAD_WIDTH = 64  # of one attention head, in every published size
TIMM = ((r"cls_token", "token"), (r"pos_embed", "positions"), (r"patch_embed\.proj\.(\w+)", r"patches.\1"),
        (r"blocks\.(\d+)\.(norm[12])\.(\w+)", r"blocks.\1.\2.\3"), (r"norm\.(\w+)", r"norm.\1"),
        (r"blocks\.(\d+)\.attn\.qkv\.(\w+)", r"blocks.\1.query+key+value.\2"),
        (r"blocks\.(\d+)\.attn\.proj\.(\w+)", r"blocks.\1.join.\2"), (r"head\.(\w+)", r"head.\1"),
        (r"blocks\.(\d+)\.mlp\.fc1\.(\w+)", r"blocks.\1.widen.\2"),
        (r"blocks\.(\d+)\.mlp\.fc2\.(\w+)", r"blocks.\1.narrow.\2"))
HUGGING_FACE = ((r"embeddings\.cls_token", "token"), (r"embeddings\.position_embeddings", "positions"),
                (r"embeddings\.patch_embeddings\.projection\.(\w+)", r"patches.\1"),
                (r"encoder\.layer\.(\d+)\.layernorm_before\.(\w+)", r"blocks.\1.norm1.\2"),
                (r"encoder\.layer\.(\d+)\.layernorm_after\.(\w+)", r"blocks.\1.norm2.\2"),
                (r"encoder\.layer\.(\d+)\.attention\.attention\.(query|key|value)\.(\w+)", r"blocks.\1.\2.\3"),
                (r"encoder\.layer\.(\d+)\.attention\.output\.dense\.(\w+)", r"blocks.\1.join.\2"),
                (r"encoder\.layer\.(\d+)\.intermediate\.dense\.(\w+)", r"blocks.\1.widen.\2"),
                (r"encoder\.layer\.(\d+)\.output\.dense\.(\w+)", r"blocks.\1.narrow.\2"),
                (r"layernorm\.(\w+)", r"norm.\1"), (r"classifier\.(\w+)", r"head.\1"))
UNUSED = r"pooler\..*|embeddings\.mask_token"  # Hugging Face; neither is on the way to the class token's output


def read_published(path: Path, *, outputs: int | None = None, channels: int = 3, image: tuple[int, int] | None = None,
                   heads: int | None = None) -> ViT:
    """The network of the file, in eval mode. What is asked for beside it is adapted from it:

    `outputs`: a new head of so many, which starts at zero; None keeps the file's. `channels` 1: the patch embedding of
    the sum, so that one channel does what the same picture in all three did. `image`: positions are interpolated to it
    (Dosovitskiy et al. 2021, section 3.2). `heads` is not in the file; None takes one for every 64 of the width.
    Raises WeightsError where the file is none, or has other names or shapes.
    """
    tensors = _renamed(_read(path), path)
    try:
        shape = _shape(tensors, heads)
    except (KeyError, ValueError) as error:
        raise WeightsError(f"{path.name} is no ViT with a class token: {error}") from error
    if outputs is not None:
        tensors |= {"head.weight": torch.zeros(outputs, shape["width"]), "head.bias": torch.zeros(outputs)}
    if "head.weight" not in tensors:
        raise WeightsError(f"{path.name} has no head; say how many outputs a new one shall have")
    _check(tensors, shape, path)
    tensors = _adapted(tensors, shape, channels, image or shape["image"])
    net = ViT(len(tensors["head.weight"]), **{**shape, "channels": channels, "image": image or shape["image"]})
    net.load_state_dict({**tensors, "layout": net.layout})
    return net.eval()


def _read(path: Path) -> dict[str, Tensor]:
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        return {name: value.float() for name, value in load_file(path).items()}
    except (OSError, SafetensorError) as error:
        raise WeightsError(f"{path} is no safetensors file that can be read: {error}. "
                           "Get model.safetensors of a ViT-Base/16 (86.6 M parameters, some 346 MB).") from error


def _renamed(published: dict[str, Tensor], path: Path) -> dict[str, Tensor]:
    """Under our names and in our shapes; raises WeightsError for a name of neither layout."""
    published = {name.removeprefix("vit."): value for name, value in published.items()}
    layout = TIMM if "cls_token" in published else HUGGING_FACE
    tensors: dict[str, Tensor] = {}
    for name, value in published.items():
        if not re.fullmatch(UNUSED, name):
            ours = next((re.sub(theirs, ours, name) for theirs, ours in layout if re.fullmatch(theirs, name)), None)
            tensors |= _placed(ours, value, f"{path.name}: {name!r}")
    return tensors


def _placed(name: str | None, value: Tensor, said: str) -> dict[str, Tensor]:
    if name is None:
        raise WeightsError(f"{said} is no name of a ViT in the layout of timm or of Hugging Face's ViTModel")
    if name in ("token", "positions"):
        return {name: value.flatten(0, -2).squeeze(0)}
    if "+" not in name:
        return {name: value}
    if len(value) % 3:
        raise WeightsError(f"{said} has {len(value)} rows; queries, keys and values need three times the same")
    return {name.replace("query+key+value", part): rows
            for part, rows in zip(("query", "key", "value"), value.chunk(3), strict=True)}


def _shape(tensors: dict[str, Tensor], heads: int | None) -> dict:
    """What ViT is called with."""
    width, channels, patch, _ = tensors["patches.weight"].shape
    side = round((len(tensors["positions"]) - 1) ** 0.5)
    if side ** 2 != len(tensors["positions"]) - 1:
        raise ValueError(f"{len(tensors['positions'])} positions are not those of a square picture and a class token")
    depth = len({name.split(".")[1] for name in tensors if name.startswith("blocks.")})
    return {"width": width, "channels": channels, "patch": patch, "image": (side * patch, side * patch), "depth": depth,
            "heads": heads or max(1, width // HEAD_WIDTH), "ratio": len(tensors["blocks.0.widen.weight"]) / width}


def _check(tensors: dict[str, Tensor], shape: dict, path: Path) -> None:
    """Raises WeightsError where a name or a shape is not that of our network."""
    with torch.device("meta"):
        net = ViT(len(tensors["head.weight"]), **shape)
    expected = {name: value.shape for name, value in net.state_dict().items() if name != "layout"}
    wrong = [f"{name} is missing" for name in expected if name not in tensors]
    wrong += [f"{name} is not expected" for name in tensors if name not in expected]
    wrong += [f"{name} is {tuple(tensors[name].shape)}, expected {tuple(size)}" for name, size in expected.items()
              if name in tensors and tensors[name].shape != size]
    if wrong:
        raise WeightsError(f"{path.name} does not fit a ViT of this size: {'; '.join(wrong[:3])}"
                           + (f"; and {len(wrong) - 3} more" if len(wrong) > 3 else ""))


def _adapted(tensors: dict[str, Tensor], shape: dict, channels: int, image: tuple[int, int]) -> dict[str, Tensor]:
    """For pictures of another size and number of channels."""
    weight, patch = tensors["patches.weight"], shape["patch"]
    if channels != shape["channels"]:
        weight = weight.sum(dim=1, keepdim=True).expand(-1, channels, -1, -1) / channels
    old, new = ((rows // patch, columns // patch) for rows, columns in (shape["image"], image))
    return {**tensors, "patches.weight": weight, "positions": _resized(tensors["positions"], old, new)}


def _resized(positions: Tensor, old: tuple[int, int], new: tuple[int, int]) -> Tensor:
    """(1 + P, D) for another grid of patches; the class token's stays."""
    if old == new:
        return positions
    patches = positions[1:].T.unflatten(1, old)[None]
    resized = F.interpolate(patches, size=new, mode="bicubic", align_corners=False)[0].flatten(1).T
    return torch.cat([positions[:1], resized])

"""Vision Transformer (Dosovitskiy et al. 2021, eq. 1-4; thesis (papers, 3) section 2.4.2), any size.

One picture becomes patches, each patch a token; a class token is put in front, learned positions are added, blocks of
attention and MLP follow, each behind a layer norm, and the class token ends in the head.

The network is written once, over a table of operations (`Operations`). Explainers run the very same network over
operations with the same values and another way back (explainers/_attnlrp_rules.py), so nothing of it is written twice.

For a model around it: its card gives "gradients" and "transformer", its attribute `network` is this module, and its
windows are (N, channels, F, T) pictures whose cells are zero where there is silence, since relevance is counted from
zero.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mer_core.errors import ParameterError

EPS = 1e-6  # of the layer norms


class Operations:
    """Every step of the network that computes something."""

    def affine(self, layer: nn.Linear | nn.Conv2d, x: Tensor) -> Tensor:
        return layer(x)

    def norm(self, layer: nn.LayerNorm, x: Tensor) -> Tensor:
        return layer(x)

    def product(self, a: Tensor, b: Tensor) -> Tensor:
        """Matrix product of two things that both depend on the input."""
        return a @ b

    def scaled(self, x: Tensor, factor: float) -> Tensor:
        return x * factor

    def softmax(self, scores: Tensor) -> Tensor:
        """Over the last axis."""
        return scores.softmax(dim=-1)

    def gelu(self, x: Tensor) -> Tensor:
        return F.gelu(x)

    def add(self, a: Tensor, b: Tensor) -> Tensor:
        """The skip connections."""
        return a + b

    def embed(self, tokens: Tensor, token: Tensor, positions: Tensor) -> Tensor:
        """(N, P, D) patches, (D,) class token, (1 + P, D) -> (N, 1 + P, D)."""
        return torch.cat([token.expand(len(tokens), 1, -1), tokens], dim=1) + positions


PLAIN = Operations()


class Block(nn.Module):
    """x + attention(norm(x)), then x + MLP(norm(x)): eq. 2 and 3."""

    def __init__(self, width: int, heads: int, hidden: int, dropout: float):
        super().__init__()
        self.heads = heads
        self.norm1, self.norm2 = nn.LayerNorm(width, eps=EPS), nn.LayerNorm(width, eps=EPS)
        self.query, self.key, self.value, self.join = (nn.Linear(width, width) for _ in range(4))
        self.widen, self.narrow = nn.Linear(width, hidden), nn.Linear(hidden, width)
        self.dropout = nn.Dropout(dropout)

    def _split(self, x: Tensor) -> Tensor:
        """(N, P, D) -> (N, heads, P, D / heads)."""
        return x.unflatten(-1, (self.heads, -1)).transpose(1, 2)

    def attend(self, x: Tensor, do: Operations) -> Tensor:
        """Self-attention, appendix A: softmax(q k^T / sqrt(D / heads)) v, heads side by side, joined."""
        q, k, v = (self._split(do.affine(layer, x)) for layer in (self.query, self.key, self.value))
        weights = do.softmax(do.product(do.scaled(q, q.shape[-1] ** -0.5), k.transpose(-1, -2)))
        return do.affine(self.join, do.product(weights, v).transpose(1, 2).flatten(2))

    def forward(self, x: Tensor, do: Operations = PLAIN) -> Tensor:
        x = do.add(x, self.dropout(self.attend(do.norm(self.norm1, x), do)))
        hidden = self.dropout(do.gelu(do.affine(self.widen, do.norm(self.norm2, x))))
        return do.add(x, self.dropout(do.affine(self.narrow, hidden)))


class ViT(nn.Module):
    """(N, channels, F, T) -> (N, outputs); F and T are multiples of `patch`. The defaults are ViT-Base/16."""

    def __init__(self, outputs: int = 1000, *, image: tuple[int, int] = (224, 224), channels: int = 3, patch: int = 16,
                 width: int = 768, depth: int = 12, heads: int = 12, ratio: float = 4.0, dropout: float = 0.0):
        super().__init__()
        rows, columns = _patches(image, patch)
        if width % heads:
            raise ParameterError(f"a width of {width} cannot be shared by {heads} heads; take a multiple")
        self.register_buffer("layout", torch.tensor([heads, rows, columns], dtype=torch.int32))  # for `like`
        self.grid = rows, columns
        self.patches = nn.Conv2d(channels, width, patch, stride=patch)
        self.token = nn.Parameter(torch.zeros(width))
        self.positions = nn.Parameter(torch.zeros(1 + rows * columns, width))
        self.dropout = nn.Dropout(dropout)
        self.blocks = nn.ModuleList(Block(width, heads, round(width * ratio), dropout) for _ in range(depth))
        self.norm = nn.LayerNorm(width, eps=EPS)
        self.head = nn.Linear(width, outputs)
        self._start()

    def _start(self) -> None:
        """Truncated normal weights of 0.02 and no biases, as is usual; the head starts at zero, as in the paper."""
        for name, value in self.named_parameters():
            if name in ("token", "positions") or (name.endswith("weight") and value.ndim > 1):
                nn.init.trunc_normal_(value, std=0.02)
            elif name.endswith("bias"):
                nn.init.zeros_(value)
        nn.init.zeros_(self.head.weight)

    @classmethod
    def like(cls, tensors: Mapping[str, Tensor]) -> ViT:
        """One that `tensors`, a state dict, fit; raises KeyError where none does."""
        heads, rows, columns = (int(n) for n in tensors["layout"])
        width, channels, patch, _ = tensors["patches.weight"].shape
        depth = len({name.split(".")[1] for name in tensors if name.startswith("blocks.")})
        ratio = len(tensors["blocks.0.widen.weight"]) / width
        return cls(len(tensors["head.weight"]), image=(rows * patch, columns * patch), channels=channels, patch=patch,
                   width=width, depth=depth, heads=heads, ratio=ratio)

    def tokens(self, x: Tensor, do: Operations = PLAIN) -> Tensor:
        """(N, channels, F, T) -> (N, 1 + P, D) after the last norm; the class token first, patches row by row."""
        found = do.affine(self.patches, x).flatten(2).transpose(1, 2)
        found = self.dropout(do.embed(found, self.token, self.positions))
        for block in self.blocks:
            found = block(found, do)
        return do.norm(self.norm, found)

    def features(self, x: Tensor, do: Operations = PLAIN) -> Tensor:
        """(N, D), what the head reads: the class token."""
        return self.tokens(x, do)[:, 0]

    def forward(self, x: Tensor, do: Operations = PLAIN) -> Tensor:
        return do.affine(self.head, self.features(x, do))


def _patches(image: tuple[int, int], patch: int) -> tuple[int, int]:
    """Rows and columns of patches; raises ParameterError where they do not cover the picture."""
    if any(side < patch or side % patch for side in image):
        raise ParameterError(f"a picture of {image[0]} x {image[1]} cells cannot be cut into patches of {patch} x "
                             f"{patch}; both sides have to be multiples of {patch}")
    return image[0] // patch, image[1] // patch

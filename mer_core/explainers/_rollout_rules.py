"""The relevance of attention weights by Chefer, Gur & Wolf (CVPR 2021), and its rollout times their gradient.

Their LRP differs from that of _attnlrp_rules.py, and so does its way here: what travels back along the graph is the
relevance itself. Each operation's backward takes the relevance of its output and gives that of its input; linear
routing passes it as it passes gradients, and the two uses of one tensor add up (their "clone"). It starts as 1 at the
target and 0 elsewhere and is 1 in total at each depth.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.autograd import Function

from mer_core.models.nets.vit import Operations, ViT

TINY = 1e-9  # keeps quotients finite


class Watched(Operations):
    """The plain network, of which each block's attention weights (N, heads, P, P) are kept."""

    def __init__(self):
        self.attention: list[Tensor] = []

    def softmax(self, scores: Tensor) -> Tensor:
        return self._kept(super().softmax(scores))

    def _kept(self, weights: Tensor) -> Tensor:
        self.attention.append(weights if weights.requires_grad else weights.requires_grad_())
        return weights


class Relevant(Watched):
    """The same network with relevance on its way back."""

    def affine(self, layer: nn.Linear | nn.Conv2d, x: Tensor) -> Tensor:
        return _Affine.apply(x, layer) if isinstance(layer, nn.Linear) else layer(x)  # nothing is asked of the patches

    def norm(self, layer: nn.LayerNorm, x: Tensor) -> Tensor:
        return _Same.apply(x, layer(x.detach()))

    def gelu(self, x: Tensor) -> Tensor:
        return _Same.apply(x, F.gelu(x.detach()))

    def scaled(self, x: Tensor, factor: float) -> Tensor:
        return _Same.apply(x, x.detach() * factor)

    def softmax(self, scores: Tensor) -> Tensor:
        return self._kept(_Same.apply(scores, scores.detach().softmax(dim=-1)))

    def product(self, a: Tensor, b: Tensor) -> Tensor:
        return _Product.apply(a, b)

    def add(self, a: Tensor, b: Tensor) -> Tensor:
        return _Sum.apply(a, b)


class _Affine(Function):
    """Section 3.1, only the positive x_j w_ji: R_j = sum_i (x_j w_ji)^+ / sum_j' (x_j' w_j'i)^+ R_i, no bias.

    (x w)^+ is (x w + |x| |w|) / 2.
    """

    @staticmethod
    def forward(ctx, x: Tensor, layer: nn.Linear) -> Tensor:
        ctx.layer = layer
        ctx.save_for_backward(x, (F.linear(x, layer.weight) + F.linear(x.abs(), layer.weight.abs())) / 2)
        return layer(x)

    @staticmethod
    def backward(ctx, relevance: Tensor):
        x, positive = ctx.saved_tensors
        quotient = relevance / (positive + TINY)
        weight = ctx.layer.weight
        return (x * (quotient @ weight) + x.abs() * (quotient @ weight.abs())) / 2, None


class _Same(Function):
    """An operation on one tensor passes relevance through: GELU, layer norm, softmax (as in the authors' program)."""

    @staticmethod
    def forward(ctx, x: Tensor, y: Tensor) -> Tensor:
        return y

    @staticmethod
    def backward(ctx, relevance: Tensor):
        return relevance, None


class _Product(Function):
    """Section 3.2, the matrix product of two tensors: each gets R_j = sum_i x_j (dy_i / dx_j) R_i / y_i, brought by
    the normalisation to half of the total, since both would get all of it."""

    @staticmethod
    def forward(ctx, a: Tensor, b: Tensor) -> Tensor:
        y = a @ b
        ctx.save_for_backward(a, b, y)
        return y

    @staticmethod
    def backward(ctx, relevance: Tensor):
        a, b, y = ctx.saved_tensors
        quotient = relevance / _away_from_zero(y) / 2
        return a * (quotient @ b.transpose(-1, -2)), b * (a.transpose(-1, -2) @ quotient)


class _Sum(Function):
    """Section 3.2, skip connections: a gets R a / (a + b), b the rest, and then each is scaled so that its sum is
    |its sum| / (|sum of a's| + |sum of b's|) of the total. For each song window on its own."""

    @staticmethod
    def forward(ctx, a: Tensor, b: Tensor) -> Tensor:
        y = a + b
        ctx.save_for_backward(a, b, y)
        return y

    @staticmethod
    def backward(ctx, relevance: Tensor):
        a, b, y = ctx.saved_tensors
        quotient = relevance / _away_from_zero(y)
        shares = [a * quotient, b * quotient]
        sums = [_each(share) for share in shares]
        whole = _each(relevance) / (sums[0].abs() + sums[1].abs() + TINY)
        return tuple(share * total.sign() * whole for share, total in zip(shares, sums, strict=True))


def _each(x: Tensor) -> Tensor:
    """(N, P, D) -> (N, 1, 1), the sums."""
    return x.sum(dim=(1, 2), keepdim=True)


def _away_from_zero(y: Tensor) -> Tensor:
    return y + torch.where(y >= 0, TINY, -TINY)


@torch.enable_grad()
def rollout(network: ViT, x: Tensor) -> tuple[Tensor, Tensor]:
    """(N, channels, F, T) -> (K, N, rows, columns) of patches, not negative, and the outputs (N, K).

    Section 3.3: A-bar_b = I + mean over heads of (gradient of A_b times relevance of A_b)^+; C = the product of all
    A-bar, the last block's first (each row of A says where a token reads from); the class token's row without itself.
    """
    plain, relevant = Watched(), Relevant()
    outputs, carrying = network(x, plain), network(x, relevant)
    maps = []
    for k in range(outputs.shape[1]):
        gradients = torch.autograd.grad(outputs[:, k].sum(), plain.attention, retain_graph=True)
        start = F.one_hot(torch.full((len(x),), k), outputs.shape[1]).to(carrying)
        relevances = torch.autograd.grad(carrying, relevant.attention, start, retain_graph=True)
        maps.append(_rolled(gradients, relevances).unflatten(1, network.grid))
    return torch.stack(maps), outputs.detach()


def _rolled(gradients: tuple[Tensor, ...], relevances: tuple[Tensor, ...]) -> Tensor:
    """Blocks of (N, heads, 1 + P, 1 + P) -> (N, P): the class token's row of C."""
    row = torch.zeros_like(gradients[0][:, :1, 0])
    row[..., 0] = 1  # (N, 1, 1 + P)
    for gradient, relevance in zip(reversed(gradients), reversed(relevances), strict=True):
        row = row + row @ (gradient * relevance).clamp(min=0).mean(dim=1)
    return row[:, 0, 1:]


def upsampled(maps: Tensor, network: ViT) -> Tensor:
    """(K, N, rows, columns) -> (K, N, F, T), bilinear, as in the authors' program; negative nowhere."""
    patch = network.patches.kernel_size
    return F.interpolate(maps, scale_factor=patch, mode="bilinear", align_corners=False)

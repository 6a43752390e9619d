"""LRP through a vision transformer: what each operation does with relevance on the way back.

Relevance is written as value times a modified gradient, R_x = x g (Arras et al. 2025, arXiv 2502.15886), so that a rule
is a rule for g and linear routing (reshapes, skip connections, the class token taken out) needs none. At an output
g = 1. An operation y = f(x) whose rule passes on less than it was given, sum(x g_x) < sum(y g_y), keeps the rest: a
bias, a position, the class token. `absorbed` counts each of these, so that

    output - bias of the head = sum of the input cells' relevance + sum of absorbed, exactly.

Sources: AttnLRP is Achtibat et al. 2024 (ICML; arXiv 2402.05602), CP-LRP is Ali et al. 2022 (ICML; arXiv 2202.07304).
"""

from collections import defaultdict

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.autograd import Function

from mer_core.explainers._lrp_rules import Rule
from mer_core.models.nets.vit import Operations, ViT


class AttnLRP(Operations):
    """The network's operations with the rules of Achtibat et al. 2024."""

    def __init__(self, linear: Rule, patches: Rule):
        """`linear` is the rule (_lrp_rules.epsilon or gamma) of dense layers, `patches` that of the patch embedding."""
        self._rules = {nn.Linear: linear, nn.Conv2d: patches}
        self.absorbed: defaultdict[str, float] = defaultdict(float)

    def affine(self, layer: nn.Linear | nn.Conv2d, x: Tensor) -> Tensor:
        """Epsilon: AttnLRP eq. 8. Gamma: section A.2.3, which takes it against the noise of vision transformers, read
        for inputs of either sign as in _lrp_rules.gamma."""
        rule, weight, bias = self._rules[type(layer)], layer.weight.detach(), layer.bias.detach()
        if isinstance(layer, nn.Linear):
            return _Affine.apply(x, weight, bias, rule, self.absorbed)
        z = _Affine.apply(_cut(x, layer.kernel_size), weight.flatten(1), bias, rule, self.absorbed)
        return z.permute(0, 3, 1, 2)  # (N, rows, columns, units) as a convolution has them

    def norm(self, layer: nn.LayerNorm, x: Tensor) -> Tensor:
        """AttnLRP proposition 3.4: the identity rule (eq. 9) where the deviation divides. Taking the mean away and
        scaling are linear. The same as Ali et al. 2022, who detach the deviation (after their proposition 2)."""
        centred = x - x.mean(dim=-1, keepdim=True)
        deviation = (centred.detach().square().mean(dim=-1, keepdim=True) + layer.eps).sqrt()
        y = centred * (layer.weight.detach() / deviation) + layer.bias.detach()
        return self._keeping(y, "biases", lambda g: _dot(_over_tokens(g), layer.bias))

    def product(self, a: Tensor, b: Tensor) -> Tensor:
        """AttnLRP proposition 3.3: R_a(j, i) = sum_p a_ji b_ip R_jp / (2 y_jp), the epsilon rule and then the uniform
        rule (eq. 7), half to each factor. A factor that carries no relevance has no half. As value times gradient the
        quotient R / y is g itself, so nothing has to be kept from zero."""
        return _Product.apply(a, b) if a.requires_grad and b.requires_grad else a @ b

    def softmax(self, scores: Tensor) -> Tensor:
        """AttnLRP proposition 3.1, Taylor's expansion at x with its bias: R_x = x_i (R_i - s_i sum_j R_j). With
        R_i = s_i g_i this is x times softmax's own gradient. The expansion's bias keeps the rest."""
        return _Softmax.apply(scores, self.absorbed)

    def gelu(self, x: Tensor) -> Tensor:
        """AttnLRP eq. 9, the identity rule: x g_x = gelu(x) g, where gelu(x) / x is the normal integral up to x."""
        with torch.no_grad():
            integral = torch.erf(x * 0.5 ** 0.5).add_(1).mul_(0.5)
        return x * integral

    def embed(self, tokens: Tensor, token: Tensor, positions: Tensor) -> Tensor:
        """Class token and positions are no cell of the input: what they get stays with them."""
        y = super().embed(tokens, token.detach(), positions.detach())
        self._keeping(y, "class token", lambda g: _dot(_over_tokens(g[:, 0]), token))
        return self._keeping(y, "positional embedding", lambda g: _dot(g.sum(dim=0), positions))

    def _keeping(self, y: Tensor, name: str, kept) -> Tensor:
        def count(g: Tensor) -> None:
            self.absorbed[name] += kept(g)
        y.register_hook(count)
        return y


class CPLRP(AttnLRP):
    """Ali et al. 2022, section 3 (after proposition 1): attention weights are constants, so that a head is a linear
    layer and all its relevance goes to the values, none through the softmax to queries and keys."""

    def softmax(self, scores: Tensor) -> Tensor:
        return scores.detach().softmax(dim=-1)


class _Affine(Function):
    """z = W a + b. Rule (top of _lrp_rules.py): R_j = sum_k (own z_jk + side sign(z_k) |z_jk|) R_k / d_k, so

        g_j = sum_k (own w_jk + side sign(z_k) sign(a_j) |w_jk|) h_k,  h_k = g_k z_k / d_k,
        d_k = own z_k + side sign(z_k) (sum_j |z_jk| + |b_k|) + eps sign(z_k).
    """

    @staticmethod
    def forward(ctx, a: Tensor, weight: Tensor, bias: Tensor, rule: Rule, absorbed: dict) -> Tensor:
        z = F.linear(a, weight, bias)
        size = z.abs()
        d = torch.add(rule.eps, size, alpha=rule.own)  # times sign(z)
        if rule.side:
            d += rule.side * F.linear(a.abs(), weight.abs(), bias.abs())
        ctx.save_for_backward(a, z, weight, bias, size.div_(d))
        ctx.facts = rule, absorbed
        return z

    @staticmethod
    def backward(ctx, g: Tensor):
        a, z, weight, bias, share = ctx.saved_tensors
        rule, absorbed = ctx.facts
        h = g * share
        given = h @ (weight * rule.own)
        biased = rule.own * _dot(_over_tokens(h), bias)
        if rule.side:
            signed = h * z.sign()
            given += a.sign() * (signed @ (weight.abs() * rule.side))
            biased += rule.side * _dot(_over_tokens(signed), bias.abs())
        absorbed["biases"] += biased
        absorbed["stabiliser"] += _dot(g, z) - _dot(given, a) - biased
        return given, None, None, None, None


class _Product(Function):
    """y = a b with half of the gradient to each; halved where there is less of it."""

    @staticmethod
    def forward(ctx, a: Tensor, b: Tensor) -> Tensor:
        ctx.save_for_backward(a, b)
        return a @ b

    @staticmethod
    def backward(ctx, g: Tensor):
        a, b = ctx.saved_tensors
        if g.numel() < a.numel() + b.numel():
            g = g / 2
        else:
            a, b = a / 2, b / 2
        return g @ b.transpose(-1, -2), a.transpose(-1, -2) @ g


class _Softmax(Function):
    @staticmethod
    def forward(ctx, scores: Tensor, absorbed: dict) -> Tensor:
        weights = scores.softmax(dim=-1)
        ctx.save_for_backward(scores, weights)
        ctx.absorbed = absorbed
        return weights

    @staticmethod
    def backward(ctx, g: Tensor):
        scores, weights = ctx.saved_tensors
        given = torch._softmax_backward_data(g, weights, -1, weights.dtype)  # s_i (g_i - sum_j s_j g_j) in one go
        ctx.absorbed["softmax"] += _dot(g, weights) - _dot(given, scores)
        return given, None


class Sweep:
    """One forward pass that remembers what the rules need; `relevance` then serves any output.

    Touches neither weights nor hooks. The network has to be in eval mode. The head's bias is no cell's doing: it is
    `base`, and what is shared is `outputs - base`.
    """

    @torch.enable_grad()
    def __init__(self, network: ViT, x: Tensor, rules: AttnLRP):
        """`x` is (N, channels, F, T)."""
        self._rules, self._x = rules, x.detach().clone().requires_grad_()
        features = network.features(self._x, rules)
        self._values = F.linear(features, network.head.weight.detach())
        self.base = network.head.bias.detach()  # (K,)
        self.outputs = self._values.detach() + self.base  # (N, K)

    def relevance(self, target: int) -> tuple[Tensor, dict[str, float]]:
        """(N, channels, F, T), each cell's share in outputs[:, target] - base[target], and what was absorbed on the
        way, by name, added up over the N."""
        self._rules.absorbed.clear()
        gradient, = torch.autograd.grad(self._values[:, target].sum(), self._x, retain_graph=True)
        return self._x.detach() * gradient, dict(self._rules.absorbed)


def _cut(x: Tensor, patch: tuple[int, int]) -> Tensor:
    """(N, channels, F, T) -> (N, rows, columns, channels * patch), so that the patch embedding is a dense layer."""
    cut = x.unflatten(2, (-1, patch[0])).unflatten(4, (-1, patch[1]))  # (N, C, rows, patch, columns, patch)
    return cut.permute(0, 2, 4, 1, 3, 5).flatten(3)


def _over_tokens(h: Tensor) -> Tensor:
    """(..., D) -> (D,)."""
    return h.flatten(0, -2).sum(dim=0)


def _dot(a: Tensor, b: Tensor) -> float:
    """Sum of a b; the same shapes."""
    return float(torch.dot(a.reshape(-1), b.detach().reshape(-1)))

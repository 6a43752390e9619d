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
        return _Affine.apply(x, layer, self._rules[type(layer)], self.absorbed)

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
        y = a @ b
        carriers = int(a.requires_grad) + int(b.requires_grad)
        if carriers == 2:
            y.register_hook(lambda g: g / 2)
        return y

    def softmax(self, scores: Tensor, scale: float) -> Tensor:
        """AttnLRP proposition 3.1, Taylor's expansion at x with its bias: R_x = x_i (R_i - s_i sum_j R_j). With
        R_i = s_i g_i this is x times softmax's own gradient. The expansion's bias keeps the rest."""
        return _Softmax.apply(scores, scale, self.absorbed)

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

    def softmax(self, scores: Tensor, scale: float) -> Tensor:
        return super(AttnLRP, self).softmax(scores.detach(), scale)


class _Affine(Function):
    """z = W a + b. Rule (top of _lrp_rules.py): R_j = sum_k (own z_jk + side sign(z_k) |z_jk|) R_k / d_k, so

        g_j = sum_k (own w_jk + side sign(z_k) sign(a_j) |w_jk|) h_k,  h_k = g_k z_k / d_k,
        d_k = own z_k + side sign(z_k) (sum_j |z_jk| + |b_k|) + eps sign(z_k).
    """

    @staticmethod
    def forward(ctx, a: Tensor, layer: nn.Linear | nn.Conv2d, rule: Rule, absorbed: dict) -> Tensor:
        z = layer(a)
        size = z.abs()
        d = rule.own * size + rule.eps  # times sign(z)
        if rule.side:
            d += rule.side * _apply(layer, a.abs(), layer.weight.abs(), layer.bias.abs())
        ctx.save_for_backward(a, z, size / d)
        ctx.facts = layer, rule, absorbed
        return z

    @staticmethod
    def backward(ctx, g: Tensor):
        a, z, share = ctx.saved_tensors
        layer, rule, absorbed = ctx.facts
        h = g * share
        given = _back(layer, h, layer.weight) * rule.own
        biased = rule.own * _dot(_over_units(layer, h), layer.bias)
        if rule.side:
            signed = h * z.sign()
            given += rule.side * a.sign() * _back(layer, signed, layer.weight.abs())
            biased += rule.side * _dot(_over_units(layer, signed), layer.bias.abs())
        absorbed["biases"] += biased
        absorbed["stabiliser"] += _dot(g, z) - _dot(given, a) - biased
        return given, None, None, None


class _Softmax(Function):
    @staticmethod
    def forward(ctx, scores: Tensor, scale: float, absorbed: dict) -> Tensor:
        weights = (scores * scale).softmax(dim=-1)
        ctx.save_for_backward(scores, weights)
        ctx.facts = scale, absorbed
        return weights

    @staticmethod
    def backward(ctx, g: Tensor):
        scores, weights = ctx.saved_tensors
        scale, absorbed = ctx.facts
        shares = weights * g
        total = shares.sum(dim=-1, keepdim=True)
        given = (shares - weights * total).mul_(scale)
        absorbed["softmax"] += float(total.sum()) - _dot(given, scores)
        return given, None, None


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


def _apply(layer: nn.Linear | nn.Conv2d, a: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """`layer` with other weights."""
    if isinstance(layer, nn.Linear):
        return F.linear(a, weight, bias)
    return F.conv2d(a, weight, bias, layer.stride)


def _back(layer: nn.Linear | nn.Conv2d, h: Tensor, weight: Tensor) -> Tensor:
    """sum_k weight_jk h_k."""
    return h @ weight if isinstance(layer, nn.Linear) else F.conv_transpose2d(h, weight, stride=layer.stride)


def _over_units(layer: nn.Linear | nn.Conv2d, h: Tensor) -> Tensor:
    """(units,) sum over everything else."""
    return _over_tokens(h) if isinstance(layer, nn.Linear) else h.sum(dim=(0, 2, 3))


def _over_tokens(h: Tensor) -> Tensor:
    """(..., D) -> (D,)."""
    return h.flatten(0, -2).sum(dim=0)


def _dot(a: Tensor, b: Tensor) -> float:
    """Sum of a b; the same shapes."""
    return float(torch.dot(a.reshape(-1), b.detach().reshape(-1)))

"""Layer-wise relevance propagation: the rules, the layers they apply to, and the sweep back to the input.

A neuron k reads z_jk = a_j w_jk from each input j; its value before the nonlinearity is z_k = sum_j z_jk + b_k. A rule
says in which proportion the relevance R_k of k goes to its inputs:

    R_j = sum_k n_jk / d_k R_k,    n_jk = own z_jk + side sign(z_k) |z_jk|

`own` alone shares by what each input adds; `side` gives more to the inputs that push the neuron the way it went. For
a neuron above zero z_jk + |z_jk| is twice the positive part, so one formula holds all three rules. Behind an ELU a
neuron can be below zero; there "the way it went" is down. (With ReLU such neurons have no relevance, and this is the
usual rule.) Nonlinearities pass relevance through, so an ELU acts by its ratio ELU(z) / z, which lies between 0 and 1:
that keeps the quotient R_k / z_k bounded even where z_k is near zero.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mer_core.errors import ParameterError


@dataclass(frozen=True)
class Rule:
    """One way to share relevance. `bias` says whether the bias takes its share; that share leaves the picture."""

    name: str
    own: float
    side: float
    bias: bool
    eps: float


def epsilon(eps: float) -> Rule:
    """d_k = z_k + eps sign(z_k): Bach et al. 2015 eq. 58; thesis (papers, 3) eq. 11 and its footnote 3."""
    return Rule("epsilon", own=1, side=0, bias=True, eps=eps)


def gamma(strength: float, eps: float) -> Rule:
    """n_jk = z_jk + gamma z_jk^+: Montavon et al. 2019 (LRP: an overview) section 10.2.3, for a_j >= 0.

    Read for inputs of either sign: ^+ is the part of z_jk on the side of z_k. The bias, a neuron of its own there
    (a_0 = 1), is treated alike.
    """
    return Rule("gamma", own=1 + strength / 2, side=strength / 2, bias=True, eps=eps)


def z_plus(eps: float) -> Rule:
    """n_jk = z_jk^+, d_k = sum_j z_jk^+: Montavon et al. 2017 (deep Taylor) eq. 17, Montavon et al. 2019 table 10.1.

    All relevance is passed on and none goes to the bias, so the sum is kept by construction.
    """
    return Rule("z+", own=0.5, side=0.5, bias=False, eps=eps)


# Which layer gets which rule. Layers without weights need none: max-pooling passes relevance to the winner, ELU, ReLU,
# dropout and flatten pass it through, average pooling and a batch norm on its own share it like "epsilon".
COMPOSITES: Mapping[str, Mapping[str, str]] = {
    "epsilon": {"convolution": "epsilon", "linear": "epsilon"},
    "gamma": {"convolution": "gamma", "linear": "epsilon"},
    "z+ then epsilon": {"convolution": "z+", "linear": "epsilon"},
}


def composite(name: str, eps: float, strength: float) -> dict[str, Rule]:
    """Layer kind -> rule, for one row of COMPOSITES; `strength` is gamma."""
    rules = {"epsilon": epsilon(eps), "gamma": gamma(strength, eps), "z+": z_plus(eps)}
    return {kind: rules[rule] for kind, rule in COMPOSITES[name].items()}


CONVOLUTIONS = (nn.Conv1d, nn.Conv2d)
NORMS = (nn.BatchNorm1d, nn.BatchNorm2d)
PASS_THROUGH = (nn.ReLU, nn.ELU, nn.Dropout, nn.Dropout2d, nn.Identity)
RESHAPES = (nn.Flatten, nn.Unflatten)
MAX_POOLS = (nn.MaxPool1d, nn.MaxPool2d)
MEAN_POOLS = (nn.AvgPool1d, nn.AvgPool2d, nn.AdaptiveAvgPool1d, nn.AdaptiveAvgPool2d)


@dataclass(frozen=True)
class Affine:
    """A layer z = map(a, weight) + bias, `map` linear in both."""

    map: Callable[[Tensor, Tensor | None], Tensor]
    weight: Tensor | None  # None: the weights are fixed and not negative, as in average pooling
    bias: Tensor | None  # (channels,)
    kind: str  # convolution, linear, mean or norm


@dataclass(frozen=True)
class Routed:
    """A layer that sends each output's relevance to exactly one input: max-pooling and reshapes."""

    map: Callable[[Tensor], Tensor]


@dataclass(frozen=True)
class Passing:
    """A layer whose output has its input's relevance: a nonlinearity, or dropout at rest."""

    map: Callable[[Tensor], Tensor]


Step = Affine | Routed | Passing


def steps(layers: list[nn.Module]) -> list[Step]:
    """What the sweep does at each layer; a batch norm right behind a convolution or linear layer is folded into it."""
    found: list[Step] = []
    for i, layer in enumerate(layers):
        if isinstance(layer, NORMS) and i and isinstance(layers[i - 1], (*CONVOLUTIONS, nn.Linear)):
            found[-1] = _folded(found[-1], layer)
        else:
            found.append(_step(layer))
    return found


def _step(layer: nn.Module) -> Step:
    if isinstance(layer, CONVOLUTIONS):
        return _convolution(layer)
    if isinstance(layer, nn.Linear):
        return Affine(F.linear, layer.weight.detach(), _detached(layer.bias), "linear")
    if isinstance(layer, NORMS):
        return Affine(lambda a, w: a * _channels(w, a), *_scale_shift(layer), "norm")
    if isinstance(layer, MEAN_POOLS):
        return Affine(lambda a, _: layer(a), None, None, "mean")
    if isinstance(layer, (*MAX_POOLS, *RESHAPES)):
        return Routed(layer)
    if isinstance(layer, PASS_THROUGH):
        return Passing(layer)
    raise ParameterError(f"LRP has no rule for the layer {type(layer).__name__}; add one in lrp_rules.py")


def _convolution(layer: nn.Conv1d | nn.Conv2d) -> Affine:
    if layer.padding_mode != "zeros":
        raise ParameterError(f"LRP has no rule for padding mode {layer.padding_mode!r}; it needs 'zeros'")
    run = F.conv1d if isinstance(layer, nn.Conv1d) else F.conv2d
    args = (None, layer.stride, layer.padding, layer.dilation, layer.groups)
    return Affine(lambda a, w: run(a, w, *args), layer.weight.detach(), _detached(layer.bias), "convolution")


def _folded(before: Affine, norm: nn.Module) -> Affine:
    """`before` and then batch norm in eval mode, as one layer: w' = w scale, b' = b scale + shift."""
    scale, shift = _scale_shift(norm)
    weight = before.weight * scale.reshape(-1, *[1] * (before.weight.ndim - 1))
    return Affine(before.map, weight, shift if before.bias is None else before.bias * scale + shift, before.kind)


def _scale_shift(norm: nn.Module) -> tuple[Tensor, Tensor]:
    """Batch norm at rest is a * scale + shift for each channel."""
    scale = torch.rsqrt(norm.running_var + norm.eps)
    if norm.affine:
        scale = scale * norm.weight.detach()
        return scale, norm.bias.detach() - norm.running_mean * scale
    return scale, -norm.running_mean * scale


def _detached(bias: Tensor | None) -> Tensor | None:
    return None if bias is None else bias.detach()


def _channels(values: Tensor, like: Tensor) -> Tensor:
    """(C,) shaped to broadcast over the channels of (N, C, ...)."""
    return values.reshape(-1, *[1] * (like.ndim - 2))


class Sweep:
    """One forward pass through `layers` that remembers what LRP needs; `relevance` then serves any output.

    Works on detached copies and touches neither weights nor hooks. The layers have to be in eval mode. The last layer's
    bias is no input's doing: it is `base`, and what is shared is `outputs - base`.
    """

    def __init__(self, layers: list[nn.Module], x: Tensor, composite: Mapping[str, Rule]):
        """`composite` maps convolution and linear to rules; `x` is (N, ...)."""
        epsilon_like = Rule("epsilon", 1, 0, True, composite["linear"].eps)
        self._rules = {"mean": epsilon_like, "norm": epsilon_like, **composite}
        plan = steps(layers)
        last = plan[-1]
        self.base = torch.zeros(1)
        if isinstance(last, Affine) and last.bias is not None:
            self.base, plan[-1] = last.bias, Affine(last.map, last.weight, None, last.kind)
        self._records = []
        for step in plan:
            x = self._forward(step, x)
        self.outputs = x.detach() + self.base  # (N, K)

    def _forward(self, step: Step, x: Tensor) -> Tensor:
        with torch.enable_grad():
            a = x.detach().requires_grad_()
            if isinstance(step, Affine):
                z = step.map(a, step.weight)
                out = z if step.bias is None else z + _channels(step.bias, z)
            else:
                z = out = step.map(a)
        self._records.append((step, a, z, out.detach()))
        return out.detach()

    def relevance(self, target: int) -> Tensor:
        """(N, ...) the share of each input cell in outputs[:, target] - base[target]."""
        value = self._records[-1][3]
        share = torch.zeros_like(value)
        share[:, target] = value[:, target]
        for step, a, z, out in reversed(self._records):
            if isinstance(step, Routed):
                share = _pull(z, a, share)
            elif isinstance(step, Affine):
                share = redistribute(step, self._rules[step.kind], a, z, out, share)
        return share


def redistribute(step: Affine, rule: Rule, a: Tensor, z: Tensor, out: Tensor, share: Tensor) -> Tensor:
    """The formula at the top of this file for one layer: z = step.map(a), out = z + bias, `share` is R_k."""
    sign = torch.where(out >= 0, 1.0, -1.0)
    denominator = rule.own * (out if rule.bias else z)
    if rule.side:
        with torch.enable_grad():
            size = a.detach().abs().requires_grad_()
            total = step.map(size, None if step.weight is None else step.weight.abs())
        extra = _channels(step.bias.abs(), total) if rule.bias and step.bias is not None else 0
        # Zero where nothing pushed the neuron the way it went; rounding must not turn that into a sign.
        denominator = sign * (sign * denominator + rule.side * (total + extra)).clamp(min=0)
    ratio = share / (denominator.detach() + rule.eps * sign)
    given = rule.own * a.detach() * _pull(z, a, ratio)
    if rule.side:
        given += rule.side * size.detach() * _pull(total, size, sign * ratio)
    return given


def _pull(output: Tensor, source: Tensor, weights: Tensor) -> Tensor:
    """Sum over outputs of weights times the derivative of the output by each cell of `source`."""
    return torch.autograd.grad(output, source, weights, retain_graph=True)[0]

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

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

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
PASS_THROUGH = (nn.ReLU, nn.ELU, nn.Tanh, nn.Dropout, nn.Dropout2d, nn.Identity)
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
    pool: nn.Module | None = None  # a max-pooling behind it: only its winners have relevance, so only they are shared

    def values(self, a: Tensor, weight: Tensor | None) -> tuple[Tensor, Tensor | None]:
        """Without the bias, which pooling does not mind: it is the same for a whole channel."""
        z = self.map(a, weight)
        if self.pool is None:
            return z, None
        run = F.max_pool1d if isinstance(self.pool, nn.MaxPool1d) else F.max_pool2d
        p = self.pool
        return run(z, p.kernel_size, p.stride, p.padding, p.dilation, p.ceil_mode, return_indices=True)


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
    """What the sweep does at each layer; a batch norm or max-pooling right behind a convolution becomes a part of it."""
    found: list[Step] = []
    for layer in _pools_first(layers):
        before = found[-1] if found else None
        foldable = isinstance(before, Affine) and before.kind in ("convolution", "linear") and before.pool is None
        if isinstance(layer, NORMS) and foldable:
            found[-1] = _folded(before, layer)
        elif isinstance(layer, MAX_POOLS) and foldable:
            found[-1] = replace(before, pool=layer)
        else:
            found.append(_step(layer))
    return found


def _pools_first(layers: list[nn.Module]) -> list[nn.Module]:
    """Max-pooling before the ELU or ReLU it follows: both rise, so the values are the same, and fewer."""
    found = list(layers)
    for i in range(1, len(found)):
        if isinstance(found[i], MAX_POOLS) and isinstance(found[i - 1], (nn.ELU, nn.ReLU)):
            found[i - 1], found[i] = found[i], found[i - 1]
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
    raise ParameterError(f"LRP has no rule for the layer {type(layer).__name__}; add one in _lrp_rules.py")


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


@dataclass(frozen=True)
class Neurons:
    """What one forward pass leaves for the way back: inputs, values, and the part of the formula that R_k multiplies."""

    a: Tensor
    z: Tensor  # with a graph to `a`
    rule: Rule | None = None  # None: relevance goes where the value came from, as in max-pooling
    inverse: Tensor | None = None  # 1 / (d_k + eps sign)
    sign: Tensor | None = None
    size: Tensor | None = None  # |a|
    total: Tensor | None = None  # sum of |z_jk|, with a graph to `size`

    def redistribute(self, share: Tensor) -> Tensor:
        """R_k of the values -> R_j of the inputs: the formula at the top of this file."""
        if self.rule is None:
            return _pull(self.z, self.a, share)
        ratio = share * self.inverse
        given = self.a.detach() * _pull(self.z, self.a, ratio) * self.rule.own
        if self.rule.side:
            given += self.size.detach() * _pull(self.total, self.size, self.sign * ratio) * self.rule.side
        return given


class Sweep:
    """One forward pass through `layers` that remembers what LRP needs; `relevance` then serves any output.

    Works on detached copies and touches neither weights nor hooks. The layers have to be in eval mode. The last layer's
    bias is no input's doing: it is `base`, and what is shared is `outputs - base`.
    """

    def __init__(self, layers: list[nn.Module], x: Tensor, composite: Mapping[str, Rule]):
        """`composite` maps convolution and linear to rules; `x` is (N, ...)."""
        proportional = epsilon(composite["linear"].eps)
        self._rules = {"mean": proportional, "norm": proportional, **composite}
        plan = steps(layers)
        last = plan[-1]
        self.base = torch.zeros(())
        if isinstance(last, Affine) and last.bias is not None:
            self.base, plan[-1] = last.bias, replace(last, bias=None)
        self._passed: list[Neurons] = []
        for step in plan:
            x = self._forward(step, x.detach())
        self._value = x
        self.base = self.base.expand(x.shape[1])  # (K,)
        self.outputs = x + self.base  # (N, K)

    @torch.enable_grad()
    def _forward(self, step: Step, x: Tensor) -> Tensor:
        if isinstance(step, Passing):
            return step.map(x).detach()
        a = x.requires_grad_()
        if isinstance(step, Routed):
            self._passed.append(Neurons(a, step.map(a)))
            return self._passed[-1].z.detach()
        z, winners = step.values(a, step.weight)
        out = z.detach() if step.bias is None else z.detach() + _channels(step.bias, z)
        self._passed.append(_neurons(step, self._rules[step.kind], a, z, out, winners))
        return out

    def relevance(self, target: int) -> Tensor:
        """(N, ...) the share of each input cell in outputs[:, target] - base[target]."""
        *_, share = self.way_back(target)
        return share

    def way_back(self, target: int) -> Iterator[Tensor]:
        """(N, ...) the shares at the output, then at the input of each layer that shares, down to the network's input; what
        their sums lose from one to the next, that layer's bias and epsilon have kept."""
        share = torch.zeros_like(self._value)
        share[:, target] = self._value[:, target]
        yield share
        for neurons in reversed(self._passed):
            share = neurons.redistribute(share)
            yield share


def _neurons(step: Affine, rule: Rule, a: Tensor, z: Tensor, out: Tensor, winners: Tensor | None) -> Neurons:
    """z = step's values of a, out = z + bias; `winners` are the indices of a max-pooling behind the step."""
    sign = torch.where(out >= 0, 1.0, -1.0)
    denominator = rule.own * (out if rule.bias else z.detach())
    size = total = None
    if rule.side:
        size = a.detach().abs().requires_grad_()
        total = step.map(size, None if step.weight is None else step.weight.abs())
        total = total if winners is None else _chosen(total, winners)
        extra = _channels(step.bias.abs(), total) if rule.bias and step.bias is not None else 0
        # Zero where nothing pushed the neuron the way it went; rounding must not turn that into a sign.
        denominator = sign * (sign * denominator + rule.side * (total.detach() + extra)).clamp(min=0)
    return Neurons(a, z, rule, 1 / (denominator + rule.eps * sign), sign, size, total)


def _chosen(values: Tensor, winners: Tensor) -> Tensor:
    """(N, C, ...) at the flat positions of `winners` (N, C, ...)."""
    return values.flatten(2).gather(2, winners.flatten(2)).reshape(winners.shape)


def _pull(output: Tensor, source: Tensor, weights: Tensor) -> Tensor:
    """Sum over outputs of weights times the derivative of the output by each cell of `source`."""
    return torch.autograd.grad(output, source, weights, retain_graph=True)[0]

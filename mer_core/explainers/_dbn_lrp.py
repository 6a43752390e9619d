"""Layer-wise relevance propagation through a deep belief network; the rules themselves are those of _lrp_rules.py.

A sigmoid passes relevance through, as any nonlinearity does in LRP: a unit's relevance before it is that behind it
(Bach et al. 2015, equation 56 and what leads to it, with tanh and ReLU as examples). Both of these are 0 at 0; a
sigmoid is 1/2 there, so that a unit that nothing has moved would have relevance to give, divided by nothing. We
therefore use

    sigmoid(z) = 1/2 + 1/2 tanh(z / 2)

and read the network as one of tanh units, which is the same function: the halves go into the next layer's bias, and
behind the last layer into the base. What the inputs moved away from the half is what LRP shares, and the quotient of
relevance and value stays bounded, tanh(u) / u <= 1. What is lost: the base is the answer of a network whose units are
all half open, not that of a typical song; and the biases, now with those halves in them, keep the shares that the rule
gives them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from mer_core.explainers._beats import BeatSong, standardised
from mer_core.explainers._lrp_rules import Rule, Sweep
from mer_core.models._dbn import BeatModel
from mer_core.models.nets.dbn import DBN, reading


@dataclass(frozen=True, eq=False)
class Relevance:
    """Of the song's value, the mean over its seconds: base + all values + all that is absorbed is the output."""

    values: dict[str, np.ndarray]  # feature -> (K, P, D)
    base: np.ndarray  # (K,)
    output: np.ndarray  # (K,)
    absorbed: dict[str, np.ndarray]  # where -> (K,)


def relevance(model: BeatModel, song: BeatSong, rule: Rule) -> Relevance:
    """Within a session. In double precision; a patch's relevance counts by its weight in the song."""
    parts = standardised(model, song.found)
    targets = len(model.card.targets)
    head = model.network.readings[reading(model.features, model.layer)]
    widths = [model.network.networks[name].steps[model.layer].out_features for name in parts]
    base = head.bias[:targets].double().numpy().copy()
    output, values, absorbed = base.copy(), {}, {}
    counts = torch.from_numpy(song.weights)
    for (name, x), weight in zip(parts.items(), head.weight[:targets].double().split(widths, dim=1)):
        layers = tanh_form(model.network.networks[name], weight, model.layer)
        sweep = Sweep(layers, torch.from_numpy(np.array(x, float)), {"convolution": rule, "linear": rule})
        base += sweep.base.numpy()
        output += (counts @ sweep.outputs).numpy()
        values[name] = np.empty((targets, *x.shape))
        for k in range(targets):
            shares = [counts[:, None] * share for share in sweep.way_back(k)]
            values[name][k] = shares[-1].numpy()
            sums = [float(share.sum()) for share in shares]
            for i, lost in enumerate(-np.diff(sums)[::-1][:-1]):  # behind the last layer nothing is kept
                absorbed.setdefault(f"layer {i}", np.zeros(targets))[k] += lost
    return Relevance(values, base, output, absorbed)


def tanh_form(network: DBN, weight: Tensor, layer: int) -> list[nn.Module]:
    """Layers up to `layer` and a reading (K, width) of it, as linear layers with tanh between, in double precision; the
    bias of the last one is what half-open units give."""
    found, scale, rest = [], 1.0, 0.0  # a layer's input is rest + scale * what comes in here
    for step in network.steps[:layer + 1]:
        own, bias = step.weight.double(), step.bias.double()
        found += [_linear(own * scale / 2, (bias + rest * own.sum(dim=1)) / 2), nn.Tanh()]
        scale = rest = 0.5
    return [*found, _linear(weight * scale, rest * weight.sum(dim=1))]


def _linear(weight: Tensor, bias: Tensor) -> nn.Linear:
    made = nn.Linear(1, 1, device="meta")  # draws no weights that would be thrown away
    made.weight, made.bias = (nn.Parameter(value.detach(), requires_grad=False) for value in (weight, bias))
    return made

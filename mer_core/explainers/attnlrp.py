"""LRP through a vision transformer: which cells of the spectrogram raised or lowered the value, in its own units."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import asdict, dataclass

import numpy as np

from mer_core.errors import ParameterError
from mer_core.explainers._base import Explainer
from mer_core.explainers._windows import narrowed, over_song
from mer_core.models._base import Model
from mer_core.parameters import check, parameter
from mer_core.schema import Explanation, Progress, Stems, Track, silent

VARIANTS = ("AttnLRP", "CP-LRP")


@dataclass(frozen=True)
class AttnLrpParams:
    """A gamma of 0 is the epsilon rule. Gamma in the dense layers costs each map some two forward passes more.

    The defaults are what did best in vit_happy_sad: with the most and the least relevant tenth of the patches silenced,
    the log-odds of 30 clips lay 1.35 apart (CP-LRP 0.91, gradient times input 0.94, the rollout 0.39, chance 0.00;
    training/relevance_study.py). Gamma in the patch embedding changed nothing in that in a forerunner of the network,
    but within a patch relevances of opposite sign cancel 8 times less (sum of |relevance| 17, not 143).
    """

    variant: str = parameter(VARIANTS[0], "Variant", choices=VARIANTS,
                             help="AttnLRP follows where the attention looked and why; CP-LRP takes it as given.")
    gamma: float = parameter(0.0, "Gamma of the dense layers", range=(0.0, 10.0))
    gamma_patches: float = parameter(0.25, "Gamma of the patch embedding", range=(0.0, 10.0))
    epsilon: float = parameter(1e-6, "Epsilon", range=(1e-9, 1.0))
    contrast: bool = parameter(False, "Against the other classes",
                               help="What speaks for the class rather than for the others. Only for classes.")

    def __post_init__(self):
        check(self)


class AttnLrp(Explainer):
    """Achtibat et al. 2024 and Ali et al. 2022; the rules and their equations: _attnlrp_rules.py.

    What the numbers mean is as in lrp.py: cells are compared with silence, `base` is the bias of the head, and what
    biases, class token, positions and (AttnLRP) the softmax keep belongs to no cell. All of it is counted: the figures
    are in `params["absorbed"]`, and base + values + absorbed is the output. With `contrast` everything is of a class's
    log-odds less the mean of the others'.
    """

    name = "attnlrp"
    title = "Layer-wise relevance propagation through attention"
    space = "timefreq"
    needs = frozenset({"gradients", "transformer"})
    params = AttnLrpParams

    def explain(self, model: Model, track: Track, *, params: AttnLrpParams | None = None, stems: Stems | None = None,
                progress: Progress = silent) -> dict[str, Explanation]:
        self.check(model, stems)
        params, card = params or AttnLrpParams(), model.card
        if params.contrast and (card.kind != "classes" or len(card.targets) < 2):
            raise ParameterError(f"{model.name} rates {' and '.join(card.targets)}, which are no classes to compare; "
                                 "explain it without contrast")
        with model.session():
            values, base, output, absorbed = _song(model, track, params, progress)
            values, grid = narrowed(values, model.grid(track))
        return {target: Explanation(
            model=card.name, method=self.name, target=target, space=self.space, values=values[k], base=float(base[k]),
            output=float(output[k]), grid=grid,
            params={**asdict(params), "absorbed": {name: float(kept[k]) for name, kept in absorbed.items()}},
            notes=_notes(params, card.targets, k, values[k], base[k], output[k], absorbed))
            for k, target in enumerate(card.targets)}


def _song(model: Model, track: Track, params: AttnLrpParams, progress: Progress):
    """(K, F, T) relevance on the song's grid, (K,) base, (K,) output, name -> (K,) absorbed: means over the windows."""
    import torch

    from mer_core.explainers._attnlrp_rules import Sweep

    chosen, count = rules(params), len(model.windows(track.duration))
    absorbed = defaultdict(lambda: np.zeros(len(model.card.targets)))

    def maps(x):
        sweep, found = Sweep(model.network, x, chosen), []
        for k in range(len(model.card.targets)):
            share, kept = sweep.relevance(k)
            found.append(share.sum(dim=1))
            for name, value in kept.items():
                absorbed[name][k] += value / count
        return torch.stack(found), sweep.outputs

    total, output = over_song(model, track, maps, progress, "following the relevance back")
    base = model.network.head.bias.detach().numpy()
    mix = _against_the_others(len(output)) if params.contrast else np.eye(len(output))
    return np.tensordot(mix, total, 1), mix @ base, mix @ output, {name: mix @ kept for name, kept in absorbed.items()}


def rules(params: AttnLrpParams):
    from mer_core.explainers import _attnlrp_rules, _lrp_rules

    linear, patches = (_lrp_rules.gamma(strength, params.epsilon) if strength else _lrp_rules.epsilon(params.epsilon)
                       for strength in (params.gamma, params.gamma_patches))
    variant = _attnlrp_rules.AttnLRP if params.variant == "AttnLRP" else _attnlrp_rules.CPLRP
    return variant(linear, patches)


def _against_the_others(classes: int) -> np.ndarray:
    """(K, K): each class less the mean of the others. The sweep is linear in what it starts from, so maps may be mixed
    where outputs are."""
    return np.eye(classes) - (1 - np.eye(classes)) / (classes - 1)


def _notes(params: AttnLrpParams, targets: tuple[str, ...], k: int, values: np.ndarray, base: float, output: float,
           absorbed: dict) -> tuple[str, ...]:
    others = " and ".join(target for target in targets if target != targets[k])
    rest = ", ".join(f"{kept[k]:+z.2f} in the {name}" for name, kept in absorbed.items() if abs(kept[k]) >= 0.005)
    notes = [f"Rules: {params.variant}. Relevance is measured against silence in the same place.",
             f"From {base:+z.2f} to {output:+z.2f} are {output - base:+z.2f}; the cells add up to {values.sum():+z.2f} "
             f"of it{', and the rest is ' if rest else ''}{rest}."]
    return (f"It compares {targets[k]} with {others}.", *notes) if params.contrast else tuple(notes)

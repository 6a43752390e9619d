"""Layer-wise relevance propagation: which cells of the spectrogram raised or lowered the value, in its own units."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field

import numpy as np

from mer_core.errors import ParameterError
from mer_core.explainers._base import Explainer, of_stem
from mer_core.explainers._windows import narrowed, over_song
from mer_core.models._base import Model
from mer_core.schema import Explanation, Progress, Stems, Track, silent

RULES = ("z+ then epsilon", "gamma", "epsilon")


@dataclass(frozen=True)
class LrpParams:
    """`rule` is a composite of _lrp_rules.COMPOSITES; `gamma` is used by the rule of that name only.

    The default is the one whose most and least relevant cells differed most when silenced in c2d_mix (16 clips, 10 % of
    the cells: arousal moved 0.30 apart, against 0.08 with gamma and 0.06 with epsilon).
    """

    rule: str = field(default=RULES[0], metadata={"choices": RULES})
    epsilon: float = field(default=1e-6, metadata={"range": (1e-9, 1.0)})
    gamma: float = field(default=0.25, metadata={"range": (0.0, 10.0)})

    def __post_init__(self):
        if self.rule not in RULES:
            raise ParameterError(f"LRP knows no rule {self.rule!r}; there are: {', '.join(RULES)}")
        for name, low, high in (("epsilon", 1e-9, 1.0), ("gamma", 0.0, 10.0)):
            value = getattr(self, name)
            if not low <= value <= high:
                raise ParameterError(f"{name} of LRP is {value}; it has to lie between {low:g} and {high:g}")


class Lrp(Explainer):
    """Bach et al. 2015; thesis (papers, 3) eq. 9-11. The rules and where each applies: _lrp_rules.py.

    What the numbers mean: LRP shares f(x) - base among the cells in proportion to what each adds, and a cell of zero
    adds nothing. So it matters what zero is: our models' inputs are zero where a cell is silent (at the floor of the
    log-mel) and positive elsewhere, and a relevance reads "this sound, against silence in its place, with the rest of
    the way through the network as it is". `base` is the bias of the last layer, the value that no feature has moved.
    The biases of the inner layers take shares too (not with z+); these belong to no cell and appear as the residual.
    """

    name = "lrp"
    version = 2  # finer over time than the first
    title = "Layer-wise relevance propagation"
    space = "timefreq"
    needs = frozenset({"gradients", "layers"})
    params = LrpParams

    def explain(self, model: Model, track: Track, *, params: LrpParams | None = None, stems: Stems | None = None,
                progress: Progress = silent) -> dict[str, Explanation]:
        self.check(model, stems)
        params = params or LrpParams()
        with model.session():
            values, base, output = _song(model, track, params, progress)
            grid = model.grid(track)
        card = model.card
        values, grid = narrowed(values, grid)
        return {target: Explanation(model=card.name, method=self.name, target=target, space=self.space,
                                    values=values[k], base=float(base[k]), output=float(output[k]), grid=grid,
                                    params=asdict(params),
                                    notes=(*of_stem(card), *_notes(params, values[k], base[k], output[k])))
                for k, target in enumerate(card.targets)}


def _song(model: Model, track: Track, params: LrpParams, progress: Progress):
    """(K, F, T) relevance on the song's grid, (K,) base, (K,) output: means over the windows."""
    import torch

    from mer_core.explainers._lrp_rules import Sweep, composite

    rules, base = composite(params.rule, params.epsilon, params.gamma), None

    def maps(x):
        nonlocal base
        sweep = Sweep(model.layers(), x, rules)
        base = sweep.base.numpy()
        return torch.stack([sweep.relevance(k).sum(dim=1) for k in range(len(model.card.targets))]), sweep.outputs
    total, output = over_song(model, track, maps, progress, "following the relevance back")
    return total, base, output


def _notes(params: LrpParams, values: np.ndarray, base: float, output: float) -> tuple[str, ...]:
    moved, found = float(output - base), float(values.sum())
    notes = [f"Rule: {params.rule}. Relevance is measured against silence in the same place."]
    if params.rule.startswith("z+"):
        return (*notes, "This rule passes everything on and nothing to the biases, so its sum says nothing about how "
                        "well it explains.")
    return (*notes, f"From {base:+z.2f} to {output:+z.2f} are {moved:+z.2f}; the cells add up to {found:+z.2f} of it, and "
                    f"{moved - found:+z.2f} sit in the biases inside the network.")

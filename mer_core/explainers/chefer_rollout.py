"""Relevance-times-gradient rollout (Chefer, Gur & Wolf, CVPR 2021): where a transformer looked, for each target."""

from __future__ import annotations

import numpy as np

from mer_core.explainers._base import Explainer
from mer_core.explainers._windows import narrowed, over_song
from mer_core.models._base import Model
from mer_core.schema import SHARES, Explanation, Progress, Stems, Track, silent


class CheferRollout(Explainer):
    """What the thesis (papers, 3; section 4.4) makes audible. Rules and sections: _rollout_rules.py.

    A map is not in the target's units and has no sign: it says which patches the class token read, through all blocks,
    where reading more of them raises the target. Here it adds up to 1 over the song. `base` is 0, and the residual
    means nothing.
    """

    name = "chefer_rollout"
    title = "Attention rollout by relevance and gradient"
    space = "timefreq"
    needs = frozenset({"gradients", "transformer"})

    def explain(self, model: Model, track: Track, *, params=None, stems: Stems | None = None,
                progress: Progress = silent) -> dict[str, Explanation]:
        self.check(model, stems)
        with model.session():
            values, output = over_song(model, track, lambda x: _maps(model, x), progress, "rolling out the attention")
            values, grid = narrowed(values, model.grid(track))
        card = model.card
        return {target: Explanation(model=card.name, method=self.name, target=target, space=self.space,
                                    values=values[k] / (values[k].sum() or 1.0), base=0.0, output=float(output[k]),
                                    grid=grid, unit=SHARES, notes=_notes(target, values[k], model.network))
                for k, target in enumerate(card.targets)}


def _maps(model: Model, x):
    from mer_core.explainers._rollout_rules import rollout, upsampled

    maps, outputs = rollout(model.network, x)
    return upsampled(maps, model.network), outputs


def _notes(target: str, values: np.ndarray, network) -> tuple[str, ...]:
    if not values.any():
        return (f"No patch that the model read would raise {target} by being read more: the map is empty.",)
    rows, columns = network.grid
    return (f"Where the model looked and looking more would raise {target}: shares of 1, none below zero, and not in "
            f"the units of {target}.",
            f"A window has {rows} x {columns} patches, between which the map is interpolated; finer than a patch it "
            "says nothing.")

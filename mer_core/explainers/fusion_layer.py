"""What a model that joins stems says of them itself: no mix is heard again, only its fusion layers are read."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace

import numpy as np

from mer_core.errors import ParameterError
from mer_core.explainers._base import Explainer
from mer_core.models._base import Model
from mer_core.schema import Explanation, Progress, Stems, Track, silent

HOW = ("open units", "leave one out")


@dataclass(frozen=True)
class FusionParams:
    """`how`: what each stem adds under the hidden units that the song opens, or by how much the value falls when the
    stem says what it says in a mean song."""

    how: str = field(default=HOW[0], metadata={"choices": HOW})

    def __post_init__(self):
        if self.how not in HOW:
            raise ParameterError(f"the fusion layer is not read by {self.how!r}; there are: {', '.join(HOW)}")


class FusionLayer(Explainer):
    """De Berardinis et al. 2020, section 4.4: the fused features can be traced to their stems.

    Values are against a mean song's stem, not against silence, so they differ from Shapley values of the mix by what
    they compare with, too. With open units, base (a mean song's stems) and values add up to the output.
    """

    name = "fusion_layer"
    title = "The fusion layer's own shares"
    space = "stems"
    needs = frozenset({"fusion"})
    needs_stems = True
    params = FusionParams

    def explain(self, model: Model, track: Track, *, params: FusionParams | None = None, stems: Stems | None = None,
                progress: Progress = silent) -> dict[str, Explanation]:
        self.check(model, stems)
        params = params or FusionParams()
        progress(0.0, "listening to each stem")
        with model.session():
            values, base, output = _read(model, replace(track, stems=stems), params)
        progress(1.0, "read")
        return {target: Explanation(
            model=model.name, method=self.name, target=target, space=self.space, values=values[:, k],
            base=float(base[k]), output=float(output[k]), labels=stems.names, params=asdict(params), notes=_notes(model, stems))
            for k, target in enumerate(model.card.targets)}


def _read(model: Model, track: Track, params: FusionParams) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(S, K) values, (K,) base, (K,) output."""
    added, rest = model.contributions(track)
    if params.how == "open units":
        return added, rest, added.sum(axis=0) + rest
    fallen, output = model.left_out(track)
    return fallen, output - fallen.sum(axis=0), output


def _notes(model: Model, stems: Stems) -> tuple[str, ...]:
    notes = ("Each stem is compared with what it says in a mean training song, not with silence.",
             "Where stems bleed into each other, so do their shares.")
    learnt = model.card.takes.get("stems", stems.backend)
    if stems.backend == learnt:
        return notes
    return (*notes, f"The model learnt the stems of the separator “{learnt}”; these are from “{stems.backend}”, and "
                    "what it says of them is not its prediction of the song.")

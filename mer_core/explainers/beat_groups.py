"""Of what a deep belief network hears, what moved the value: percussion, octaves, pitch patterns by interval and rate."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np

from mer_core.explainers._base import Explainer
from mer_core.explainers._beats import BeatSong, answers, listen, standardised
from mer_core.explainers.beat_lrp import BeatLrpParams, rule
from mer_core.features.beat_words import Group, groups
from mer_core.models._base import Model
from mer_core.models._dbn import BeatModel
from mer_core.parameters import check, parameter
from mer_core.schema import Explanation, Progress, Stems, Track, silent

WAYS = ("occlusion", "LRP")
WAY_WORDS = {"occlusion": "leave each out in turn", "LRP": "follow the relevance back"}


@dataclass(frozen=True)
class BeatGroupsParams:
    """`way`: exact differences of one group at a time, or LRP with the defaults of beat_lrp."""

    way: str = parameter(WAYS[0], "Method", choices=WAYS, words=WAY_WORDS)

    def __post_init__(self):
        check(self)


class BeatGroups(Explainer):
    """The groups and their words: features/beat_words.py.

    By occlusion a group's values are those of an average patch of the songs the network learnt from, `base` is the
    output where all groups are, and the residual is what they do only together. By LRP: beat_lrp.py. `inputs` say how
    unusual a group is in this song: the root mean square of its standardised values, 1 over the songs the network
    learnt from.
    """

    name = "beat_groups"
    title = "What it hears in the beats"
    space = "features"
    needs = frozenset({"beats", "gradients"})
    params = BeatGroupsParams

    def explain(self, model: Model, track: Track, *, params: BeatGroupsParams | None = None, stems: Stems | None = None,
                progress: Progress = silent) -> dict[str, Explanation]:
        self.check(model, stems)
        params = params or BeatGroupsParams()
        with model.session():
            progress(0.0, "finding the beats")
            song = listen(model, track)
            progress(0.7, "weighing what it hears")
            parts = standardised(model, song.found)
            known = [group for name in parts for group in groups(name)]
            values, base, output = (left_out if params.way == "occlusion" else followed)(model, song, known)
        unusual = [np.sqrt(song.weights @ np.square(parts[g.feature][:, g.cells]).mean(axis=1)) for g in known]
        return {target: Explanation(
            model=model.name, method=self.name, target=target, space=self.space, values=values[:, k],
            base=float(base[k]), output=float(output[k]), labels=tuple(group.info.name for group in known),
            inputs=unusual, params=asdict(params), notes=_notes(song, params, values[:, k], base[k], output[k]))
            for k, target in enumerate(model.card.targets)}


def left_out(model: BeatModel, song: BeatSong, known: list[Group]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(G, K) values, (K,) base, (K,) output, by occlusion."""
    parts = standardised(model, song.found)
    output = song.weights @ answers(model, parts)
    without = [{**parts, group.feature: np.where(group.cells, 0, parts[group.feature])} for group in known]
    base = answers(model, {name: np.zeros((1, x.shape[1])) for name, x in parts.items()})[0]
    return output - np.stack([song.weights @ answers(model, x) for x in without]), base, output


def followed(model: BeatModel, song: BeatSong, known: list[Group]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(G, K) values, (K,) base, (K,) output, by LRP."""
    from mer_core.explainers._dbn_lrp import relevance

    found = relevance(model, song, rule(BeatLrpParams()))
    values = [found.values[group.feature][..., group.cells].sum(axis=(1, 2)) for group in known]
    return np.stack(values), found.base, found.output


def _notes(song: BeatSong, params: BeatGroupsParams, values: np.ndarray, base: float, output: float) -> tuple[str, ...]:
    rest = output - base - values.sum()
    if params.way == "LRP":
        return (*song.notes, f"By LRP: from {base:+z.2f}, the network at rest, to {output:+z.2f} are "
                f"{output - base:+z.2f}; the groups add up to {values.sum():+z.2f} of it, and {rest:+z.2f} is in the "
                "biases.")
    return (*song.notes,
            "Each group in turn was made as in an average song, and the song was heard again: the differences are exact.",
            f"With all of them average it is {base:+z.2f}, and here {output:+z.2f}. Taken one by one the groups add up "
            f"to {values.sum():+z.2f}; {rest:+z.2f} is what they do only together.")

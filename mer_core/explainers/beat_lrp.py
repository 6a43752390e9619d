"""LRP through a deep belief network on beats: which beats of the song raised or lowered the value, in its own units."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np

from mer_core.explainers._base import Explainer
from mer_core.explainers._beats import GROUP_WORDS, GROUPS, SHARED, BeatSong, chosen, listen, onto_beats, split
from mer_core.models._base import Model
from mer_core.parameters import check, parameter
from mer_core.schema import Explanation, Progress, Stems, Track, silent

RULES = ("epsilon", "gamma", "z+")
SPLIT = ("A pitch pattern mixes its four beats: a beat gets what it adds to the pattern beyond the song's average "
         "beat, and the rest stays with the pattern as a whole.")


@dataclass(frozen=True)
class BeatLrpParams:
    """Rules: _lrp_rules.py. The default did best in 60 clips, every sixth of MUSIFEAST-17: with the fifth of the beats
    that lowers the value most and the fifth that raises it most replaced by the average beat, the values lay 0.055
    apart (gamma 0.048, z+ 0.022, leaving out each beat in turn 0.063, chance 0.00; training/beat_relevance.py).
    """

    group: str = parameter("all", "Of what it hears", choices=GROUPS, words=GROUP_WORDS)
    rule: str = parameter(RULES[0], "Rule", choices=RULES)
    epsilon: float = parameter(1e-6, "Epsilon", range=(1e-9, 1.0))
    gamma: float = parameter(0.25, "Gamma", range=(0.0, 10.0), when=("rule", ("gamma",)))

    def __post_init__(self):
        check(self)


class BeatLrp(Explainer):
    """Bach et al. 2015; how it goes through sigmoids: _dbn_lrp.py. From the values of a patch to its beats:
    _beats.split.

    A feature of 0 is that of an average patch of the songs the network learnt from, so a relevance reads "this beat,
    against an average one". The song's value is the mean over its seconds, and so is the relevance: base, beats and
    what `params["absorbed"]` counts (biases, pitch patterns as a whole and, for one group, the other features) add up
    to the output.
    """

    name = "beat_lrp"
    title = "Relevance of the beats, by LRP"
    space = "time"
    needs = frozenset({"beats", "gradients"})
    params = BeatLrpParams

    def explain(self, model: Model, track: Track, *, params: BeatLrpParams | None = None, stems: Stems | None = None,
                progress: Progress = silent) -> dict[str, Explanation]:
        from mer_core.explainers._dbn_lrp import relevance

        self.check(model, stems)
        params = params or BeatLrpParams()
        with model.session():
            kept = chosen(model, params.group)
            progress(0.0, "finding the beats")
            song = listen(model, track)
            progress(0.8, "following the relevance back")
            found = relevance(model, song, rule(params))
            beats = {name: onto_beats(split(model, song.found, name, found.values[name])) for name in kept}
        values, absorbed = sum(beats.values()), dict(found.absorbed)
        if "fourier" in kept:
            absorbed["pattern as a whole"] = found.values["fourier"].sum(axis=(1, 2)) - beats["fourier"].sum(axis=1)
        if len(kept) < len(found.values):
            absorbed["other features"] = found.output - found.base - values.sum(axis=1) - sum(absorbed.values())
        return {target: Explanation(
            model=model.name, method=self.name, target=target, space=self.space, values=values[k],
            base=float(found.base[k]), output=float(found.output[k]), grid=song.grid,
            params={**asdict(params), "absorbed": {name: float(lost[k]) for name, lost in absorbed.items()}},
            notes=_notes(song, params, kept, values[k], found.base[k], found.output[k],
                         {name: lost[k] for name, lost in absorbed.items()}))
            for k, target in enumerate(model.card.targets)}


def rule(params: BeatLrpParams):
    from mer_core.explainers import _lrp_rules

    return {"epsilon": lambda: _lrp_rules.epsilon(params.epsilon), "z+": lambda: _lrp_rules.z_plus(params.epsilon),
            "gamma": lambda: _lrp_rules.gamma(params.gamma, params.epsilon)}[params.rule]()


def _notes(song: BeatSong, params: BeatLrpParams, kept: tuple[str, ...], values: np.ndarray, base: float, output: float,
           absorbed: dict[str, float]) -> tuple[str, ...]:
    rest = ", ".join(f"{lost:+z.2f} in the {'biases of ' * name.startswith('layer')}{name}"
                     for name, lost in absorbed.items() if abs(lost) >= 0.005)
    return (*song.notes,
            f"Rule: {params.rule}. A beat is compared with an average one of the songs that the network learnt from.",
            f"From {base:+z.2f}, the network at rest, to {output:+z.2f} are {output - base:+z.2f}; the beats add up to "
            f"{values.sum():+z.2f} of it{', and the rest is ' if rest else ''}{rest}.",
            SHARED, *((SPLIT,) if "fourier" in kept else ()))

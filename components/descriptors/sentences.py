"""What a linear model makes of the descriptors, and what stands behind one, in sentences. No streamlit."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from mer_core.explainers._descriptor_leave_out import LeftOut
from mer_core.features.mid_level import NAMES
from mer_core.features.mid_level_words import BY_NAME
from mer_core.schema import SCALE, Explanation, ModelCard
from mer_core.sonify import SOURCE_WORDS
from mer_core.words import clock, moved, shifted


FELT = " Felt emotion: what listeners ticked that they felt, not what the music expresses."


def title(name: str) -> str:
    return BY_NAME[name].title


def spoken(target: str) -> str:
    """"joyful activation"."""
    return target.replace("_", " ")


def the(stem: str) -> str:
    """"the drums", "the other instruments"."""
    return SOURCE_WORDS.get(stem, f"the {stem}")


def contributions(explanation: Explanation) -> str:
    """"Articulation raises joyful activation by 0.05, the largest; minorness lowers it by 0.03. ..."."""
    order = np.argsort(-np.abs(explanation.values))[:2]
    first, second = (explanation.labels[i] for i in order)
    size = [float(explanation.values[i]) for i in order]
    total = explanation.output - explanation.base
    return (f"**{title(first).capitalize()} {moved(spoken(explanation.target), size[0])}**, the largest; "
            f"{title(second)} {moved('it', size[1])}. All seven move it by {total:+z.2f}, from {explanation.base:z.2f} "
            f"for a typical clip to {explanation.output:z.2f}.")


def limit(card: ModelCard, target: str) -> str:
    """How good the model is on songs it never saw, and what it speaks of."""
    error = card.test_error[target]
    felt = "" if card.unit == SCALE else FELT
    return (f"On songs it never saw the model is typically off by {error['rmse']:.2f}, and what it says correlates with "
            f"the ratings by r = {error['r']:.2f}.{felt}")


def what_changed(before: Mapping[str, float], after: Mapping[str, float]) -> str:
    """The targets that moved most: "joyful activation rises by 0.08, the most; calmness falls by 0.05."."""
    order = sorted(before, key=lambda target: -abs(after[target] - before[target]))[:2]
    first, second = (shifted(spoken(target), after[target] - before[target]) for target in order)
    return f"{first}, the most; {second}" if "does not" not in first else "nothing moves"


def without(found: LeftOut, name: str, stem: int) -> str:
    """"Without the drums, rhythm stability falls from 0.71 to 0.42."."""
    k = NAMES.index(name)
    before, after, word = found.song[k], found.without[stem, k], the(found.names[stem])
    if not np.isfinite(after):
        return f"Without {word}, {title(name)} is not defined: {found.why_without[stem].get(name, '')}"
    if f"{before:.2f}" == f"{after:.2f}":
        return f"Without {word}, {title(name)} stays at {before:z.2f}."
    verb = "rises" if after > before else "falls"
    return f"Without {word}, {title(name)} {verb} from {before:z.2f} to {after:z.2f}."


def chain(found: LeftOut, name: str, stem: int, felt: Explanation, delta: float, regions: Explanation | None) -> str:
    """From an emotion by way of a descriptor to the moments, the band and the stem behind it; `delta` is what the model
    makes of the descriptor's change without the stem."""
    target, share = spoken(felt.target), float(felt.values[felt.labels.index(name)])
    when = "" if regions is None else ", most of all around {} and {:.0f} Hz".format(*strongest(regions))
    adds = f"hardly moves {target}" if abs(share) < 0.005 else moved(target, share)
    return (f"{title(name).capitalize()} {adds} in this song{when}. Were it as without "
            f"{the(found.names[stem])} and all else as it is, the model says: {shifted(target, delta)}.")


def strongest(regions: Explanation) -> tuple[str, float]:
    """The moment, as m:ss, and the band, in Hz, that count most."""
    size = np.abs(regions.values)
    return clock(regions.grid.times[size.sum(axis=0).argmax()]), float(regions.grid.freqs[size.sum(axis=1).argmax()])


def where(regions: Explanation) -> str:
    """What the coloured regions are, and which count most."""
    moment, hertz = strongest(regions)
    return (f"The coloured regions add up to {title(regions.target)} {regions.output:z.2f} ({regions.unit}), with "
            f"{abs(regions.residual):.2f} left over. The strongest moment is around {moment}, the strongest band around "
            f"{hertz:.0f} Hz.")

"""Numbers in plain sentences: what the pages and the report say. Never why the model "thinks" so."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mer_core import brush
from mer_core.brush import Box, Brushed
from mer_core.schema import SHARES, Explanation, Prediction
from mer_core.sonify import SOURCE_WORDS
from mer_core.steps import Steps

QUADRANTS = {  # name by the signs of (valence, arousal); the paper's name; see systems.md section 4
    (1, 1): ("excited", "Q1 exuberance"),
    (-1, 1): ("tense", "Q2 anxiety"),
    (-1, -1): ("sad", "Q3 sadness"),
    (1, -1): ("calm", "Q4 contentment"),
}
QUARTERS = dict(reversed(paper.split()) for _, paper in QUADRANTS.values())  # "exuberance" -> "Q1"
ENDS = {"valence": ("unpleasant", "pleasant"), "arousal": ("calm", "energetic")}
SCALES = {"-1 to +1": (-1.0, 1.0), "1 to 9": (1.0, 9.0)}


def clock(seconds: float) -> str:
    """Seconds as m:ss."""
    whole = int(round(seconds))
    return f"{whole // 60}:{whole % 60:02d}"


def on_scale(value, scale: str):
    """A value on [-1, 1] on the scale the user chose, a key of SCALES."""
    low, high = SCALES[scale]
    return low + (np.asarray(value) + 1) * (high - low) / 2


def span(delta, scale: str):
    """A difference on [-1, 1] as a difference on the chosen scale."""
    low, high = SCALES[scale]
    return np.asarray(delta) * (high - low) / 2


def number(value: float, scale: str) -> str:
    return f"{float(value):+z.2f}" if scale == "-1 to +1" else f"{float(value):.1f}"


def mood(prediction: Prediction) -> str:
    """"calm and pleasant". A side is named only where the value is farther from zero than the model is typically off:
    nearer, the song may as well lie on the other side."""
    names = dict(zip(prediction.targets, zip(prediction.values, prediction.spread, strict=True), strict=True))
    said = [ENDS[target][int(value > 0)] for target in ("arousal", "valence")
            for value, off in [names[target]] if abs(value) > off]
    return " and ".join(said) or "neutral, near the middle of both scales"


def mood_sentence(prediction: Prediction) -> str:
    """Design's one sentence: mostly X; most intense at m:ss (where arousal peaks)."""
    said = f"Mostly **{mood(prediction)}**"
    curve = prediction.curve[list(prediction.targets).index("arousal")]
    if len(curve) > 1 and np.ptp(curve) > 0.05:
        said += f"; most intense around {clock(prediction.times[int(curve.argmax())])}"
    return said + "."


def value_sentence(prediction: Prediction, target: str, scale: str = "-1 to +1") -> str:
    """"Valence +0.32 (from -1 unpleasant to +1 pleasant), typically off by 0.20 on songs it never saw."."""
    k = list(prediction.targets).index(target)
    low, high = SCALES[scale]
    ends = ENDS[target]
    value = number(on_scale(prediction.values[k], scale), scale)
    off = f"{float(span(prediction.spread[k], scale)):.2f}"
    sign = "+" if low < 0 else ""
    return (f"{target.capitalize()} {value} (from {low:{sign}g} {ends[0]} to {high:{sign}g} {ends[1]}), "
            f"typically off by {off} on songs it never saw.")


def target_words(target: str) -> str:
    """What a target is called where it stands alone: "Valence", "Exuberance (Q1)"."""
    quarter = f" ({QUARTERS[target]})" if target in QUARTERS else ""
    return f"{target.replace('_', ' ').capitalize()}{quarter}"


def moved(target: str, delta: float) -> str:
    """"raises arousal by 0.21" or "lowers valence by 0.04"."""
    return f"{'raises' if delta >= 0 else 'lowers'} {target} by {abs(delta):.2f}"


def stem_sentence(explanation: Explanation, separator: str, bleeds: bool = True) -> str:
    """The stem with the largest share, and the limit of what the stems can tell."""
    stems = [i for i, name in enumerate(explanation.labels) if name != "residual"]
    top = max(stems, key=lambda i: abs(explanation.values[i]))
    name = explanation.labels[top]
    verb = moved(explanation.target, explanation.values[top])
    if name == "drums" or name == "vocals":
        verb = verb.replace("raises", "raise").replace("lowers", "lower")
    limit = " They bleed into each other, so small shares are uncertain." if bleeds else ""
    return f"{name.capitalize()} {verb}, the largest share of the stems. Stems: {separator}.{limit}"


def agreement_sentence(way: str, own: Explanation, exact: Explanation) -> str:
    """How far two accounts of the same stems agree: whether they name the same largest stem, and their correlation."""
    names = [name for name in own.labels if name in exact.labels and name != "residual"]
    a, b = (np.array([e.values[e.labels.index(name)] for name in names]) for e in (own, exact))
    tops = [names[int(np.abs(values).argmax())] for values in (a, b)]
    said = f"both name the {tops[0]}" if tops[0] == tops[1] else f"it names the {tops[0]}, the Shapley values the {tops[1]}"
    if min(np.ptp(a), np.ptp(b)) < 1e-9:
        return f"By {way}, {said} as the largest share."
    return f"By {way}, {said} as the largest share; over the {len(names)} stems the two correlate by {np.corrcoef(a, b)[0, 1]:.2f}."


def classes_sentence(prediction: Prediction) -> str:
    """"Happy 82 %, sad 18 %."; the likeliest class first."""
    order = np.argsort(-prediction.values)
    said = ", ".join(f"{prediction.targets[k].replace('_', ' ')} {prediction.values[k]:.0%}" for k in order)
    return f"{said[0].upper()}{said[1:]}."


def feature_sentence(explanation: Explanation) -> str:
    """The two features that moved the target most."""
    order = np.argsort(-np.abs(explanation.values))[:2]
    said = [f"{explanation.labels[i]} {moved(explanation.target, explanation.values[i])}" for i in order]
    return (f"{said[0][0].upper() + said[0][1:]}; {said[1]}. Together the {len(explanation.values)} features move it from "
            f"the typical {explanation.base:+z.2f} to {explanation.output:+z.2f}.")


def relevance_sentence(explanation: Explanation) -> str:
    """How much of the output the coloured regions, or the moments, account for; of shares, that they do not say."""
    if explanation.unit == SHARES:
        return f"The colours say where {explanation.target.replace('_', ' ')} was read from, not how far it was moved."
    total = float(explanation.values.sum(dtype=np.float64))
    parts, one = ("coloured regions", "region") if explanation.space != "time" else (
        ("beats", "beat") if isinstance(explanation.grid, Steps) else ("moments", "moment"))
    return (f"The {parts} add up to {total:+z.2f} of {explanation.measure} {explanation.output:+z.2f}; "
            f"the base is {explanation.base:+z.2f}, and {explanation.residual:+z.2f} belongs to no {one}.")


def moments_sentence(explanation: Explanation) -> str:
    """Of an explanation over time: what raises and what lowers the value, the strongest moment, and how far the
    strongest tenth of the song stands out."""
    values, shares = explanation.values.astype(float), explanation.unit == SHARES
    sizes = np.sort(np.abs(values))[::-1]
    tenth, (strongest, moments, all_of_them) = max(len(sizes) // 10, 1), _moments(explanation)
    up, down = values[values > 0].sum(), values[values < 0].sum()
    sides = f"Those that raise it give {up:+z.2f}, those that lower it {down:+z.2f}. "
    which, what = (("with the largest shares", "attention") if shares else
                   (f"that counted most for {explanation.target}", "relevance"))
    return (f"{'' if shares else sides}{strongest}. The tenth of {all_of_them} {which} holds "
            f"{sizes[:tenth].sum() / (sizes.sum() or 1):.0%} of all {what}; were all {moments} alike, it would hold "
            f"{tenth / len(sizes):.0%}.")


def _moments(explanation: Explanation) -> tuple[str, str, str]:
    """The strongest one in words; what the moments are called, and what they are of."""
    first = int(np.abs(explanation.values).argmax())
    if isinstance(explanation.grid, Steps):
        return f"The strongest beat is the one at {_fine_clock(explanation.grid.edges[first])}", "beats", "the beats"
    return f"The strongest moment is around {clock(explanation.grid.times[first])}", "moments", "the song"


def peak_sentence(explanation: Explanation) -> str:
    """Where the relevance is strongest, in seconds and hertz."""
    magnitude = np.abs(explanation.values)
    column, row = int(magnitude.sum(axis=0).argmax()), int(magnitude.sum(axis=1).argmax())
    return (f"The strongest moment for {explanation.target} is around {clock(explanation.grid.times[column])}, "
            f"the strongest band around {explanation.grid.freqs[row]:.0f} Hz.")


def region(boxes: Sequence[Box]) -> str:
    """"200–800 Hz from 0:42 to 0:47"; "parts of ..." for the hull of several."""
    low, high = max(min(b.low for b in boxes), 0), max(b.high for b in boxes)
    start, end = max(min(b.start for b in boxes), 0), max(b.end for b in boxes)
    when = clock if end - start >= 2 else _fine_clock
    return f"{'parts of ' if len(boxes) > 1 else ''}{low:.0f}–{high:.0f} Hz from {when(start)} to {when(end)}"


def _fine_clock(seconds: float) -> str:
    """Seconds as m:ss.t."""
    tenths = round(seconds * 10)
    return f"{tenths // 600}:{tenths // 10 % 60:02d}.{tenths % 10}"


def shifted(target: str, delta: float) -> str:
    """"arousal falls by 0.11"; what would read as 0.00 does not move."""
    if _still(delta):
        return f"{target} does not move"
    return f"{target} {'rises' if delta > 0 else 'falls'} by {abs(delta):.2f}"


def _still(delta: float) -> bool:
    return f"{abs(delta):.2f}" == "0.00"


def brush_sentence(brushed: Brushed, boxes: Sequence[Box], target: str, scale: str = "-1 to +1") -> str:
    """"Without 200–800 Hz from 0:42 to 0:47, arousal falls by 0.11 around there, and by 0.02 over the whole song."."""
    k = list(brushed.before.targets).index(target)
    whole, near = (float(span(d[k], scale)) for d in (brushed.change(), brushed.change_around(boxes)))
    if len(brushed.before.times) == 1 or _still(whole) and _still(near):
        change = f"{shifted(target, whole)} over the whole song"
    elif not _still(whole) and not _still(near) and near * whole > 0:
        change = f"{shifted(target, near)} around there, and by {abs(whole):.2f} over the whole song"
    else:
        change = f"{shifted(target, near)} around there; over the whole song {shifted('it', whole)}"
    return f"Without {region(boxes)}, {change}."


def brush_relevance_sentence(explanation: Explanation, brushed: Brushed, boxes: Sequence[Box]) -> str:
    """The relevance inside a painted region, beside what its removal changed."""
    k = list(brushed.before.targets).index(explanation.target)
    total, whole = brush.relevance(explanation, boxes), float(brushed.change()[k])
    if explanation.unit == SHARES:
        return f"This region holds {total:.0%} of the relevance; taking it out moved the song by {whole:+z.2f}."
    return (f"The relevance in this region adds up to {total:+z.2f} of {explanation.measure} {explanation.output:+z.2f}; "
            f"taking it out moved the song by {whole:+z.2f}.")


def mixdown_sentence(facts: dict) -> str:
    """What was done to a mix so that it does not clip; "" where nothing was."""
    if facts["gain_db"] > -0.05:
        return ""
    return f"The mix went {-facts['gain_db']:.1f} dB beyond full scale, so all of it was turned down by that."


def gain_sentence(name: str, measured: dict) -> str:
    """"What mattered was turned up by 8.2 dB to match the loudness of the song, -14.1 LUFS."; `measured` by sonify."""
    heard = SOURCE_WORDS[measured["source"]]
    before, after, limited = (measured[key] for key in ("loudness_before", "loudness_after", "limited_db"))
    way = "up" if measured["gain_db"] >= 0 else "down"
    said = f"{name.capitalize()} was turned {way} by {abs(measured['gain_db']):.1f} dB"
    held = f"its highest peaks were held back by {limited:.1f} dB so that nothing clips"
    if abs(after - before) > 0.3:
        return f"{said}; it is at {after:.1f} LUFS, {heard} at {before:.1f} LUFS: {held}, and more would squash them."
    return f"{said} to match the loudness of {heard}, {before:.1f} LUFS{f'; {held}' if limited >= 0.1 else ''}."

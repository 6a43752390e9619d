"""Numbers in plain sentences: what the pages and the report say. Never why the model "thinks" so."""

from __future__ import annotations

import numpy as np

from mer_core.schema import Explanation, Prediction

QUADRANTS = {  # name by the signs of (valence, arousal); the paper's name; see systems.md section 4
    (1, 1): ("excited", "Q1 exuberance"),
    (-1, 1): ("tense", "Q2 anxiety"),
    (-1, -1): ("sad", "Q3 sadness"),
    (1, -1): ("calm", "Q4 contentment"),
}
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


def feature_sentence(explanation: Explanation) -> str:
    """The two features that moved the target most."""
    order = np.argsort(-np.abs(explanation.values))[:2]
    said = [f"{explanation.labels[i]} {moved(explanation.target, explanation.values[i])}" for i in order]
    return (f"{said[0][0].upper() + said[0][1:]}; {said[1]}. Together the {len(explanation.values)} features move it from "
            f"the typical {explanation.base:+z.2f} to {explanation.output:+z.2f}.")


def relevance_sentence(explanation: Explanation) -> str:
    """How much of the output the coloured regions account for."""
    total = float(explanation.values.sum(dtype=np.float64))
    return (f"The coloured regions add up to {total:+z.2f} of {explanation.target} {explanation.output:+z.2f}; "
            f"the base is {explanation.base:+z.2f}, and {explanation.residual:+z.2f} belongs to no region.")


def peak_sentence(explanation: Explanation) -> str:
    """Where the relevance is strongest, in seconds and hertz."""
    magnitude = np.abs(explanation.values)
    column, row = int(magnitude.sum(axis=0).argmax()), int(magnitude.sum(axis=1).argmax())
    return (f"The strongest moment for {explanation.target} is around {clock(explanation.grid.times[column])}, "
            f"the strongest band around {explanation.grid.freqs[row]:.0f} Hz.")

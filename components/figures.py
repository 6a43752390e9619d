"""Bars that show what moved a target: stems, feature families, single features. No streamlit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from components.theme import COLOURS, QUIET, SONG, framed, rgba, sign_colours
from mer_core.schema import Explanation, FeatureInfo
from mer_core.words import moved

FAMILIES = ("timbre", "melody", "harmony", "rhythm", "level")


def bar_height(count: int) -> int:
    """Pixels for `count` horizontal bars with an axis below."""
    return 34 * count + 66


def limit(explanations: Sequence[Explanation]) -> float:
    """The half width of an axis that holds all of them, so that their bars compare."""
    return 1.3 * max(max(float(np.abs(e.values).max()) for e in explanations), 0.01)


def stem_word(name: str) -> str:
    """A stem's name for the user: the residual is what no stem holds."""
    return "rest" if name == "residual" else name


def stem_bars(explanation: Explanation, reach: float | None = None) -> go.Figure:
    """One bar a stem, in the stem's colour."""
    names = [stem_word(name) for name in explanation.labels]
    return _bars(names, explanation.values, explanation, reach or limit([explanation]),
                 [COLOURS.get(name, QUIET) for name in explanation.labels])


def short(info: FeatureInfo) -> str:
    """What a bar is called: the words of the feature's sentence before the colon, without "on average"."""
    title, aspect = info.sentence.split(":")[0], {"_std": " (variation)"}.get(info.name[-4:], "")
    return title.replace(", on average", "").replace(", variation over time", "") + aspect


def feature_bars(explanation: Explanation, infos: Mapping[str, FeatureInfo], rows: Sequence[int],
                 reach: float) -> go.Figure:
    """The features of these indices; red raises the target, blue lowers it."""
    values = explanation.values[list(rows)]
    names = [short(infos[explanation.labels[i]]) for i in rows]
    return _bars(names, values, explanation, reach, sign_colours(values))


def _bars(names: Sequence[str], values, of: Explanation, reach: float, colours: Sequence[str]) -> go.Figure:
    said = [f"{name} {moved(of.measure, v)}" for name, v in zip(names, values, strict=True)]
    fig = go.Figure(go.Bar(x=[float(v) for v in values], y=list(names), orientation="h",
                           marker={"color": list(colours)},
                           text=[f"{v:+z.2f}" if abs(v) >= 0.005 else f"{v:+.3f}" for v in values],
                           textposition="outside", cliponaxis=False,
                           hovertext=said, hovertemplate="%{hovertext}<extra></extra>"))
    fig.update_xaxes(range=[-reach, reach], title=f"moves {of.target} by ({of.unit})", nticks=5,
                     gridcolor=rgba(QUIET, 0.15))
    fig.update_yaxes(autorange="reversed", showgrid=False)
    fig.add_vline(0, line={"color": QUIET, "width": 1})
    return framed(fig, bar_height(len(names)), showlegend=False, bargap=0.35)


def family_sums(explanation: Explanation, infos: Mapping[str, FeatureInfo]) -> dict[str, float]:
    """family -> signed sum of its features' contributions; families without a feature are left out."""
    own = np.array([infos[name].family for name in explanation.labels])
    return {f: float(explanation.values[own == f].sum(dtype=np.float64)) for f in FAMILIES if (own == f).any()}


def top(explanation: Explanation, infos: Mapping[str, FeatureInfo], family: str, count: int = 6) -> list[int]:
    """Indices of the family's features that moved the target most, the largest first."""
    order = np.argsort(-np.abs(explanation.values))
    return [int(i) for i in order if infos[explanation.labels[i]].family == family][:count]


def waterfall(explanation: Explanation, sums: Mapping[str, float]) -> go.Figure:
    """From the typical song (base), over each family, to this song's value: the steps add up."""
    names = ["typical song", *sums, "this song"]
    steps = [explanation.base, *sums.values()]
    starts = [0.0, *np.cumsum(steps)[:-1], 0.0]
    widths = [*steps, explanation.output]
    colours = [QUIET, *sign_colours(sums.values()), COLOURS.get(explanation.target, SONG)]
    said = [f"typical song: {explanation.target} {explanation.base:+z.2f}",
            *(f"{f} {moved(explanation.target, v)}" for f, v in sums.items()),
            f"this song: {explanation.target} {explanation.output:+z.2f}"]
    fig = go.Figure(go.Bar(x=widths, base=starts, y=names, orientation="h", marker={"color": colours},
                           text=[f"{v:+z.2f}" for v in widths], textposition="outside", cliponaxis=False,
                           hovertext=said, hovertemplate="%{hovertext}<extra></extra>"))
    ends = np.add(starts, widths)
    low, high = min(0, *starts, *ends), max(0, *starts, *ends)
    room = 0.22 * max(high - low, 0.1)
    fig.update_xaxes(range=[low - room, high + room], title=f"{explanation.target} ({explanation.unit})", nticks=7,
                     gridcolor=rgba(QUIET, 0.15))
    fig.update_yaxes(autorange="reversed", showgrid=False)
    fig.add_vline(0, line={"color": QUIET, "width": 1})
    return framed(fig, bar_height(len(names)), showlegend=False, bargap=0.35)

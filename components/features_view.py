"""An explanation over measured features: families first, single features one click away."""

from __future__ import annotations

from html import escape

import numpy as np
import pandas as pd
import streamlit as st

from components import figures, progress, state, theme
from components.take_away import csv_button
from mer_core.schema import Explanation, FeatureInfo, TrackInfo
from mer_core.words import moved


def show(info: TrackInfo, method: str, model: str, target: str) -> None:
    found = progress.result("explain", info, method, model, label="Weighing the features", height=420)
    if not found:
        return
    explanation, infos = found[target], state.service().features()
    sums = figures.family_sums(explanation, infos)
    with st.container(key="sentences"):
        st.markdown(sum_sentence(explanation))
    st.plotly_chart(figures.waterfall(explanation, sums), key="waterfall", config=theme.CONFIG)
    reach = figures.limit([explanation])
    for family, total in sums.items():
        with st.expander(f"{family.capitalize()} {moved(target, total)}", key=f"family-{family}"):
            _family(explanation, infos, family, reach)
    for note in explanation.notes:
        st.caption(note)
    csv_button("Features as CSV", table(explanation, infos), f"{info.title} {target} features", "features-csv")


def table(explanation: Explanation, infos: dict[str, FeatureInfo]) -> pd.DataFrame:
    """A row a feature: name, family, unit, measured value, contribution."""
    facts = [infos[name] for name in explanation.labels]
    inputs = [None] * len(facts) if explanation.inputs is None else explanation.inputs.tolist()
    return pd.DataFrame({"feature": explanation.labels, "family": [f.family for f in facts],
                         "unit": [f.unit for f in facts], "value": inputs, "moves": explanation.values.tolist()})


def sum_sentence(explanation: Explanation) -> str:
    """Base + sum = prediction, in words."""
    total = explanation.output - explanation.base - explanation.residual
    low = "" if abs(explanation.residual) < 0.005 else f" and {explanation.residual:+z.2f} unexplained"
    return (f"A typical song of the training data has {explanation.target} **{explanation.base:+z.2f}**. "
            f"The measured features of this song move it by **{total:+z.2f}**{low}, "
            f"to **{explanation.output:+z.2f}** ({explanation.unit}).")


def _family(explanation: Explanation, infos: dict[str, FeatureInfo], family: str, reach: float) -> None:
    """The family's strongest features: a bar, the measured value and a listener's sentence."""
    rows = figures.top(explanation, infos, family)
    st.plotly_chart(figures.feature_bars(explanation, infos, rows, reach), key=f"bars-{family}", config=theme.CONFIG)
    st.html("".join(_line(explanation, i, infos[explanation.labels[i]]) for i in rows))
    others = sum(infos[n].family == family for n in explanation.labels) - len(rows)
    if others > 0:
        st.caption(f"{others} more features of this family moved it less.")


def _line(explanation: Explanation, i: int, fact: FeatureInfo) -> str:
    """One feature: how far it moved the value, what it is, what was measured here."""
    value = None if explanation.inputs is None else explanation.inputs[i]
    measured = "" if value is None else "not defined here; " if np.isnan(value) else f"here {value:.3g} {fact.unit}; "
    return (f'<div class="mer-feature"><b>{explanation.values[i]:+.3f}</b><span>{escape(fact.sentence)}</span>'
            f"<small>{escape(measured)}{escape(fact.name)}</small></div>")

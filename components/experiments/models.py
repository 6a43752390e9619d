"""The models of the app side by side, from their cards."""

from __future__ import annotations

import streamlit as st

from components import state
from components.errors import plain
from components.experiments.shown import compare
from mer_core import results


def show(metric: str) -> None:
    rows = results.models(state.cards().values())
    if not rows:
        st.info("No model is trained yet; see About.")
        return
    st.markdown(said(rows))
    compare(rows, metric, "models", "models", "Here: songs by artists that the model never heard. Paper: the system it follows, named below.")
    with st.expander("What each column measured", key="measured-models"):
        for row in rows:
            st.markdown(facts(state.cards()[row.name]))


def said(rows) -> str:
    """The best figure of each target, and how the two compare."""
    best = {t: max((r for r in rows if r.value("here", t, "r2") is not None), key=lambda r: r.value("here", t, "r2"))
            for t in ("valence", "arousal")}
    told = {t: f"**{row.value('here', t, 'r2'):.0%}** of the differences in {t} ({row.title})" for t, row in best.items()}
    return f"Of what listeners say about songs that no model heard, the best tell {told['arousal']} and {told['valence']}."


def facts(card) -> str:
    """What here and paper are, for one model."""
    paper = ", ".join(str(card.reported[k]) for k in ("system", "data", "protocol") if k in card.reported)
    return (f"**{plain(card.title)}**, {card.parameters:,} parameters. Here: {plain(card.test_error.get('protocol', '–'))}. "
            f"Paper: {plain(paper) or 'no figures of its own'}.")

"""About: models, separators and data as their cards tell, licences, limits, keys. Nothing is typed twice."""

from collections.abc import Mapping

import pandas as pd
import streamlit as st

from components import state
from mer_core import registry
from mer_core.schema import ModelCard, TrackInfo

METRICS = {"r2": "R²", "rmse": "RMSE", "mae": "MAE", "r": "Pearson r", "ccc": "CCC"}


def errors(card: ModelCard) -> pd.DataFrame:
    """Measured here and reported in the paper, a column each; they are on different data."""
    rows = {}
    for target in card.targets:
        here, paper = card.test_error.get(target, {}), card.reported.get(target, {})
        for metric in dict.fromkeys([*here, *(paper if isinstance(paper, Mapping) else {})]):
            rows[f"{target}, {METRICS.get(metric, metric)}"] = {"here": _number(here.get(metric)), "paper": _number(paper.get(metric))}
    return pd.DataFrame(rows).T


def _number(value) -> str:
    return f"{value:.3f}" if isinstance(value, (int, float)) else "–"


def show_card(card: ModelCard) -> None:
    st.markdown(f"#### {card.title}\n{card.summary}")
    takes = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in card.takes.items())
    data = "; ".join(", ".join(str(v) for v in each.values()) for each in card.trained_on)
    left, right = st.columns([1, 1], gap="large")
    with left:
        st.markdown("\n".join([
            f"- **Takes**: {takes}",
            f"- **Trained on**: {data}",
            f"- **Size**: {card.parameters:,} parameters",
            f"- **Paper**: {card.paper}",
            f"- **Licence of the weights**: {card.licence}",
            f"- **Weights**: `{card.weights}`, sha256 `{card.digest[:16]}`"]))
        for limit in card.limits:
            st.caption(limit)
    with right:
        st.table(errors(card))
        st.caption(f"Here: {card.test_error.get('protocol', '')}. Paper: on its own data, so the columns do not compare.")
    with st.expander("Commands that train and evaluate it", key=f"commands-{card.name}"):
        st.code("\n".join(card.commands.values()), language="bash")


def show_separators(info: TrackInfo | None) -> None:
    for separator in state.service().separators(info) if info else []:
        st.markdown(f"- **{separator.title}**: {separator.missing or 'ready for the current song.'}")


def show_data() -> None:
    for dataset in registry.entries("datasets").values():
        st.markdown(f"- **{dataset.title}** ([source]({dataset.url})). {dataset.licence}. {dataset.citation}")
    for demo in state.service().demos():
        st.markdown(f"- Demo track **{demo.title}**. {demo.tags['licence']}")


info = state.song()
st.title("About")
st.markdown("MER Explorer places a song between unpleasant and pleasant (valence) and between calm and energetic "
            "(arousal), and shows and plays what moved it there. The models learned from listeners' ratings; "
            "any one listener may disagree.")
st.subheader("Models")
for card in state.cards().values():
    with st.container(border=True, key=f"card-{card.name}"):
        show_card(card)
st.subheader("Separators")
show_separators(info)
st.subheader("Data and music")
show_data()
st.subheader("Keyboard")
st.markdown("Where a player is shown: **space** plays and pauses, **left** and **right** move by five seconds, "
            "**L** loops, **1** to **5** choose a version or stem, **S** and **M** solo and mute, **?** shows this help.")

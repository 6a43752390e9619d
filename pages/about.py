"""About: models, separators and data as their cards tell, licences, limits, keys. Nothing is typed twice."""

from collections.abc import Mapping
from functools import partial

import pandas as pd
import streamlit as st

from components import downloads, state
from components.errors import plain
from mer_core import registry
from mer_core.schema import ModelCard, Progress, TrackInfo

METRICS = {"r2": "R²", "rmse": "RMSE", "mae": "MAE", "r": "Pearson r", "ccc": "CCC", "f1": "F1"}
OF_ALL = {"accuracy": ("accuracy", "accuracy"), "macro_f1": ("macro F1", "f1")}  # of all classes; where the paper has it


def errors(card: ModelCard) -> pd.DataFrame:
    """Measured here and reported in the paper, a column each; they are on different data."""
    rows = {f"all, {name}": {"here": _number(card.test_error[metric]), "paper": _number(card.reported.get(printed))}
            for metric, (name, printed) in OF_ALL.items() if metric in card.test_error}
    for target in card.targets:
        here, paper = card.test_error.get(target, {}), card.reported.get(target, {})
        for metric in dict.fromkeys([*here, *(paper if isinstance(paper, Mapping) else {})]):
            name = f"{target}, {METRICS.get(metric, metric)}"
            rows[name] = {"here": _number(here.get(metric)), "paper": _number(paper.get(metric))}
    return pd.DataFrame(rows).T


def _number(value) -> str:
    return f"{value:.3f}" if isinstance(value, (int, float)) else "–"


def trained_on(data: Mapping) -> str:
    said = [f"{data[key]} clips" if key == "clips" else str(data[key])
            for key in ("clips", "use", "licence") if key in data]
    return f"{data.get('data', '')} ({', '.join(said)})"


def show_card(card: ModelCard) -> None:
    st.markdown(f"#### {plain(card.title)}\n{plain(card.summary)}")
    left, right = st.columns(2, gap="large")
    with left:
        rows = {"Takes": ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in card.takes.items()),
                "Trained on": "; ".join(map(trained_on, card.trained_on)), "Size": f"{card.parameters:,} parameters",
                "Paper": card.paper, "Licence": card.licence, "Weights": f"{card.weights}, sha256 {card.digest[:16]}"}
        st.markdown("\n".join(f"- **{name}**: {plain(said)}" for name, said in rows.items()))
    with right:
        st.table(errors(card))
        paper = ", ".join(card.reported[k] for k in ("system", "data") if k in card.reported)
        on = f", errors on a scale of {card.reported['scale']} (here -1 to +1)" if "scale" in card.reported else ""
        reported = f"Paper: {paper}{on}. Different data: the two columns do not compare." if paper else \
            "No paper reports this model."
        st.caption(plain(f"Here: {card.test_error.get('protocol', '')}. {reported}"))
    with st.expander("Limits", key=f"limits-{card.name}"):
        st.markdown("\n".join(f"- {plain(limit)}" for limit in card.limits))
    with st.expander("Commands that train and evaluate it", key=f"commands-{card.name}"):
        st.code("\n".join(card.commands.values()), language="bash")


def show_lacking() -> None:
    """The models that cannot be used yet, and what to do."""
    for name, lacks in state.service().lacking().items():
        st.markdown(f"- **{plain(name)}**: {plain(lacks)}")
        if hasattr(state.service().model(name), "download") and state.service().model(name).available():
            downloads.offer(name, name, partial(_fetch, name))


def _fetch(name: str, report: Progress) -> None:
    state.service().fetch(name, progress=report)


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
for card in state.every_card().values():
    with st.container(border=True, key=f"card-{card.name}"):
        show_card(card)
if state.service().lacking():
    st.markdown("#### Models that need more")
    show_lacking()
st.subheader("Separators")
show_separators(info)
st.subheader("Data and music")
show_data()
st.subheader("Keyboard")
st.markdown("Where a player is shown: **space** plays and pauses, **left** and **right** move by five seconds (one with shift), "
            "**L** loops, **1** to **9** choose a version, **S** and **M** solo and mute the chosen stem, **[** and **]** blend "
            "with the original, **+**, **−** and **0** zoom, **B** and **P** paint with a box or a brush, **Esc** clears, "
            "**?** shows all of them.")

"""How far each stem moved the point: exact Shapley values; beside them, what a model that joins stems says itself."""

from __future__ import annotations

from dataclasses import fields

import pandas as pd
import streamlit as st

from components import figures, progress, state, theme
from components.figures import stem_word
from components.take_away import csv_button
from mer_core import registry
from mer_core.schema import Explanation, TrackInfo
from mer_core.service import SeparatorInfo
from mer_core.words import agreement_sentence, stem_sentence

SHAPLEY = "stem_shapley"
Found = dict[str, Explanation]  # target -> Explanation


def show(info: TrackInfo, separator: SeparatorInfo, model: str, ready: bool) -> None:
    """The bars, then the model's own shares. Before the stems are `ready`, only what is stored already."""
    methods = state.service().explainers(model)
    if SHAPLEY not in methods:
        st.info(f"{state.titles()[model]} does not take stems.")
        return
    learnt = state.cards()[model].takes.get("stems", separator.name)
    if learnt != separator.name:
        st.caption(f"This model learnt the stems of another separator ({registry.get('separation', learnt).title}); with "
                   "these its error is unknown.")
    found = _found(info, separator, model, SHAPLEY, ready, "Listening to all mixes of the stems", 300)
    if found:
        _bars(info, separator, model, found)
        for method in methods:
            if registry.get("explainers", method).space == "stems" and method != SHAPLEY:
                _own(info, separator, model, method, found, ready)


def _found(info: TrackInfo, separator: SeparatorInfo, model: str, method: str, ready: bool, label: str, height: int,
           params=None) -> Found | None:
    asked, chosen = ("explain", info, method, model), {"separator": separator.name, "params": params}
    chosen = {name: value for name, value in chosen.items() if value is not None}
    found = state.service().stored(*asked, **chosen)
    return progress.result(*asked, **chosen, height=height, label=label) if ready and not found else found


def _bars(info: TrackInfo, separator: SeparatorInfo, model: str, found: Found) -> None:
    reach, notes = figures.limit(list(found.values())), {note for e in found.values() for note in e.notes}
    for column, (target, explanation) in zip(st.columns(len(found), gap="large"), found.items(), strict=False):
        with column, st.container(key=f"contribution-{target}"):
            st.markdown(f"**{target.capitalize()}** {explanation.output:+z.2f}")
            st.plotly_chart(figures.stem_bars(explanation, reach), key=f"stem-bars-{target}", config=theme.CONFIG)
            st.markdown(stem_sentence(explanation, separator.title, bleeds=separator.bleeds))
            st.caption(f"Silence gives {explanation.base:+z.2f}; the bars add up to the rest.")
    for note in sorted(notes):
        st.caption(note)
    rows = [{"stem": n, "target": t, "moves": v} for t, e in found.items() for n, v in zip(e.labels, e.values.tolist())]
    csv_button("Contributions as CSV", pd.DataFrame(rows), f"{info.title} stems {model}", "stems-csv")


def _own(info: TrackInfo, separator: SeparatorInfo, model: str, method: str, shapley: Found, ready: bool) -> None:
    """A method that reads the model itself, each of its ways a column beside the Shapley values."""
    kind = registry.get("explainers", method)
    ways = {name: _found(info, separator, model, method, ready, f"{kind.title}: {name}", 80, params)
            for name, params in _ways(kind).items()}
    if not all(ways.values()):
        return
    st.markdown(f"##### {kind.title}")
    for target, exact in shapley.items():
        columns = {"Shapley value": exact} | {name: found[target] for name, found in ways.items()}
        table = pd.DataFrame({name: dict(zip(map(stem_word, e.labels), e.values.tolist())) for name, e in columns.items()})
        st.markdown(f"**{target.capitalize()}.** " + " ".join(
            agreement_sentence(name, found[target], exact) for name, found in ways.items()))
        st.table(table.drop(stem_word("residual"), errors="ignore").map(lambda v: f"{v:+z.2f}"))
    for note in next(iter(ways.values()))[next(iter(shapley))].notes:
        st.caption(note)


def _ways(kind) -> dict[str, object]:
    """name -> parameters: one for each value of the method's first choice."""
    for item in fields(kind.params):
        if item.metadata.get("choices"):
            return {value: kind.params(**{item.name: value}) for value in item.metadata["choices"]}
    return {kind.title: kind.params()}

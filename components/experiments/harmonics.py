"""Which quadrant, by harmonics alone: the network of paper 4, the same one without its structure, and a plain one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import streamlit as st

from components import theme
from components.errors import plain
from components.experiments import harmonics_bright, shown
from components.experiments.figures_harmonics import effects
from components.experiments.figures_networks import learning_curves
from components.experiments.figures_quadrants import confusion
from components.experiments.quadrants import mistaken
from components.take_away import csv_button
from mer_core import results

SHORT = {"random": "random bands", "contiguous": "neighbouring bands", "plain": "plain CNN"}
OWN = "harmonics"  # the row that all others are compared with
MEASURES = {"macro_f1": "macro F1", "accuracy": "accuracy", "valence_side": "valence side", "arousal_side": "arousal side"}


def show(metric: str = "") -> None:
    """Four classes have measures of their own: `metric` is of ratings and is not used."""
    st.subheader("By harmonics alone")
    st.markdown("Twelve small branches, one for each pitch class, hear only the bands where its harmonics lie. Together "
                "they say which quarter of the plane a song is in. Does that structure help, or would other bands do? And "
                "are the maps bright for Q4 contentment and dark for Q2 anxiety, as the paper says?")
    found = results.load("harmonics")
    if found is None:
        shown.missing("harmonics", "The harmonics CNN")
    networks(found)
    if found:
        called = [f"Q{k + 1} {name}" for k, name in enumerate(found["quadrants"])]
        differences(found)
        matrix(found["table"], called)
        classes(found["table"], called)
        harmonics_bright.show(found["brightness"], called)
        learnt(found)
        shown.done(found, "harmonics")


def networks(found: Mapping | None) -> None:
    """A row a network, the paper's two figures in a column of their own."""
    if found:
        st.markdown(said(found["table"]))
    frame = whole(found["table"] if found else printed())
    with st.container(key="numbers-harmonics"):
        st.table(frame.style.format({column: "{:,.0f}" if column[1] == "parameters" else "{:.3f}"
                                     for column in frame.select_dtypes("number")}, na_rep="–"))
    st.caption("Macro F1 is the mean over the four quadrants of how well each is found and how rarely it is answered "
               "wrongly: 1 is perfect, a guess reaches about 0.25. The interval holds it in 90 of 100 draws of as many "
               f"artists. {shown.APART}")
    if found:
        paper = found["paper"]
        st.caption(plain(f"Paper: {paper['data']}; {paper['protocol']} ({paper['where']})."))
    flat = frame.set_axis([" ".join(c).strip() for c in frame.columns], axis=1)
    csv_button("Table as CSV", flat.reset_index(names="network"), "harmonics", "csv-harmonics")


def printed() -> list[Mapping]:
    """The paper's rows, where nothing is stored that holds them."""
    from mer_core.training.results_harmonics import PAPER, TITLES  # brings torch along

    figures = {OWN: PAPER["f1"], "plain": PAPER["plain_f1"]}
    return [{"name": name, "title": title, "here": {}, "paper": {"f1": figures.get(name)}}
            for name, title in TITLES.items()]


def whole(rows: Sequence[Mapping]) -> pd.DataFrame:
    """Size, F1 as printed, and all that was measured here."""
    columns = {("", "parameters"): [row.get("parameters") for row in rows],
               ("F1", "paper"): [row["paper"].get("f1") for row in rows]}
    columns |= {(title, "here"): [row["here"].get(m) for row in rows] for m, title in MEASURES.items()}
    frame = pd.DataFrame(columns, dtype=float)
    between = ["{:.3f} to {:.3f}".format(*row["interval"]) if "interval" in row else "–" for row in rows]
    frame.insert(3, ("macro F1", "interval"), between)
    return frame.set_axis([row["title"] for row in rows])


def said(rows: Sequence[Mapping]) -> str:
    """What the harmonics CNN reaches."""
    own = next(row for row in rows if row["name"] == OWN)
    here, (low, high) = own["here"], own["interval"]
    return (f"Of songs by artists that were never heard, **{here['accuracy']:.0%}** are put into the right quadrant (macro "
            f"F1 **{here['macro_f1']:.3f}**, {low:.3f} to {high:.3f}); the side of arousal is right for "
            f"{here['arousal_side']:.0%}, the side of valence for {here['valence_side']:.0%}.")


def differences(found: Mapping) -> None:
    """Macro F1 of the harmonics CNN minus that of each other network, with intervals."""
    titles = {row["name"]: row["title"] for row in found["table"]}
    st.subheader("What the structure brings")
    st.markdown("\n".join(f"- {compared(titles[name], of)}" for name, of in found["against"].items()))
    rows = [(f"minus {SHORT.get(name, name)}", of["macro_f1"], tuple(of["interval"]))
            for name, of in found["against"].items()]
    st.plotly_chart(effects(rows, "difference in macro F1<br>(90 % interval over artists)"), key="harmonics-against",
                    config=theme.CONFIG)


def compared(title: str, of: Mapping) -> str:
    """"Against ...: macro F1 higher by 0.031 (...)"; whether that is more than the choice of artists."""
    (low, high), way = of["interval"], "higher" if of["macro_f1"] >= 0 else "lower"
    sure = "more than the choice of artists explains" if low > 0 or high < 0 else \
        "which the choice of artists may explain"
    return (f"Against {plain(title)}: macro F1 **{way} by {abs(of['macro_f1']):.3f}** ({low:+.3f} to {high:+.3f} on "
            f"{of['clips']} songs), {sure}.")


def matrix(rows: Sequence[Mapping], called: Sequence[str]) -> None:
    """Which quadrants are taken for each other, for any row."""
    st.subheader("What is taken for what")
    known = {row["name"]: row for row in rows}
    name = st.selectbox("Network", list(known), key="harmonics-row", format_func=lambda n: known[n]["title"])
    counts = np.array(known[name]["confusion"])
    st.markdown(mistaken(counts, called))
    st.plotly_chart(confusion(counts, called), key="harmonics-confusion", config=theme.CONFIG)
    st.caption("A row is the true quadrant, a column the answer; the colour is the share of the row, in the cells are the "
               "songs.")
    csv_button("Matrix as CSV", pd.DataFrame(counts, called, called).reset_index(names="true"), f"confusion {name}",
               "csv-harmonics-confusion")


def classes(rows: Sequence[Mapping], called: Sequence[str]) -> None:
    """F1 of each quadrant, a column a network."""
    st.markdown("**F1 of each quadrant**")
    frame = pd.DataFrame({row["title"].split(":")[0]: [of["f1"] for of in row["quadrants"].values()] for row in rows},
                         index=list(called))
    with st.container(key="numbers-harmonics-classes"):
        st.table(frame.style.format("{:.3f}"))


def learnt(found: Mapping) -> None:
    """The loss over epochs of the first fold, for any row."""
    titles = {row["name"]: row["title"] for row in found["table"] if found.get("curves", {}).get(row["name"])}
    if titles:
        with st.expander("How they learnt", key="harmonics-learnt"):
            name = st.selectbox("Network", list(titles), key="harmonics-curve", format_func=titles.get)
            st.plotly_chart(learning_curves([found["curves"][name]]), key="harmonics-curves", config=theme.CONFIG)
            st.caption("The training part of the first fold; the number of epochs was fixed in advance.")

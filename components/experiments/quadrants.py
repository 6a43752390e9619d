"""Which quadrant of the plane a song is in: several views of its sound, alone and together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import streamlit as st

from components import theme
from components.errors import plain
from components.experiments import shown
from components.experiments.figures_quadrants import confusion
from components.take_away import csv_button
from mer_core import results
from mer_core.training.results_quadrants import CHOSEN, NOTE, REFERENCES
from mer_core.words import QUADRANTS

MEASURES = {"macro_f1": "macro F1", "accuracy": "accuracy", "macro_precision": "macro precision",
            "macro_recall": "macro recall", "valence_side": "valence side", "arousal_side": "arousal side"}
SIGNS = ((1, 1), (-1, 1), (-1, -1), (1, -1))  # valence and arousal of Q1 to Q4


def show(metric: str = "") -> None:
    """Four classes have measures of their own: `metric` is of ratings and is not used."""
    st.subheader("Which quarter of the plane")
    st.markdown("Editors' words put 900 songs into four quadrants, 225 each: " + ", ".join(
        f"Q{k + 1} {name}" for k, name in enumerate(names())) + ". Which one is it, from the sound alone? A guess is "
        "right one time in four.")
    found = results.load("quadrants")
    if found is None:
        shown.missing("quadrants", "The quadrant study")
    table(found)
    if found:
        matrix(found["table"])
        shown.done(found, "quadrants")


def names() -> list[str]:
    """What Q1 to Q4 are called."""
    return [QUADRANTS[signs][0] for signs in SIGNS]


def table(found: Mapping | None) -> None:
    """Every row measured here, and what is known of the same songs from others."""
    if found:
        st.markdown(said(found))
    frame = whole([*REFERENCES, *(found or {}).get("table", ())])
    with st.container(key="numbers-quadrants"):
        st.table(frame.style.format("{:.3f}", na_rep="–"))
    st.caption("Macro F1 is the mean over the four quadrants of how well each is found and how rarely it is answered "
               "wrongly: 1 is perfect. Valence side and arousal side are the shares of songs put on the right side of the "
               "middle. Paper and here divided the songs differently: the columns do not compare.")
    st.caption(plain(NOTE))
    csv_button("Table as CSV", frame.set_axis([" ".join(c) for c in frame.columns], axis=1).reset_index(names="system"),
               "quadrants", "csv-quadrants")


def whole(rows: Sequence[Mapping]) -> pd.DataFrame:
    """A row a system; macro F1 as printed and as measured here, all other measures as measured here."""
    columns = [("macro F1", "paper"), *((title, "here") for title in MEASURES.values())]
    values = [[row.get("paper", {}).get("macro_f1"), *(row.get("here", {}).get(m) for m in MEASURES)] for row in rows]
    frame = pd.DataFrame(values, columns=pd.MultiIndex.from_tuples(columns), dtype=float)
    return frame.set_axis([row["title"] for row in rows])


def said(found: Mapping) -> str:
    """What the row that the inner folds trust reaches, and which rows those were."""
    here = next(row for row in found["table"] if row["name"] == CHOSEN)["here"]
    titles = {row["name"]: row["title"] for row in found["table"]}
    (first, count), folds = next(iter(found["trusted"].items())), sum(found["trusted"].values())
    return (f"Of songs by artists that were never heard, **{here['accuracy']:.0%}** are put into the right quadrant (macro "
            f"F1 **{here['macro_f1']:.3f}**); the side of arousal is right for {here['arousal_side']:.0%}, the side of "
            f"valence for {here['valence_side']:.0%}. That is with the row that the inner folds trust: in {count} of {folds} "
            f"folds, {plain(titles[first])}.")


def matrix(rows: Sequence[Mapping]) -> None:
    """Which quadrants are taken for each other, for any row."""
    st.subheader("What is taken for what")
    known = {row["name"]: row for row in rows}
    name = st.selectbox("Row", list(known)[::-1], key="quadrants-row", format_func=lambda n: known[n]["title"])
    counts, called = np.array(known[name]["confusion"]), [f"Q{k + 1} {word}" for k, word in enumerate(names())]
    st.markdown(mistaken(counts, called))
    st.plotly_chart(confusion(counts, called), key="quadrants-confusion", config=theme.CONFIG)
    st.caption("A row is the true quadrant, a column the answer; songs are counted once for each division into folds, and "
               "the mean is shown.")
    frame = pd.DataFrame(counts, called, called).reset_index(names="true")
    csv_button("Matrix as CSV", frame, f"confusion {name}", "csv-confusion")


def mistaken(counts: np.ndarray, called: Sequence[str]) -> str:
    """The quadrant found best, and the mistake made most."""
    share = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    best, wrong = int(np.diag(share).argmax()), share - np.diag(np.diag(share))
    true, answer = np.unravel_index(wrong.argmax(), wrong.shape)
    return (f"**{called[best]}** is found most surely, {share[best, best]:.0%} of its songs. Taken for another most: "
            f"**{called[true]}** for {called[answer]}, {share[true, answer]:.0%} of its songs.")

"""Happy or sad: the thesis's transformer beside the one trained here, and clips of each of its four cases to play."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import streamlit as st

from components import state, theme
from components.errors import plain
from components.experiments import happy_sad_cases, shown
from components.experiments.figures_networks import learning_curves
from components.experiments.figures_quadrants import confusion
from components.take_away import csv_button
from mer_core import results

MODEL = "vit_happy_sad"
CLASSES = ("happy", "sad")


def show(metric: str = "") -> None:
    """Two classes have measures of their own: `metric` is not used."""
    st.subheader("Happy or sad")
    st.markdown("A vision transformer looks at 10 s of spectrogram as at a photograph and says happy or sad. The "
                "thesis fine-tunes a large one that knows photographs; ours is small and first learnt what two audio "
                "networks hear. Here happy is Q1 of 4Q, pleasant and energetic, and sad is Q3, unpleasant and calm.")
    found = results.load("vit")
    if found is None:
        shown.missing("vit", "The transformer")
    paper = found["paper"] if found else printed()
    sides = {"paper": paper, **({"here": found["here"]} if found else {})}
    st.markdown(said(sides))
    matrices(sides)
    table(sides)
    protocols(paper, found)
    untrained()
    happy_sad_cases.show(found, MODEL)
    if found:
        learnt(found["curves"])
        shown.done(found, "vit")


def printed() -> Mapping:
    """The thesis's own figures, where nothing is stored that holds them."""
    from mer_core.training.results_vit import PAPER  # brings torch along

    return PAPER


def untrained() -> None:
    """What the model lacks and the command, where it cannot be asked."""
    lacks = state.service().lacking().get(MODEL)
    if lacks:
        st.info(f"The model that answers for your own songs is missing. {lacks}")


def said(sides: Mapping[str, Mapping]) -> str:
    """The accuracies, and what always giving the commoner answer would reach."""
    told = []
    for side, of in sides.items():
        counts = np.array(of["confusion"])
        told.append(f"{side} **{of['accuracy']:.1%}** of {counts.sum()} clips (always the commoner answer: "
                    f"{counts.sum(axis=1).max() / counts.sum():.1%})")
    return f"Right answers: {'; '.join(told)}. {shown.APART}"


def matrices(sides: Mapping[str, Mapping]) -> None:
    """The confusion matrices side by side, rows the truth."""
    for column, (side, of) in zip(st.columns(2, gap="large"), sides.items()):
        with column:
            st.markdown(f"**{side.capitalize()}**: {plain(of['data'])}")
            st.plotly_chart(confusion(np.array(of["confusion"]), CLASSES), key=f"happy-sad-{side}", config=theme.CONFIG)
            st.markdown(mistaken(np.array(of["confusion"])))
    st.caption("A row is the true mood, a column the answer; the colour is the share of the row, in the cells are the "
               "clips.")
    rows = [{"side": side, "true": truth, **dict(zip(CLASSES, counts, strict=True))}
            for side, of in sides.items() for truth, counts in zip(CLASSES, of["confusion"], strict=True)]
    csv_button("Matrices as CSV", pd.DataFrame(rows), "happy or sad", "csv-happy-sad")


def mistaken(counts: np.ndarray) -> str:
    """Of which mood more is missed."""
    missed = 1 - np.diag(counts) / np.maximum(counts.sum(axis=1), 1)
    worse = int(missed.argmax())
    return (f"{missed[worse]:.0%} of the **{CLASSES[worse]}** clips are taken for {CLASSES[1 - worse]}, "
            f"{missed[1 - worse]:.0%} the other way.")


def table(sides: Mapping[str, Mapping]) -> None:
    """Precision and recall of each class, paper and here in columns of their own."""
    columns = [(measure, side) for measure in ("precision", "recall") for side in ("paper", "here")]
    values = [[sides.get(side, {}).get(name, {}).get(measure) for measure, side in columns] for name in CLASSES]
    frame = pd.DataFrame(values, columns=pd.MultiIndex.from_tuples(columns), dtype=float).set_axis(CLASSES)
    with st.container(key="numbers-happy-sad"):
        st.table(frame.style.format("{:.3f}", na_rep="–"))
    st.caption("Precision: of the clips called so, the share that are. Recall: of the clips that are so, the share "
               "called so. 1 is perfect.")
    csv_button("Table as CSV", frame.set_axis([" ".join(c) for c in columns], axis=1).reset_index(names="class"),
               "happy or sad, precision and recall", "csv-happy-sad-table")


def protocols(paper: Mapping, found: Mapping | None) -> None:
    """How each side came about, and how far the divisions into folds differ."""
    lines = [f"**Paper**: {plain(paper['system'])}; {plain(paper['protocol'])} ({plain(paper['where'])})."]
    if found:
        here, each = found["here"], found["here"].get("splits", {})
        apart = (f"; {len(each)} divisions into folds reach {', '.join(f'{a:.1%}' for a in each.values())}, and the "
                 "matrix and the cases are of the first" if len(each) > 1 else "")
        lines.append(f"**Here**: {plain(here['protocol'])}{apart}.")
    st.markdown("\n".join(f"- {line}" for line in lines))


def learnt(curves: Mapping[str, Sequence]) -> None:
    """The learning curves of the folds."""
    folds = [fold for fold in curves.get("folds", ()) if fold]
    if folds:
        with st.expander("How it learnt", key="vit-learnt"):
            st.plotly_chart(learning_curves(folds), key="vit-curves", config=theme.CONFIG)
            st.caption("With the labels, one line for each outer fold; the epoch is chosen on clips that measure "
                       "nothing else.")

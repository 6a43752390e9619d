"""What every section draws in the same way: a table beside its dots, a switch, what is missing, what was done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from components import state, theme
from components.errors import plain
from components.experiments import dots, tables
from components.take_away import csv_button
from mer_core import results
from mer_core.results import METRICS, Row

SENSE = {
    "r2": "R² is the share of the differences between songs that is told: 1 is perfect, 0 is no better than always "
          "answering the average.",
    "rmse": "RMSE is the typical error, large ones counted more, on the scale from −1 to +1, which is 2 wide: 0 is perfect.",
    "mae": "MAE is the mean error on the scale from −1 to +1, which is 2 wide: 0 is perfect.",
    "r": "Pearson r tells how well the order and the distances of the songs are kept: 1 is perfect, 0 is chance.",
    "ccc": "CCC is r that also counts answers that lie too high, too low or too close together: 1 is perfect.",
}
APART = "Paper and here measured different data: the columns do not compare."


def pick_metric() -> str:
    metric = state.pick("Measure", list(METRICS), "metric", METRICS.get)
    st.caption(SENSE[metric])
    return metric


def compare(rows: Sequence[Row], metric: str, key: str, name: str, note: str = "") -> None:
    """The table and the dots of `rows`, and both as CSV; `note` says what the paper's column is."""
    if not any(row.value(side, target, metric) is not None for row in rows for side in tables.SIDES
               for target in ("valence", "arousal")):
        st.caption(f"{METRICS[metric]} was neither printed nor measured for this table.")
        return
    left, right = st.columns(2, gap="large")
    with left, st.container(key=f"numbers-{key}"):
        st.table(tables.shown(rows, metric))
    with right:
        st.plotly_chart(dots.dots(rows, metric), key=f"dots-{key}", config=theme.CONFIG)
    st.caption(f"{note} {APART} {absent(rows)}".strip())
    csv_button("Table as CSV", tables.whole(rows), name, f"csv-{key}")


def absent(rows: Sequence[Row]) -> str:
    """The rows that only the paper has, where others were measured here."""
    names = [row.title for row in rows if not row.here]
    return f"Not measured here yet: {'; '.join(names)}." if 0 < len(names) < len(rows) else ""


def missing(name: str, what: str) -> None:
    """`what` was not run here yet, and the command that does."""
    st.caption(f"{what} was not run here yet. This makes it:")
    st.code(results.STORED[name].command, language="bash")


def done(found: Mapping, key: str) -> None:
    """How the column "here" came about: data, protocol, what was reduced, command."""
    here = found["here"]
    with st.expander("How it was measured here", key=f"done-{key}"):
        said = [f"{here['data']}, {here['clips']} clips; {here.get('licence', '')}", here.get("protocol", ""),
                *here.get("reduced", ())]
        st.markdown("\n".join(f"- {plain(line)}" for line in said if line))
        st.code(found["command"], language="bash")

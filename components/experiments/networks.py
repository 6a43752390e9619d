"""Networks that look at pictures of 3 s of sound: four of them, and how they learnt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd
import streamlit as st

from components import state, theme
from components.errors import plain
from components.experiments import shown
from components.experiments.figures_networks import learning_curves, printed_curves
from components.take_away import csv_button
from mer_core import results
from mer_core.schema import TARGETS


def show(metric: str) -> None:
    found = results.load("cnn_family")
    st.subheader("Four networks on spectrograms")
    st.markdown("The sound is cut into pieces of 3 s; a network looks at the picture of each, and the song is the mean. SE weighs "
                "what the layers found, GRU follows it over time, attention chooses moments.")
    titles = {name: row["title"] for name, (row, _) in results.printed("cnn_family").items()}
    if found is None:
        shown.missing("cnn_family", "This family")
    rows = results.beside("cnn_family", results.measured((found or {}).get("table", ())), titles)
    shown.compare(rows, metric, "cnn-family", "networks on pictures",
                  "Paper: Table 11, DEAM, the best epoch on the part that was reported; its errors on 1 to 9 are divided by 4.")
    if found:
        st.caption(plain(found["paper"].get("note", "")))
    curves(found, titles)
    if found:
        shown.done(found, "cnn-family")


def curves(found: Mapping | None, titles: Mapping[str, str]) -> None:
    """How each network learnt, in the paper and here; the two measure different things."""
    st.subheader("How they learnt")
    name = state.pick("Network", list(titles), "network", titles.get)
    printed = results.paper()["curves"][name]
    left, right = st.columns(2, gap="large")
    with left:
        st.markdown(f"**Paper**: {printed['where']}, DEAM, R² on the part that was reported")
        st.plotly_chart(printed_curves(printed), key="curve-paper", config=theme.CONFIG)
    with right:
        own = found["curves"].get(name, {}).get("folds", []) if found else []
        if own:
            here(own, "curve-here")
        else:
            shown.missing("cnn_family", "This network")
    rows = [{"side": "paper", "target": t, **point} for t in TARGETS for point in printed[t]]
    rows += [{"side": "here", "fold": k + 1, **point} for k, fold in enumerate(own) for point in fold]
    csv_button("Curves as CSV", pd.DataFrame(rows), f"learning curves {name}", "csv-curves")


def here(folds: Sequence[Sequence[Mapping]], key: str) -> None:
    st.markdown(f"**Here**: loss, one line for each of {len(folds)} folds; the epoch is chosen on the inner fold")
    st.plotly_chart(learning_curves(folds), key=key, config=theme.CONFIG)

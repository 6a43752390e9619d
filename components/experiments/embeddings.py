"""What networks hear alike: t-SNE pictures of their embeddings, coloured by valence and by arousal."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
import streamlit as st

from components import state, theme
from components.experiments import shown
from components.experiments.figures_embeddings import embedding
from components.take_away import csv_button
from mer_core import results
from mer_core.schema import TARGETS


def show(metric: str) -> None:
    table(metric)
    st.subheader("Songs that sound alike to a network")
    found = results.load("tsne")
    if found is None:
        shown.missing("tsne", "The picture of the embeddings")
        return
    pictures(found)
    shown.done(found, "tsne")


def table(metric: str) -> None:
    st.subheader("From what a network hears to two numbers")
    st.markdown("A network that learned to name sounds or tags turns a song into a row of numbers; a small network after it "
                "answers valence and arousal.")
    rows = [row for row in results.models(state.cards().values()) if row.name.endswith(("_mlp", "_ridge"))]
    here = {row.name: row.here for row in rows}
    titles = {**{row.name: row.title for row in rows}, "cnn14_mlp": "PANNs CNN14, EmotionMLP"}
    shown.compare(results.beside("embeddings", here, titles), metric, "embeddings", "embeddings",
                  "Paper: Table 12, DEAM, the best epoch of one division, its errors on ratings from 0 to 1 doubled.")


def pictures(found: Mapping) -> None:
    known = {one["name"]: one for one in found["embeddings"]}
    chosen = known[state.pick("Embedding", list(known), "embedding", lambda name: known[name]["title"])]
    st.markdown(said(chosen, found["here"]["neighbours"]))
    for column, target in zip(st.columns(2, gap="large"), TARGETS, strict=True):
        with column:
            st.plotly_chart(embedding(chosen, found["tracks"], target), key=f"tsne-{target}", config=theme.CONFIG)
    st.caption("Only nearness means something here; directions and sizes have none. The clips are for research only and cannot be "
               "played here; only a song of your own can, on Listen.")
    rows = pd.DataFrame(found["tracks"]).assign(x=chosen["x"], y=chosen["y"])
    csv_button("Places as CSV", rows, f"embedding {chosen['name']}", "csv-tsne")


def said(picture: Mapping, neighbours: int) -> str:
    """How well neighbours agree, in a sentence."""
    r = picture["neighbours"]
    return (f"Each point is a clip, placed by {picture['title']}: near ones are alike. A clip's rating and the mean of its {neighbours} "
            f"nearest neighbours by other artists go together with r = **{r['valence']:.2f}** in valence and "
            f"**{r['arousal']:.2f}** in arousal (1 would be perfect).")

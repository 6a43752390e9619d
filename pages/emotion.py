"""Emotion: where the models place the song, how sure they can be, how it moves, and how far listeners would differ."""

import json

import pandas as pd
import streamlit as st

from components import figures_plane, progress, state, theme
from components.ellipse import view as ellipse_view
from components.take_away import csv_button, file_name
from mer_core.records import plain
from mer_core.schema import ModelCard, Prediction, TrackInfo
from mer_core.words import mood_sentence, number, on_scale, span, value_sentence

VIEWS = {"models": "What the models say", "listeners": "How far listeners differ"}


def table(predictions: list[Prediction], cards: dict[str, ModelCard], scale: str) -> pd.DataFrame:
    """A row a model: value, typical error and R2 on unseen songs."""
    rows = []
    for prediction in predictions:
        card = cards[prediction.model]
        row = {"model": card.title}
        for target, value, off in zip(prediction.targets, prediction.values, prediction.spread, strict=True):
            row |= {target: number(on_scale(value, scale), scale),
                    f"{target}, typically off by": f"{span(off, scale):.2f}",
                    f"{target}, R² on unseen songs": f"{card.test_error[target]['r2']:.2f}"}
        rows.append(row)
    return pd.DataFrame(rows).set_index("model").T


def over_time(predictions: list[Prediction], scale: str) -> pd.DataFrame:
    """The curves as rows of model, time in s, valence, arousal."""
    def one(p: Prediction) -> pd.DataFrame:
        return pd.DataFrame({"model": p.model, "time_s": p.times, **dict(zip(p.targets, on_scale(p.curve, scale)))})
    return pd.concat([one(p) for p in predictions]).round(4)


def words(prediction: Prediction, scale: str) -> None:
    st.markdown(f"**{state.titles()[prediction.model]}.** {mood_sentence(prediction)}")
    st.markdown("\n".join(f"- {value_sentence(prediction, target, scale)}" for target in prediction.targets))
    st.caption("  \n".join((figures_plane.ellipse_sentence(prediction, scale), *prediction.notes)))


def downloads(info: TrackInfo, predictions: list[Prediction], scale: str) -> None:
    facts = {"song": info.title, "id": info.id, "scale": scale,
             "predictions": [{k: plain(v) for k, v in vars(p).items()} for p in predictions]}
    with st.container(horizontal=True):
        csv_button("Curves as CSV", over_time(predictions, scale), info.title, "emotion-csv")
        st.download_button("All as JSON", json.dumps(facts, ensure_ascii=False, indent=1),
                           file_name(info.title, "json"), "application/json", key="emotion-json", on_click="ignore")
    st.caption("The JSON always holds values from −1 to +1.")


info, cards = state.song(), state.cards()
if info is None or not cards:
    st.info("A song and a trained model are needed." if info is None else "No model is trained yet; see About.")
    st.stop()
if state.pick("Look at", list(VIEWS), "emotion-view", VIEWS.get) == "listeners":
    ellipse_view.show(info)
    st.stop()
with st.container(horizontal=True, key="controls"):
    models, scale = state.pick_models(), state.pick_scale()
left, right = st.columns([1.15, 1], gap="large")
predictions = []
with right, st.container(key="sentences"):
    for name in models:
        found = progress.result("predict", info, name, label=f"Placing the song with {cards[name].title}", height=190)
        if found is not None:
            predictions.append(found)
            words(found, scale)
if predictions:
    with left:
        st.plotly_chart(figures_plane.plane(predictions, state.titles(), scale), key="plane", config=theme.CONFIG)
    st.subheader("Over time")
    figure = figures_plane.curves(predictions, state.titles(), scale, info.duration)
    st.plotly_chart(figure, key="curves", config=theme.CONFIG)
    st.subheader("Side by side")
    st.table(table(predictions, cards, scale))
    downloads(info, predictions, scale)

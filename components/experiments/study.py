"""Measured features: six regressors on six feature sets, which features matter, and what was rated."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import streamlit as st

from components import state, theme
from components.errors import plain
from components.experiments import figures_study, shown, study_features
from components.take_away import csv_button
from mer_core import results
from mer_core.results import Row
from mer_core.schema import TARGETS

REGRESSORS = {"ridge": "Ridge", "lasso": "Lasso", "svr": "SVR", "random_forest": "Random forest",
              "gradient_boosting": "Gradient boosting", "xgboost": "XGBoost"}
SETS = {"all": "all 386", "pearson": "top 15 by Pearson", "shap": "top 15 by SHAP", "union": "either top 15",
        "intersection": "both top 15", "pca": "principal components"}
DEAM = "DEAM, 1744 songs; its errors on 1 to 9 are divided by 4."


def show(metric: str) -> None:
    found = results.load("handcrafted")
    if found is None:
        shown.missing("handcrafted", "The study of measured features")
    here = cells(found) if found else {}
    regressors(here, metric)
    feature_sets(here, metric)
    if found:
        st.caption(plain(found["paper"].get("note", "")))
        kept(found)
        study_features.show(found)
        labels(found)
        shown.done(found, "handcrafted")


def cells(found: Mapping) -> dict[tuple[str, str], results.Cells]:
    """(feature set, regressor) -> what was measured here."""
    return {(row["set"], row["regressor"]): row["here"] for row in found["table"]}


def rows(here: Mapping, printed: Mapping, keys: Mapping[str, tuple[str, str]], titles: Mapping[str, str]) -> list[Row]:
    """A row for each of `titles`; `keys` names its cell, `printed` has the paper's figures."""
    return [Row(name, title, printed.get(name, ({}, {}))[1], results.rescaled(here.get(keys[name], {}), "-1 to 1"))
            for name, title in titles.items()]


def regressors(here: Mapping, metric: str) -> None:
    st.subheader("Six ways to answer from the same measurements")
    st.markdown("386 numbers describe a song: its timbre (MFCC), the pitches in it (chroma, tonnetz), its spectrum (mel bands, "
                "contrast). Six regressors turn them into valence and arousal.")
    chosen = state.pick("Features", list(SETS), "feature-set", SETS.get) if here else "all"
    printed = results.printed("regressors") if chosen == "all" else {}
    found = rows(here, printed, {r: (chosen, r) for r in REGRESSORS}, REGRESSORS)
    shown.compare(found, metric, "regressors", f"regressors {chosen}",
                  f"Paper: {DEAM} It names six regressors and prints the best one's figures, on all 386 features.")


def feature_sets(here: Mapping, metric: str) -> None:
    st.subheader("With fewer measurements")
    st.markdown("The 15 features that go with a rating most (Pearson), the 15 that trees lean on most (SHAP), both lists "
                "together, what they share, or 386 values turned into a few (PCA). Chosen without the songs that measure them.")
    chosen = state.pick("Regressor", list(REGRESSORS)[::-1], "regressor", REGRESSORS.get) if here else "xgboost"
    printed = results.printed("feature_sets") if chosen == "xgboost" else {}
    found = rows(here, printed, {s: (s, chosen) for s in SETS}, SETS)
    shown.compare(found, metric, "feature-sets", f"feature sets {chosen}", f"Paper: Table 2, XGBoost, {DEAM}")


def kept(found: Mapping) -> None:
    """Which features each set holds, and in how many of the outer folds."""
    with st.expander("What each set keeps", key="kept-features"):
        long = pd.DataFrame([{"set": SETS[s], "target": t, "feature": name, "in folds": count}
                             for s, of in found["kept"].items() for t, own in of.items()
                             for name, count in own["folds"].items()])
        st.caption("Each outer fold chooses anew, on the songs it learns from. How many: " + "; ".join(
            f"{SETS[s]} {t} {np.mean(own['sizes']):.0f}" for s, of in found["kept"].items() for t, own in of.items()) + ".")
        st.dataframe(long, hide_index=True, height=300)
        csv_button("Features as CSV", long, "features kept", "csv-kept")


def placed() -> tuple[str, float, float] | None:
    """The current song where the best model that has heard it puts it: (title, valence, arousal)."""
    info = state.song()
    for model in (state.model(), *state.cards()) if info else ():
        known = model and state.service().stored("predict", info, model)
        if known and set(TARGETS) <= set(known.targets):
            return (info.title, *(float(known.values[known.targets.index(t)]) for t in TARGETS))
    return None


def labels(found: Mapping) -> None:
    """What listeners said: the plane, and how often each rating came."""
    st.subheader("What listeners said")
    tracks = found["scatter"]
    v, a = (np.array([t[target] for t in tracks]) for target in TARGETS)
    st.markdown(f"{len(tracks)} clips of {plain(found['here']['data'])}. Valence and arousal go together with "
                f"r = **{np.corrcoef(v, a)[0, 1]:.2f}**: pleasant clips tend to be "
                f"{'energetic' if np.corrcoef(v, a)[0, 1] > 0 else 'calm'}. On DEAM the paper sees the same upward trend.")
    left, right = st.columns(2, gap="large")
    with left:
        st.plotly_chart(figures_study.ratings(tracks, placed()), key="ratings", config=theme.CONFIG)
    with right:
        for target in TARGETS:
            title = f"{target}, mean over listeners (−1 to +1)"
            st.plotly_chart(figures_study.histogram(found["histograms"][target], target, title), key=f"histogram-{target}",
                            config=theme.CONFIG)
    apart = {t: found["histograms"][f"{t}_sd"] for t in TARGETS if f"{t}_sd" in found["histograms"]}
    if apart:
        st.markdown("How far single listeners lie apart on the same clip (standard deviation):")
        for column, (target, counts) in zip(st.columns(2, gap="large"), apart.items(), strict=True):
            with column:
                st.plotly_chart(figures_study.histogram(counts, target, f"{target}, standard deviation over listeners"),
                                key=f"apart-{target}", config=theme.CONFIG)
    csv_button("Ratings as CSV", pd.DataFrame(tracks), "ratings", "csv-ratings")

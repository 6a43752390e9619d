"""Which measured features matter, over all clips, and where the user's own song lies on them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import streamlit as st

from components import figures, progress, state, theme
from components.errors import plain
from components.experiments import figures_study
from components.take_away import csv_button
from mer_core.schema import FeatureInfo
from mer_core.training.results_handcrafted import dependence


def show(found: Mapping) -> None:
    st.subheader("Which measurements matter")
    target = state.pick_target()
    infos = state.service().features()
    words = {name: figures.short(info) for name, info in infos.items()}
    correlated(found["pearson"], target, words)
    swarms(found["beeswarm"], target, words)
    families(found["families"], target)
    one_feature(found, target, infos, words)


def correlated(pearson: Mapping, target: str, words: Mapping[str, str]) -> None:
    name, r = figures_study.strongest(pearson, target, 1)[0]
    st.markdown(f"One at a time: **{plain(words.get(name, name))}** goes with {target} most, r = {r:+.2f}.")
    st.plotly_chart(figures_study.pearson_bars(pearson, target, words), key="pearson", config=theme.CONFIG)
    csv_button("Correlations as CSV", pd.DataFrame(pearson), "correlations", "csv-pearson")


def swarms(rows: Mapping, target: str, words: Mapping[str, str]) -> None:
    st.markdown(f"All together: how far each feature moved {target} in trees that had not heard the clip's artist (SHAP). A dot is "
                "a clip; full colour means that the feature's value is high.")
    st.plotly_chart(figures_study.beeswarm(rows[target], target, words), key="beeswarm", config=theme.CONFIG)
    long = [{"feature": row["name"], "value": v, "moves": s} for row in rows[target]
            for v, s in zip(row["values"], row["shap"], strict=True)]
    csv_button("SHAP values as CSV", pd.DataFrame(long), f"SHAP {target}", "csv-shap")


def families(found: Mapping, target: str) -> None:
    counts = {which: sum(row["features"] for row in own[target].values()) for which, own in found.items()}
    which = state.pick("Families of", list(found)[::-1], "families",
                       lambda w: f"the paper's {counts[w]}" if w == "paper" else f"all {counts[w]} features")
    first, second = sorted(found[which][target].items(), key=lambda item: -item[1]["importance"])[:2]
    st.markdown(f"By family: **{first[0]}** moves {target} by {first[1]['importance']:.2f} on average, **{second[0]}** by "
                f"{second[1]['importance']:.2f}.")
    st.plotly_chart(figures_study.families(found[which]), key="family-bars", config=theme.CONFIG)
    rows = [{"features": w, "target": t, "family": f, **cells} for w, own in found.items() for t in own
            for f, cells in own[t].items()]
    csv_button("Families as CSV", pd.DataFrame(rows), "families", "csv-families")


def one_feature(found: Mapping, target: str, infos: Mapping[str, FeatureInfo], words: Mapping[str, str]) -> None:
    """Any feature: its value on each clip against how far it moved the answer, and the user's own song."""
    order = [name for name, _ in figures_study.strongest(found["pearson"], target, len(found["pearson"]["features"]))]
    order += [name for name in infos if name not in order]
    first = found["beeswarm"][target][0]["name"]
    name = st.selectbox("One feature", order, index=order.index(first), key=f"one-feature-{target}",
                        format_func=lambda n: f"{words.get(n, n)} ({n})")
    try:
        values, shap = dependence(name, target, found["here"]["dataset"])
    except FileNotFoundError:
        st.caption("The values of all features were not stored here yet.")
        st.code(found["command"], language="bash")
        return
    own = of_song(name, target)
    st.markdown(f"{plain(infos[name].sentence.rstrip('.'))}. {lies(own and own[0], values, infos[name].unit)}")
    said = f"{words[name]}, {infos[name].unit}" if infos[name].unit else words[name]
    st.plotly_chart(figures_study.dependence(values, shap, target, said, own), key="dependence", config=theme.CONFIG)
    st.caption(two_models(own is not None))
    csv_button("This feature as CSV", pd.DataFrame({"value": values, "moves": shap}), f"{name} {target}", "csv-dependence")


def two_models(song: bool) -> str:
    """That the dots and the song's diamond are the answers of different trees."""
    dots = "Dots: the rated clips, each by trees grown for this figure on all measurements of other artists' clips."
    return dots if not song else (
        f"{dots} Diamond: this song, by the app's own model, {plain(state.cards()[measuring()].title)}, which learnt from all of "
        "these clips and leaves some measurements out. Those are other trees, so the diamond may lie beside the dots.")


def measuring() -> str | None:
    """The model whose answer is split among measured features."""
    return next((m for m in state.cards() if "treeshap" in state.service().explainers(m)), None)


def of_song(name: str, target: str) -> tuple[float, float] | None:
    """The current song's mean value of the feature, and how far it moved the target, by the model on measured features;
    None where it does not use the feature, or while the song is measured."""
    info, model = state.song(), measuring()
    if info is None or model is None:
        return None
    known = progress.result("explain", info, "treeshap", model, label="Measuring this song", height=60)
    if not known or name not in known[target].labels:
        return None
    row = known[target].labels.index(name)
    return float(known[target].inputs[row]), float(known[target].values[row])


def lies(own: float | None, values: np.ndarray, unit: str) -> str:
    """Where the current song lies among the clips."""
    if own is None:
        return "The current song has no value of it: the model on measured features leaves it out, or is still measuring."
    title = plain(state.song().title)
    return f"**{title}** has {own:.3g} {plain(unit)}: more than {np.mean(values < own):.0%} of the clips."

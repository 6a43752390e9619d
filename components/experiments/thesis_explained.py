"""What the thesis draws of Mid2E: which descriptor goes with which rating, in the regression and in the network."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import streamlit as st

from components import state, theme
from components.experiments import figures_study
from components.experiments import figures_thesis_mid2e as drawn
from components.take_away import csv_button
from mer_core.words import target_words

SETS = {"7": "7 descriptors", "19": "+ chroma", "34": "+ chords", "19 relative": "+ chroma, from the key",
        "33 relative": "+ chords, by degree", "13 functional": "+ chords, by function"}
SHOWN = 20  # bars of a ranking


def show(found: Mapping) -> None:
    """On the ratings that the switch of the tables above has chosen."""
    name = st.session_state["kept-thesis-data"]
    figures, data = found["figures"][name], found["data"][name]
    st.subheader("Which descriptor goes with which rating")
    of = state.pick("Descriptors", list(SETS), "thesis-set", SETS.get)
    squared = of in figures["interactions"] and st.toggle("With the products of each two", key="thesis-products")
    weights(figures["interactions" if squared else "coefficients"][of], of, data["title"], squared)
    st.subheader("What moves the shallow network")
    known = next(row["here"]["r"] for row in found["mid2e"][name] if row["name"] == f"{of}-network")
    network(figures["shap"][of], of, data, {target: r for target, (r, _) in known.items()})


def weights(found: Mapping, of: str, title: str, squared: bool) -> None:
    """The standardised coefficients as a heatmap, and their sizes ranked."""
    st.markdown(strongest(found, of))
    left, right = st.columns(2, gap="large")
    with left:
        st.plotly_chart(drawn.coefficients(found, of), key="coefficients", config=theme.CONFIG)
    with right:
        label, size = found["ranking"][0]
        st.markdown(f"Over all ratings, **{words(label, of)}** weighs most: {size:.2f} on average.")
        axis = f"mean size of the coefficients:<br>{drawn.STANDARDISED}"
        st.plotly_chart(drawn.bars(found["ranking"][:SHOWN], of, axis), key="ranking", config=theme.CONFIG)
    st.caption(f"Linear regression on all clips of {title}: how far the rating moves, in its own standard deviations, "
               "when a descriptor moves by one and the others stay. Red raises, blue lowers. Hover: ± over five "
               "regressions that each lack a fifth. Descriptors that go together share their weight, so a small one "
               f"may still matter alone. “None” marks clips on which a descriptor is not defined; where that weighs "
               f"under {drawn.FAINT} it is in the CSV only."
               f"{' With products, the 20 strongest terms are shown.' if squared else ''}")
    table = pd.DataFrame(found["values"], found["features"], found["targets"]).reset_index(names="descriptor")
    csv_button("Coefficients as CSV", table, f"coefficients {title} {of}", "csv-coefficients")


def words(label: str, of: str) -> str:
    return drawn.called(label, of).replace("<br>", " ")


def strongest(found: Mapping, of: str) -> str:
    """The largest coefficient that raises a rating and the largest that lowers one."""
    values, told = np.array(found["values"]), []
    for place, verb in ((values.argmax(), "raises"), (values.argmin(), "lowers")):
        row, column = np.unravel_index(place, values.shape)
        told.append(f"**{words(found['features'][row], of).capitalize()}** {verb} "
                    f"**{drawn.rating(found['targets'][column])}** most, by {abs(values[row, column]):.2f} of its "
                    "spread")
    return f"{'. '.join(told)}."


def network(found: Mapping, of: str, data: Mapping, known: Mapping[str, float]) -> None:
    """Global SHAP: mean sizes over all ratings, and the clips one by one where they are stored. `known`: rating -> r on
    unseen clips."""
    ranked = drawn.moves(found["mean"])
    name, size = ranked[0]
    st.markdown(f"**{words(name, of).capitalize()}** moves an answer most: by {size:.3f} on average over clips and "
                f"ratings ({data['unit']}).")
    figure = drawn.bars(ranked[:SHOWN], of, f"mean size of the SHAP values<br>({data['unit']})")
    st.plotly_chart(figure, key="mean-shap", config=theme.CONFIG)
    st.caption("SHAP splits what the network answers on a clip, less its usual answer, among the descriptors. Each "
               "clip is explained by a network that did not learn from its group.")
    long = pd.DataFrame(found["mean"]).T.reset_index(names="descriptor")
    csv_button("Mean SHAP as CSV", long, f"mean SHAP {data['title']} {of}", "csv-mean-shap")
    if "shap" in found:
        swarm(found, of, data, known)
    else:
        st.caption("Clip by clip, SHAP values are kept for the seven descriptors only.")


def swarm(found: Mapping, of: str, data: Mapping, known: Mapping[str, float]) -> None:
    """A dot for each clip and descriptor, for one rating; first those that the network knows best."""
    targets = sorted(known, key=known.get, reverse=True)
    target = state.pick("Rating", targets, f"thesis-rating-{len(targets)}", target_words)
    of_target = drawn.swarm_rows(found, target)
    first = of_target[0]
    grows = np.corrcoef(figures_study.rank(np.array(first["values"])), first["shap"])[0, 1] > 0
    st.markdown(f"For **{drawn.rating(target)}**, **{words(first['name'], of)}** moves the answer most; where it is "
                f"high, the answer {'rises' if grows else 'falls'}. Its r on unseen clips is {known[target]:.2f}. A "
                "dot is a clip; full colour means that the descriptor is high there.")
    named = {row["name"]: drawn.called(row["name"], of) for row in of_target}
    figure = figures_study.beeswarm(of_target, target, named, data["unit"])
    st.plotly_chart(figure, key="thesis-swarm", config=theme.CONFIG)
    st.caption("A clip on which a descriptor is not defined has no dot in its row.")
    rows = [{"descriptor": row["name"], "value": v, "moves": s} for row in of_target
            for v, s in zip(row["values"], row["shap"], strict=True)]
    csv_button("SHAP values as CSV", pd.DataFrame(rows), f"SHAP {target}", "csv-thesis-shap")

"""The thesis's feature route: ratings from audio directly, and by way of descriptors that have names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import streamlit as st
from pandas.io.formats.style import Styler

from components import state, theme
from components.errors import plain
from components.experiments import figures_thesis_mid2e as drawn
from components.experiments import shown, thesis_explained
from components.take_away import csv_button
from mer_core import results

MEASURES = {"r_total": "Pearson r, all ratings at once", "r_mean": "Pearson r, mean of the ratings",
            "mse": "mean squared error"}
SENSE = {
    "r_total": "All ratings of all clips in one row: 1 is perfect. It also rewards knowing which rating is high on "
               "every clip, so it lies above the mean. The thesis's totals read like this one.",
    "r_mean": "r of each rating over the clips, then the mean: 1 is perfect, 0 is chance. The paper's is the mean of "
              "the figures that it prints for each rating, where it prints them.",
    "mse": "0 is perfect. The thesis's is in the squared points of its own scale, ours in the squared unit of our "
           "ratings.",
}
MODELS = {"linear": "linear", "linear_interactions": "linear with products", "ridge": "ridge",
          "ridge_interactions": "ridge with products", "network": "shallow network"}
ENCODED = {"7": "7 descriptors alone", "19": "chroma from C (19)", "19 relative": "chroma from the key (19)",
           "34": "chords by name (34)", "33 relative": "chords by degree (33)",
           "13 functional": "chords by function (13)"}
ROUTES = {"a2e": "A2E, straight", "a2mid2e": "A2Mid2E", "joint": "A2Mid2E, joint"}
Side = Mapping | None


def show(metric: str = "") -> None:
    """Several ratings at once have measures of their own: `metric` is not used."""
    found = results.load("thesis")
    st.subheader("From sound to emotion, with and without descriptors")
    st.markdown("The thesis asks what it costs to answer by way of seven things that a musician can name: "
                "melodiousness, articulation, rhythm stability, rhythm complexity, dissonance, tonal stability, "
                "minorness. A2E goes straight from sound to ratings, A2Mid from sound to descriptors, Mid2E from "
                "descriptors to ratings.")
    st.markdown("Two things differ here. Emotify's nine are **felt** emotions: how many listeners said that the music "
                "made them feel it; the thesis's eight are emotions that experts heard **expressed**. And the "
                "descriptors here are **signal-based**: formulas on the sound, **not learned from listeners**.")
    if found is None:
        shown.missing("thesis", "The thesis's feature route")
    measure = state.pick("Measure", list(MEASURES), "thesis-measure", MEASURES.get)
    st.caption(SENSE[measure])
    a2e(found, measure)
    a2mid(found)
    routes(found)
    mid2e(found, measure)
    if found:
        encodings(found)
        thesis_explained.show(found)
        shown.done(found, "thesis")


def rows(found: Mapping | None, stored: str, table: str) -> list[Mapping]:
    """What was stored, or the paper's own rows where nothing was."""
    if found:
        return found[stored]
    return [{"title": row["title"], "paper": row, "here": None} for row in results.paper()["tables"][table]["rows"]]


def value(side: Side, measure: str) -> tuple[float, float]:
    """(mean, standard deviation over seeds), NaN where there is none; one seed has no deviation."""
    if not side:
        return np.nan, np.nan
    if measure == "r_mean" and "r_mean" not in side and "r" in side:  # printed for each rating only
        return float(np.mean([r for r, _ in side["r"].values()])), np.nan
    mean, sd = side.get(measure, (np.nan, np.nan))
    return mean, sd if side.get("seeds") != 1 else np.nan


def frame(of: Sequence[Mapping], measure: str) -> pd.DataFrame:
    """A row a system; paper and here in columns of their own, each with what its seeds differ by."""
    columns = [("paper", "mean"), ("paper", "±"), ("here", "mean"), ("here", "±"), ("here", "seeds")]
    values = [[*value(row["paper"], measure), *value(row["here"], measure), (row["here"] or {}).get("seeds")]
              for row in of]
    frame = pd.DataFrame(values, columns=pd.MultiIndex.from_tuples(columns), dtype=float)
    return frame.set_axis([row["title"] for row in of])


def counted(table: pd.DataFrame, seeds: str | tuple[str, str]) -> Styler:
    """Three digits, a dash where there is no figure; whole numbers in the column `seeds`."""
    return table.style.format("{:.3f}", na_rep="–").format("{:.0f}", na_rep="–", subset=[seeds])


def compare(of: Sequence[Mapping], measure: str, key: str, note: str) -> None:
    """The table and the marks of `of`, each rating alone, and all of it as CSV."""
    st.markdown(best(of, measure))
    left, right = st.columns(2, gap="large")
    with left, st.container(key=f"numbers-{key}"):
        st.table(counted(frame(of, measure), ("here", "seeds")))
    with right:
        sides = ("here",) if measure == "mse" else ("paper", "here")  # two units share no axis
        points = [(row["title"], side, *value(row[side], measure)) for row in of for side in sides if row[side]]
        points = [point for point in points if np.isfinite(point[2])]
        if points:
            st.plotly_chart(drawn.dots(points, axis(measure)), key=f"dots-{key}", config=theme.CONFIG)
    absent = [row["title"] for row in of if not row["here"]]
    lacking = f" Not measured here: {'; '.join(absent)}." if 0 < len(absent) < len(of) else ""
    st.caption(f"{note} ± is the standard deviation over seeds. {shown.APART}{lacking}")
    long = each(of)
    if len(long):
        with st.expander("Each rating alone", key=f"each-{key}"):
            st.dataframe(long.style.format("{:.3f}", na_rep="–", subset=long.columns[2:]), hide_index=True)
    totals = pd.concat({m: frame(of, m) for m in MEASURES}, axis=1)
    csv_button("Table as CSV", flat(totals, "system"), key, f"csv-{key}")


def best(of: Sequence[Mapping], measure: str) -> str:
    """The row that leads in the paper and the one that leads here."""
    points = [(row["title"], side, *value(row[side], measure)) for side in ("paper", "here") for row in of]
    return lead(points, min if measure == "mse" else max)


def lead(points: Sequence[drawn.Point], choose=max) -> str:
    """The best row of each series; "" where nothing is known."""
    known = [point for point in points if np.isfinite(point[2])]
    told = [(side, choose((p for p in known if p[1] == side), key=lambda p: p[2]))
            for side in dict.fromkeys(point[1] for point in known)]
    return f"Best: {'; '.join(f'{side} **{p[0]}**, {p[2]:.3f}' for side, p in told)}." if told else ""


def axis(measure: str) -> str:
    return "mean squared error here (0 is best)" if measure == "mse" else "Pearson r (1 is best)"


def each(of: Sequence[Mapping]) -> pd.DataFrame:
    """r of every rating alone, a row a system and side."""
    found = [{"system": row["title"], "of": side, **{drawn.rating(t): r for t, (r, _) in row[side]["r"].items()}}
             for side in ("paper", "here") for row in of if row[side] and "r" in row[side]]
    return pd.DataFrame(found)


def a2e(found: Mapping | None, measure: str) -> None:
    st.subheader("A2E: straight from sound to ratings")
    st.markdown("One network with four inputs: a spectrogram, a chromagram, both in two branches, and the mean of "
                "twelve pitch classes.")
    compare(rows(found, "a2e", "thesis_a2e"), measure, "a2e",
            "Paper: Tables 6 to 10, Soundtracks, four seeds, expressed emotion.")


def a2mid(found: Mapping | None) -> None:
    """r of each descriptor: all at once would reward knowing their units."""
    st.subheader("A2Mid: from sound to descriptors")
    st.markdown("The thesis's network learns what **listeners** said of melody, rhythm and harmony. That data set "
                "(Mid-level Perceptual Features) is not at hand, so ours learns what the **formulas** measure: its "
                "figures tell how well a network can do without the formulas, and nothing of listeners.")
    of = rows(found, "a2mid", "thesis_a2mid")
    points = [(drawn.called(name, ""), f"{side}, {row['title']}" if side == "here" else side, r,
               sd if row[side].get("seeds") != 1 else np.nan)
              for row in of for side in ("paper", "here") if row[side] for name, (r, sd) in row[side]["r"].items()]
    st.markdown(lead(points))
    table = by_row(points)
    left, right = st.columns(2, gap="large")
    with left, st.container(key="numbers-a2mid"):
        st.table(table.style.format("{:.3f}", na_rep="–"))
    with right:
        st.plotly_chart(drawn.dots(points, "Pearson r (1 is best)"), key="dots-a2mid", config=theme.CONFIG)
    st.caption(f"Paper: Table 11, spectrogram, six seeds, descriptors that listeners rated. ± is the standard "
               f"deviation over seeds. No squared error: the seven differ in their units. {shown.APART} With the "
               "Mid-level set at hand, this learns from listeners:")
    st.code("python -m mer_core evaluate a2mid --data DIR", language="bash")
    csv_button("Table as CSV", flat(table, "descriptor"), "A2Mid", "csv-a2mid")


def by_row(points: Sequence[drawn.Point]) -> pd.DataFrame:
    """(row, series, r, deviation) as a table: a row a row, r and ± of each series."""
    names, series = (list(dict.fromkeys(point[i] for point in points)) for i in (0, 1))
    known = {point[:2]: point[2:] for point in points}
    values = [[v for s in series for v in known.get((name, s), (np.nan, np.nan))] for name in names]
    return pd.DataFrame(values, columns=pd.MultiIndex.from_product([series, ["r", "±"]]), dtype=float).set_axis(names)


def flat(table: pd.DataFrame, row: str) -> pd.DataFrame:
    """The table with one line of headings, to take away."""
    return table.set_axis([" ".join(column) for column in table.columns], axis=1).reset_index(names=row)


def routes(found: Mapping | None) -> None:
    st.subheader("What it costs to be explainable")
    st.markdown("A2Mid2E puts the seven descriptors between sound and ratings; joint trains both at once. What it "
                "loses in r against A2E on the same clips is the cost of explainability.")
    known = [row for row in (found or {}).get("routes", ()) if row["here"]]
    through = [row for row in known if row["cost"]]
    if through:
        st.markdown(costs(through))
        left, right = st.columns(2, gap="large")
        with left, st.container(key="numbers-routes"):
            table = cost_table(known)
            st.table(counted(table, "seeds"))
        with right:
            points = [(row["title"].split(", ")[-1], ROUTES[row["route"]], *value(row["here"], "r_mean"))
                      for row in known]
            st.plotly_chart(drawn.dots(points, "Pearson r, mean of the ratings (1 is best)"), key="dots-routes",
                            config=theme.CONFIG)
        csv_button("Costs as CSV", table.reset_index(names="route"), "cost of explainability", "csv-routes")
    st.caption("Measured here only: the thesis describes both routes and prints no figure for them. Cost: r (mean of "
               "the ratings) of A2E less that of the route, over the seeds that both have; negative where the route is "
               "ahead.")


def costs(through: Sequence[Mapping]) -> str:
    """What each route loses, with its spread."""
    told = []
    for row in through:
        lost, sd, seeds = row["cost"]
        verb, by = ("loses", lost) if lost >= 0 else ("gains", -lost)
        sure = f" ± {sd:.3f} over {seeds} seeds" if seeds > 1 else ", one seed"
        told.append(f"**{row['title']}** {verb} {by:.3f}{sure}")
    return f"{'; '.join(told)}."


def cost_table(known: Sequence[Mapping]) -> pd.DataFrame:
    """A row a route: r with its deviation, the cost with its own, and the seeds of r."""
    values = [[*value(row["here"], "r_mean"), *(row["cost"] or [np.nan] * 2)[:2], row["here"]["seeds"]]
              for row in known]
    frame = pd.DataFrame(values, columns=["r", "±", "cost", "± ", "seeds"], dtype=float)
    return frame.set_axis([row["title"] for row in known])


def pick_data(found: Mapping) -> str:
    return state.pick("Ratings", list(found["data"]), "thesis-data", lambda n: (
        f"{found['data'][n]['title']}: {len(found['data'][n]['targets'])} ratings, {found['data'][n]['clips']} clips"))


def mid2e(found: Mapping | None, measure: str) -> None:
    st.subheader("Mid2E: from descriptors to ratings")
    st.markdown("7 descriptors; 19 with the mean chroma; 34 with the shares of 24 chords, root and mode of the key, "
                "and whether the tonic is among the top three. Linear regression, the same with products of each two, "
                "a shallow network.")
    of = rows(found and found["mid2e"], pick_data(found), "") if found else rows(None, "", "thesis_mid2e")
    compare([row for row in of if " " not in row.get("set", "")], measure, "mid2e",
            "Paper: Tables 12 and 14, six seeds, which calls its linear regression ridge as well. Ridge: measured here "
            "only.")


def encodings(found: Mapping) -> None:
    st.subheader("Harmony counted from C or from the key")
    st.markdown("A song moved up by a tone has other chords and the same mood. The thesis counts pitches and chords "
                "from C and names counting from the key as future work.")
    name = st.session_state["kept-thesis-data"]
    known = {(row["set"], row["model"]): row["here"] for row in found["mid2e"][name]}
    st.markdown(f"On {plain(found['data'][name]['title'])}, r (mean of the ratings): {turned(known)}")
    points = [(said, MODELS[m], *value(known[s, m], "r_mean")) for s, said in ENCODED.items()
              for m in ("linear", "ridge", "network")]
    table = by_row(points)
    left, right = st.columns(2, gap="large")
    with left, st.container(key="numbers-encodings"):
        st.table(table.style.format("{:.3f}", na_rep="–"))
    with right:
        st.plotly_chart(drawn.dots(points, "Pearson r, mean of the ratings (1 is best)"), key="dots-encodings",
                        config=theme.CONFIG)
    st.caption("Measured here only; the same descriptors and clips in every row. Functions: tonic, subdominant, "
               "dominant, other.")
    csv_button("Encodings as CSV", flat(table, "harmony"), f"encodings {name}", "csv-encodings")


def turned(known: Mapping[tuple[str, str], Mapping]) -> str:
    """What each way of counting from the key changes against counting from C, beside what seeds differ by."""
    pairs = {"chroma from the key": ("19 relative", "19"), "chords by degree": ("33 relative", "34"),
             "chords by function": ("13 functional", "34")}
    told = []
    for title, (new, old) in pairs.items():
        gains = [f"{known[new, m]['r_mean'][0] - known[old, m]['r_mean'][0]:+.3f} ({MODELS[m]})"
                 for m in ("linear", "network")]
        told.append(f"**{title}** {' and '.join(gains)}")
    spread = max(known[s, m]["r_mean"][1] for s in ENCODED for m in ("linear", "network"))
    return f"{'; '.join(told)}. The same row differs from seed to seed by up to ± {spread:.3f}."

"""Bright for Q4, dark for Q2? Brightness of the maps by quadrant, with effect sizes and a control."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd
import streamlit as st

from components import state, theme
from components.errors import plain
from components.experiments.figures_harmonics import effects, spread
from components.take_away import csv_button

PAPERS = "relu"  # the measure that the paper's claim is read by
CONTROL = "picture"
NAMES = {"relu": "mean brightness", "drawn": "share of the brightest cell", "signed": "for and against",
         CONTROL: "the input alone"}
OF = {"said": "answered", "true": "true", "elsewhere": "same songs"}
SIZES = ((0.8, "large"), (0.5, "medium"), (0.2, "small"), (0.0, "hardly any"))  # Cohen's words for |d|


def show(found: Mapping, called: Sequence[str]) -> None:
    """`found` as study_harmonics measured it; `called`: what Q1 to Q4 are called."""
    st.subheader("Bright for Q4, dark for Q2?")
    st.markdown(verdict(found["rows"]))
    st.markdown("\n".join(f"- {line}" for line in (control(found["rows"]), same_songs(found))))
    songs(found, called)
    sizes(found)
    rows = pd.DataFrame([{**clip, "truth": called[clip["truth"]], "said": called[clip["said"]]} for clip in found["clips"]])
    csv_button("Every song's brightness as CSV", rows, "harmonics brightness", "csv-brightness")


def row(rows: Sequence[Mapping], name: str, of: str = "said") -> Mapping:
    return next(r for r in rows if (r["name"], r["of"]) == (name, of))


def verdict(rows: Sequence[Mapping]) -> str:
    """Whether the paper's sentence holds, by the measure nearest to what is known of it, whatever it says."""
    own = row(rows, PAPERS)
    (low, high), d = own["d_interval"], own["d"]
    answer = "**Yes, by the mean of the map as it is.** Songs called Q4 are brighter than songs called Q2" if low > 0 else \
        "**No, the other way round here.** Songs called Q4 are darker than songs called Q2" if high < 0 else \
        "**Not to be told here.** Songs called Q4 and songs called Q2 are about as bright"
    return (f"{answer}: Cohen's d **{d:+.2f}** (90 % interval {low:+.2f} to {high:+.2f}), {size(d)} by the usual words; a "
            f"song of Q4 is the brighter one in {own['auc']:.0%} of pairs ({own['auc_interval'][0]:.0%} to "
            f"{own['auc_interval'][1]:.0%}). {others(rows)}")


def others(rows: Sequence[Mapping]) -> str:
    """What the other ways to measure it say, each by its interval."""
    rest = [r["d_interval"] for r in rows if r["name"] != CONTROL and (r["name"], r["of"]) != (PAPERS, "said")]
    brighter, darker = sum(low > 0 for low, _ in rest), sum(high < 0 for _, high in rest)
    return (f"Of the {len(rest)} other ways to measure it, below, {brighter} say brighter, {darker} say darker, and "
            f"{len(rest) - brighter - darker} do not tell.")


def size(d: float) -> str:
    """"a large effect"."""
    word = next(word for least, word in SIZES if abs(d) >= least)
    return f"{word} effect" if word.startswith("hardly") else f"a {word} effect"


def control(rows: Sequence[Mapping]) -> str:
    """What the input tells without any network."""
    own, alone = row(rows, PAPERS), row(rows, CONTROL)
    low, high = alone["d_interval"]
    said = ("Control: the brightness of the input picture itself, without any network, has d "
            f"{alone['d']:+.2f} ({low:+.2f} to {high:+.2f})")
    if alone["d"] * own["d"] < 0:
        return f"{said}: the other way round."
    if abs(alone["d"]) >= abs(own["d"]):
        return f"{said}: how loud and full a song is sets the two quadrants apart at least as far as the maps do."
    return f"{said}: less than the maps, so these are more than a picture of how loud and full a song is."


def same_songs(found: Mapping) -> str:
    """What songs that are of neither quadrant tell: their map for Q4 against their map for Q2."""
    own, same = row(found["rows"], PAPERS), next(r for r in found["elsewhere"]["rows"] if r["name"] == PAPERS)
    low, high = same["d_interval"]
    said = ("Control: songs of Q1 and Q3, each with its map for Q4 against its own map for Q2, have d "
            f"{same['d']:+.2f} ({low:+.2f} to {high:+.2f})")
    if own["d"] * same["d"] > 0 and abs(same["d"]) >= 0.8 * abs(own["d"]):
        return f"{said}: about as far apart. So it is the network's way of saying Q4, whatever the song."
    if own["d"] * same["d"] > 0 and abs(same["d"]) >= 0.4 * abs(own["d"]):
        return f"{said}: much of the difference is the network's way of saying Q4, whatever the song."
    return f"{said}: the difference is not just the network's way of saying Q4."


def songs(found: Mapping, called: Sequence[str]) -> None:
    """A dot a song, by the quadrant the network says."""
    own = [name for name in NAMES if name in found["clips"][0]]
    name = state.pick("Brightness", own, "brightness", NAMES.get)
    groups = {quadrant: [clip for clip in found["clips"] if clip["said"] == k] for k, quadrant in enumerate(called)}
    figure = spread({q: [(clip["title"], clip[name]) for clip in clips] for q, clips in groups.items()}, axis(name))
    st.plotly_chart(figure, key="harmonics-bright", config=theme.CONFIG)
    counts = ", ".join(f"{len(clips)} {q}" for q, clips in groups.items())
    st.caption(f"A dot is a song, in the row of the quadrant that the network says ({counts}); the box holds the middle "
               f"half, its line is the median. {plain(upper(found['measures'][name]))}. Each song was shown to the "
               "network that never heard its artist.")


def upper(words: str) -> str:
    return words[0].upper() + words[1:]


def axis(name: str) -> str:
    return f"{NAMES[name]} ({'log-odds a cell' if name != 'drawn' else '0 to 1'})"


def sizes(found: Mapping) -> None:
    """Cohen's d of Q4 over Q2 for every way to measure."""
    rows = [(f"{NAMES[r['name']]}<br>({OF[r.get('of', 'elsewhere')]})", r["d"], tuple(r["d_interval"]))
            for r in (*found["rows"], *found["elsewhere"]["rows"])]
    st.plotly_chart(effects(rows, "Cohen's d, Q4 above Q2<br>(90 % interval over artists)"), key="harmonics-effects",
                    config=theme.CONFIG)
    st.caption("Right of 0: Q4 is brighter, as the paper says. Answered: songs by the quadrant that the network says, and "
               "the map for it; true: by the quadrant they have; same songs: of Q1 and Q3, map for Q4 against map for Q2. "
               + " ".join(
        f"{NAMES[name].capitalize()}: {plain(words)}." for name, words in found["measures"].items()))

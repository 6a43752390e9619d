"""Deep belief networks on four beats at a time: table 3, whether the ellipses hold what they say, and how they learnt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd
import streamlit as st

from components import state, theme
from components.errors import plain
from components.experiments import figures_rhythm_melody as figures
from components.experiments import shown
from components.take_away import csv_button
from mer_core import results

MEASURES = {"distance": "mean distance", "kl": "KL divergence"}
STAGES = {"pretrained": "before fine-tuning", "finetuned": "after fine-tuning"}
SIDES = ("paper", "here")
FEATURES = {"rhythm": "rhythm", "pitch": "pitch", "fourier": "2-D FFT of pitch"}
SENSE = {"distance": "How far the middle of the ellipse lies from the listeners' mean, on a plane from −0.5 to +0.5 as in "
                     "the paper: 0 is perfect. In the app, where the plane reaches from −1 to +1, it is twice as far.",
         "kl": "How far the whole ellipse, middle and spread, is from the listeners' (in nats): 0 is perfect."}


def show(metric: str = "") -> None:
    """Ellipses have measures of their own: `metric` is of single values and is not used."""
    st.subheader("An ellipse a second, from four beats at a time")
    st.markdown("Deep belief networks hear the timbre of the percussion, the pitches, or a pitch pattern that no key "
                "changes (its 2-D FFT). What a layer says of each second is turned into an ellipse: where listeners would "
                "place the second, and how far they would differ.")
    found = results.load("dbn")
    if found is None:
        shown.missing("dbn", "This network")
    table(found)
    if found:
        calibration(found["calibration"])
        curves(found["pretraining"])
        here = found["here"]
        st.caption(plain(f"{whole_song(found)} Labels: {here['labels']}. Pre-training heard {here['pretraining']}."))
        shown.done(found, "dbn")


# table 3 --------------------------------------------------------------------------------------------------------------


def table(found: Mapping | None) -> None:
    measure = state.pick("Measure", list(MEASURES), "dbn-measure", MEASURES.get)
    st.caption(SENSE[measure])
    rows = [*found["table"], *found["baselines"]] if found else printed()
    if found:
        st.markdown(said(found, measure))
    left, right = st.columns([1.15, 1], gap="large")
    with left, st.container(key="numbers-dbn"):
        st.table(numbers(rows, measure).style.format("{:.3f}", na_rep="–"))
    with right:
        st.plotly_chart(figures.dots(rows, measure, MEASURES[measure]), key="dbn-dots", config=theme.CONFIG)
    note = plain(found["note"]) if found else ""
    st.caption("The bars to each side of a dot are one standard deviation over the divisions into training, verification "
               f"and test part. {shown.APART} {note}".strip())
    csv_button("Table as CSV", whole(rows), "deep belief network", "csv-dbn")


def printed() -> list[dict]:
    """The paper's own rows, for as long as nothing was measured here."""
    from mer_core.training.results_dbn import PAPER, line  # loads torch

    return [line(row, {}) for row in PAPER]


def title(row: Mapping) -> str:
    return f"{row['title']}, layer {row['layer']}" if "layer" in row else row["title"]


def cell(row: Mapping, stage: str, side: str, measure: str) -> tuple[float, float] | None:
    """Mean and deviation; a baseline has one stage, which stands beside the finished networks."""
    cells = row.get(side, {})
    cells = cells.get(stage, {}) if "layer" in row else cells if stage == "finetuned" else {}
    return tuple(cells[measure]) if measure in cells else None


def numbers(rows: Sequence[Mapping], measure: str) -> pd.DataFrame:
    """Means, paper and here, before and after fine-tuning."""
    columns = pd.MultiIndex.from_tuples([(words, side) for words in STAGES.values() for side in SIDES])
    values = [[(cell(row, stage, side, measure) or (None,))[0] for stage in STAGES for side in SIDES] for row in rows]
    return pd.DataFrame(values, columns=columns, dtype=float).set_axis([title(row) for row in rows])


def whole(rows: Sequence[Mapping]) -> pd.DataFrame:
    """Both measures of every row, to take away."""
    found = {"row": [title(row) for row in rows]}
    for stage in STAGES:
        for side in SIDES:
            for measure in MEASURES:
                each = [cell(row, stage, side, measure) or (None, None) for row in rows]
                name = f"{measure} {stage} {side}"
                found |= {name: [mean for mean, _ in each], f"{name} sd": [sd for _, sd in each]}
    return pd.DataFrame(found)


def said(found: Mapping, measure: str) -> str:
    """The best row here and in the paper, beside what needs no network."""
    def value(row, side="here"):
        return cell(row, "finetuned", side, measure)[0]
    best = {side: min(found["table"], key=lambda row: value(row, side)) for side in SIDES}
    known = {row["name"]: row for row in found["baselines"]}
    least = value(known["constant"])
    gain = 1 - value(best["here"]) / least
    beside = (f"; **{gain:.0%}** less than with one ellipse for all songs (**{least:.3f}**)" if gain > 0 else
              f"; one ellipse for all songs does no worse (**{least:.3f}**)")
    fed = known.get(f"input {best['here']['features']}")
    without = f", and on what it hears, without a network, **{value(fed):.3f}**" if fed else ""
    taught = next((row for row in found["table"] if known["untrained"]["title"].startswith(title(row))), None)
    against = f", where the same with pre-training has {value(taught):.3f}" if taught else ""
    return (f"Here the smallest {MEASURES[measure]} is **{value(best['here']):.3f}** ({title(best['here'])}){beside}. The "
            f"same regression on 20 MFCC of each second has **{value(known['mfcc']):.3f}**{without}; a network fine-tuned "
            f"from random weights, **{value(known['untrained']):.3f}**{against}. In the paper the best is "
            f"{value(best['paper'], 'paper'):.3f} ({title(best['paper'])}), MFCC {value(known['mfcc'], 'paper'):.3f}.")


def whole_song(found: Mapping) -> str:
    """How far off clips by unheard artists are foretold, and which rows the inner folds trusted."""
    tested, (row, times) = found["tested"], max(found["answered"].items(), key=lambda item: item[1])
    told = " and ".join(f"{tested[t]['r2']:.2f} in {t}" for t in ("valence", "arousal"))
    return (f"Over folds grouped by artist, where an inner fold chooses (in {times} of {sum(found['answered'].values())}: "
            f"{row}), R² of a clip's mean is {told}, mean distance {tested['distance']:.3f}, KL {tested['kl']:.3f}.")


# calibration ----------------------------------------------------------------------------------------------------------


def calibration(found: Mapping) -> None:
    st.subheader("Do the ellipses hold what they say?")
    st.markdown(held(found["clips"]))
    st.plotly_chart(figures.calibration(found), key="dbn-calibration", config=theme.CONFIG)
    st.caption(plain(found["words"]))
    rows = [{"of": of, **line} for of in ("clips", "seconds") for line in found[of]]
    csv_button("Calibration as CSV", pd.DataFrame(rows), "calibration", "csv-dbn-calibration")


def held(lines: Sequence[Mapping]) -> str:
    """How many ratings and how many means lie inside, and whether the ellipses are too narrow or too wide."""
    ratings = ", ".join(f"**{line['ratings_inside'] / line['ratings']:.0%}** in the {line['share']:.0%} ellipse"
                        for line in lines)
    means = ", ".join(f"{line['means_inside'] / line['of']:.0%}" for line in lines)
    off = sum(line["ratings_inside"] / line["ratings"] - line["share"] for line in lines) / len(lines)
    verdict = ("They hold what they say" if abs(off) < 0.02 else
               f"They are a little too {'wide' if off > 0 else 'narrow'}" if abs(off) < 0.05 else
               f"They are too {'wide' if off > 0 else 'narrow'}")
    return (f"Of ratings drawn from each clip's own mean and spread, of {lines[0]['of']} clips whose ratings the network never "
            f"learnt, lie {ratings}. {verdict}. Of the mean ratings, which spread less, {means} lie inside.")


# pre-training ---------------------------------------------------------------------------------------------------------


def curves(found: Mapping) -> None:
    st.subheader("How the layers learnt, before any rating")
    with st.container(horizontal=True):
        feature = state.pick("Network", list(found), "dbn-curve", FEATURES.get)
        sizes = [str(layer) for layer in range(len(found[feature]["layers"]))]
        layer = int(state.pick("Layer of it", sizes, "dbn-curve-layer", lambda k: f"layer {k}"))
    points = found[feature]["layers"][layer]
    st.markdown(learnt(points))
    for place, (measure, words) in zip(st.columns(2, gap="large"), figures.CURVES.items(), strict=True):
        with place:
            st.markdown(f"**{words[0].capitalize()}**")
            st.plotly_chart(figures.curve(points, measure), key=f"dbn-{measure}", config=theme.CONFIG)
    st.caption("Each layer learns to redraw what the layer below it says of four beats, from their sound alone. One clip in "
               "ten is only watched. Free energy is low where the layer finds a patch likely; where that of the watched "
               "patches stays well above the others', it learns those by heart.")
    rows = [{"feature": name, "layer": k, **point} for name, one in found.items()
            for k, points in enumerate(one["layers"]) for point in points]
    csv_button("Curves as CSV", pd.DataFrame(rows), "pre-training", "csv-dbn-curves")


def learnt(points: Sequence[Mapping]) -> str:
    """What pre-training changed, on patches it did not learn from."""
    first, last = points[0], points[-1]
    gap = last["free_energy_held"] - last["free_energy_train"]
    return (f"Over {last['epoch']} epochs the error of redrawing patches that it did not learn from goes from "
            f"{first['reconstruction_held']:.3g} to **{last['reconstruction_held']:.3g}**; their free energy ends "
            f"{abs(gap):.2g} {'above' if gap > 0 else 'below'} that of the patches it learnt from.")

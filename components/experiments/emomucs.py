"""EmoMucs: one network for each instrument group. Tables 1 and 2, figures 3 and 4."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd
import streamlit as st

from components import state, theme
from components.experiments import figures_emomucs, shares, shown
from components.experiments.figures_networks import learning_curves
from components.take_away import csv_button
from mer_core import results
from mer_core.results import Row

SOURCES = {"M": "mix", "V": "vocals", "B": "bass", "D": "drums", "O": "other"}


def show(metric: str) -> None:
    found = results.load("emomucs")
    if found is None:
        shown.missing("emomucs", "EmoMucs")
    tables(found or {}, metric)
    if found:
        figure3(found["figure3"]["tracks"])
        figure4(found["figure4"], metric)
        if found.get("shares"):
            shares.show(found["shares"])
        learnt(found["curves"])
        shown.done(found, "emomucs")


def tables(found: Mapping, metric: str) -> None:
    """The papers' tables with what was measured here; only the papers' column where nothing was."""
    st.subheader("Which source tells most")
    st.markdown("A network that hears one source only, and the same network on the whole mix (M). C1D looks along time, C2D "
                "along time and pitch. Those on one source are at the end of every list of models: see what each hears in "
                "your song.")
    known = results.printed("emomucs_sources")
    titles = {name: f"{row['network'].upper()} {SOURCES[row['source']]}" for name, (row, _) in known.items()}
    rows = results.beside("emomucs_sources", results.measured(found.get("table1", ())), titles)
    shown.compare(rows, metric, "table1", "EmoMucs table 1", "Paper: Table 1, PMEmo, 794 songs.")
    st.subheader("Four sources heard together")
    st.markdown("One network a source, joined early (what they hear), mid (what they make of it) or late (what they answer). "
                "Freeze keeps the four as they are, finetune lets them learn on, full starts from nothing.")
    known = results.printed("emomucs_fusion")
    titles = {name: f"{row['network'].upper()} {row['fusion']}, {row['training']}" for name, (row, _) in known.items()}
    alone = rows
    rows = results.beside("emomucs_fusion", results.measured(found.get("table2", ())), titles)
    if found:
        st.markdown(f"{ahead(rows, alone)} {sure((found.get('ahead') or {}).get('c2d'))}")
    shown.compare(rows, metric, "table2", "EmoMucs table 2", "Paper: Table 2, PMEmo, 794 songs.")


def ahead(fused: Sequence[Row], alone: Sequence[Row]) -> str:
    """Whether the sources heard together tell more of valence than the mix, in the paper and here; "" before both ran."""
    told, mix = [], next(row for row in alone if row.name == "c2d-M")
    for side in ("paper", "here"):
        known = {row.title: row.value(side, "valence", "r2") for row in fused}
        known, whole = {k: v for k, v in known.items() if v is not None}, mix.value(side, "valence", "r2")
        if known and whole is not None:
            best = max(known, key=known.get)
            told.append(f"{side} R² {known[best]:.3f} ({best}) against {whole:.3f}")
    return f"In valence, the best of them against C2D on the mix: {'; '.join(told)}." if len(told) == 2 else ""


def sure(gain: Mapping | None) -> str:
    """Whether the difference here could be chance: R2 of the fusion less that of the mix, clips drawn anew."""
    if not gain:
        return ""
    told = gain["valence"]
    verdict = "so it may be chance" if told["low"] <= 0 <= told["high"] else "so it is hardly chance"
    return (f"Here {network(gain['name'])} lies {told['r2']:+.3f} from the mix; with other clips drawn from these, nine times in "
            f"ten between {told['low']:+.3f} and {told['high']:+.3f}, {verdict}.")


def figure3(tracks: list[Mapping]) -> None:
    st.subheader("Whose word was best, song by song")
    if not tracks:
        shown.missing("emomucs", "One of the four source models")
        return
    how = state.pick("Least error in", ("valence", "arousal", "both"), "best-for", str.capitalize)
    counts = figures_emomucs.counted(tracks, how)
    st.markdown(f"Each of the {len(tracks)} songs lies where listeners put it, in the colour of the source whose model erred "
                f"least: {', '.join(f'{name} {count}' for name, count in counts.items())}.")
    st.plotly_chart(figures_emomucs.best_sources(tracks, how), key="figure3", config=theme.CONFIG)
    st.caption("The paper's Figure 3 shows the same for PMEmo and finds no region where one source leads. Points are moved by "
               "up to 0.008 in valence so that none hides another.")
    rows = pd.DataFrame([{**{k: t[k] for k in ("id", "valence", "arousal")},
                          **{f"best for {k}": v for k, v in t["best"].items()}} for t in tracks])
    csv_button("Songs as CSV", rows, "EmoMucs figure 3", "csv-figure3")


def figure4(found: Mapping, metric: str) -> None:
    st.subheader("Every choice of sources")
    if not found["subsets"]:
        shown.missing("emomucs", "The choice of sources")
        return
    st.markdown(f"{found['network'].upper()}, {found['fusion']} fusion, {found['training']}, with some of the sources only.")
    shown.compare(subsets(found), metric, "figure4", "EmoMucs figure 4",
                  "Paper: Figure 4 is drawn without figures; V-B-D-O is in its Table 2.")
    if (left := 15 - len(found["subsets"])) > 0:
        st.caption(f"{left} of the 15 choices were not run here yet.")


def subsets(found: Mapping) -> list[Row]:
    """A row for each choice of sources measured here, the smallest first."""
    _, full = results.printed("emomucs_fusion")["-".join(found[k] for k in ("network", "fusion", "training"))]
    measured = sorted(found["subsets"], key=lambda s: (len(s["sources"]), ["VBDO".index(c) for c in s["sources"]]))
    return [Row(s["sources"], ", ".join(SOURCES[c] for c in s["sources"]) if len(s["sources"]) < 4 else "all four",
                full if len(s["sources"]) == 4 else {}, s["here"] or {}) for s in measured]


def learnt(curves: Mapping[str, Sequence[Mapping]]) -> None:
    """The learning curve of any network, on the first inner fold."""
    if not curves:
        return
    with st.expander("How they learnt", key="emomucs-learnt"):
        name = st.selectbox("Network", list(curves), key="emomucs-curve", format_func=network)
        st.plotly_chart(learning_curves([curves[name]]), key="emomucs-learning", config=theme.CONFIG)
        st.caption("The number of epochs is chosen on clips that the network does not learn from, and that measure nothing else.")
        csv_button("Curve as CSV", pd.DataFrame(curves[name]), f"learning curve {name}", "csv-emomucs-curve")


def network(name: str) -> str:
    """"c2d-late-freeze-VBDO" in words."""
    first, *rest, sources = name.split("-")
    return f"{' '.join([first.upper(), ', '.join(rest)]).strip()}: {', '.join(SOURCES[c] for c in sources)}"

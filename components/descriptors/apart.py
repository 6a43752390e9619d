"""The stems behind one descriptor: what it is in each alone, and in the song without it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st

from components import figures, progress, separators, state, theme
from components import figures_descriptors as drawn
from components.descriptors import sentences
from components.figures import stem_word
from components.take_away import csv_button
from mer_core.explainers._descriptor_leave_out import LeftOut
from mer_core.features.mid_level import NAMES, UNITS
from mer_core.schema import Explanation, TrackInfo

WHY = ("Left out one at a time: a descriptor of silence is not defined, so exact Shapley values, which begin at "
       "silence, would need a made-up value there. These differences need none, but do not add up.")


def show(info: TrackInfo, name: str, felt: Explanation | None, regions: Explanation | None) -> None:
    known = state.service().separators(info)
    separator = next((s for s in known if s.name == separators.kept(info)), known[0])
    found = asked("stem_descriptors", info, separator.name, "Describe each stem, and the song without it")
    if not found:
        return
    _stems(info, found, name, felt, regions)
    bleed = "; where they bleed, these values do too" if separator.bleeds else ""
    st.caption(f"{WHY} Stems: {separator.title}{bleed}.")
    shares(asked("stem_descriptor_shares", info, separator.name, "Shares that add up, from a typical value"), name)


def asked(step: str, info: TrackInfo, separator: str, label: str):
    """What a long step gives; a button until it was asked for or is stored."""
    found, key = state.service().stored(step, info, separator), f"{step}-{info.id}"
    if found is None and not st.session_state.get(key):
        st.button(label, key=f"ask-{step}", on_click=st.session_state.update, args=({key: True},))
        return None
    return found or progress.result(step, info, separator, label="Describing the stems", height=120)


def _stems(info: TrackInfo, found: LeftOut, name: str, felt: Explanation | None, regions: Explanation | None) -> None:
    k, top = NAMES.index(name), found.largest(name)
    words = [stem_word(stem) for stem in found.names]
    if top is not None:
        st.markdown(f"**{sentences.without(found, name, top)}**")
    figure = drawn.apart(words, found.alone[:, k], found.without[:, k], float(found.song[k]), UNITS[name])
    st.plotly_chart(figure, key="stems-apart", config=theme.CONFIG)
    for line in undefined(found, name):
        st.caption(line)
    if felt and top is not None:
        st.markdown(sentences.chain(found, name, top, felt, _follows(info, found, name, top, felt), regions))
    csv_button("Stems and descriptors as CSV", table(found), f"{info.title} stems descriptors", "stem-descriptors-csv")


def undefined(found: LeftOut, name: str) -> list[str]:
    """A line for each mix in which the descriptor is not defined, with the reason."""
    k = NAMES.index(name)
    mixes = [("{} alone", found.alone, found.why_alone), ("the song without {}", found.without, found.why_without)]
    return [f"{said.format(sentences.the(stem)).capitalize()}: not defined. {why[i].get(name, '')}"
            for i, stem in enumerate(found.names) for said, values, why in mixes if np.isnan(values[i, k])]


def _follows(info: TrackInfo, found: LeftOut, name: str, stem: int, felt: Explanation) -> float:
    """What the model makes of the descriptor's change, everything else as it is."""
    service, value = state.service(), float(found.without[stem, NAMES.index(name)])
    at = service.model(felt.model).card.targets.index(felt.target)
    return float(service.foretold(info, felt.model, {name: value})[at] - service.foretold(info, felt.model)[at])


def shares(found: dict[str, Explanation] | None, name: str) -> None:
    if found and name in found:
        one = found[name]
        figure = figures.stem_bars(one).update_xaxes(title=f"moves {sentences.title(name)} by ({one.unit})")
        st.plotly_chart(figure, key="descriptor-shares", config=theme.CONFIG)
        st.caption(f"Shapley values over all mixes of the stems, from the typical {one.base:z.2f} to the song's "
                   f"{one.output:z.2f}. {' '.join(one.notes)}")


def table(found: LeftOut) -> pd.DataFrame:
    """A row for the song, for each stem alone, and for the song without it; NaN where not defined."""
    rows = [{"what": "song", **dict(zip(NAMES, found.song.tolist()))}]
    for stem, word in enumerate(map(stem_word, found.names)):
        rows += [{"what": f"{word} alone", **dict(zip(NAMES, found.alone[stem].tolist()))},
                 {"what": f"without {word}", **dict(zip(NAMES, found.without[stem].tolist()))}]
    return pd.DataFrame(rows)

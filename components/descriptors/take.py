"""The description of a song to take away."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import streamlit as st

from components.take_away import csv_button, json_button
from mer_core.features.chords import Chords
from mer_core.features.mid_level import UNITS, MidLevel
from mer_core.records import plain
from mer_core.schema import TrackInfo


def show(info: TrackInfo, levels: MidLevel, chords: Chords) -> None:
    with st.container(horizontal=True, key="take-descriptors"):
        csv_button("Descriptors as CSV", table(levels), f"{info.title} descriptors", "descriptors-csv")
        csv_button("Over time as CSV", over_time(levels), f"{info.title} descriptors over time", "curves-csv")
        csv_button("Chords as CSV", harmony(chords), f"{info.title} chords", "chords-csv")
        json_button("All as JSON", lambda: everything(info, levels, chords), f"{info.title} descriptors",
                    "descriptors-json")


def table(levels: MidLevel) -> pd.DataFrame:
    """A row a descriptor: value, unit, and why it is not defined."""
    return pd.DataFrame({"descriptor": levels.names, "value": levels.values.tolist(),
                         "unit": [UNITS[name] for name in levels.names],
                         "not_defined": [levels.reasons.get(name, "") for name in levels.names]})


def over_time(levels: MidLevel) -> pd.DataFrame:
    return pd.DataFrame({"time_s": levels.times.tolist(), **dict(zip(levels.names, levels.curves.tolist()))})


def harmony(chords: Chords) -> pd.DataFrame:
    return pd.DataFrame(chords.sequence, columns=["start_s", "end_s", "chord"])


def everything(info: TrackInfo, levels: MidLevel, chords: Chords) -> bytes:
    """null stands where something is not defined."""
    facts = {"song": info.title, "id": info.id, "key": chords.key_name, "key_correlation": _known(chords.clarity),
             "descriptors": {name: {"value": _known(levels[name]), "unit": UNITS[name],
                                    "not_defined": levels.reasons.get(name), "curve": [_known(v) for v in curve]}
                             for name, curve in zip(levels.names, levels.curves)},
             "times_s": plain(levels.times), "chords": harmony(chords).to_dict("records")}
    return json.dumps(facts, ensure_ascii=False, allow_nan=False, indent=1).encode()


def _known(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None

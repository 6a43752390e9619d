"""A form for a dataclass of parameters: one field a widget, so a new method needs no page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import MISSING, fields

import streamlit as st

LABELS = {"strength_db": "how far the rest is turned down (dB)", "smooth_s": "smoothing over time (s)",
          "smooth_bands": "smoothing over frequency (bands)", "keep": "share of cells that stay, for binary (0 to 1)",
          "curve": "gain curve", "sign": "which relevance counts"}


def form(cls: type, key: str, choices: Mapping[str, Sequence[str]] | None = None, skip: Sequence[str] = ()):
    """The dataclass as the user set it; without a change, its defaults. Raises the dataclass's own ParameterError.

    A field's metadata may hold "choices", "range" and "label"; `choices` adds what the metadata does not say.
    """
    values = {}
    for item in fields(cls):
        if item.name not in skip:
            options = item.metadata.get("choices") or (choices or {}).get(item.name)
            values[item.name] = _field(item, options, f"{key}-{item.name}")
    return cls(**values)


def _field(item, options, key: str):
    default = item.default if item.default is not MISSING else item.default_factory()
    label = item.metadata.get("label") or LABELS.get(item.name, item.name.replace("_", " "))
    if options:
        return st.selectbox(label, list(options), list(options).index(default), key=key)
    if isinstance(default, bool):
        return st.toggle(label, default, key=key)
    low, high = item.metadata.get("range", (None, None))
    if isinstance(default, int):
        return st.number_input(label, low, high, default, step=1, key=key)
    if isinstance(default, float):
        small = abs(default) < 1e-3 and default != 0
        return st.number_input(label, low, high, default, format="%.1e" if small else "%.3g", key=key)
    return st.text_input(label, str(default), key=key)

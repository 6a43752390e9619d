"""A form for a dataclass of parameters: one field a widget, so a new method needs no page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import MISSING, fields

import streamlit as st

from mer_core.parameters import applies


def form(cls: type, key: str, choices: Mapping[str, Sequence[str]] | None = None, skip: Sequence[str] = ()):
    """The dataclass as the user set it; without a change, its defaults. Raises the dataclass's own ParameterError.

    The metadata of a field is that of mer_core.parameters; `choices` adds what it does not say. A field that does not
    matter for what was chosen above it is not shown and has its default.
    """
    values = {}
    for item in fields(cls):
        values[item.name] = item.default if item.default is not MISSING else item.default_factory()
        if item.name not in skip and applies(item, values):
            options = item.metadata.get("choices") or (choices or {}).get(item.name)
            values[item.name] = _field(item, values[item.name], options, f"{key}-{item.name}")
    return cls(**values)


def _field(item, default, options, key: str):
    label, words = item.metadata.get("label") or item.name.replace("_", " "), item.metadata.get("words", {})
    said = {"label": label, "help": item.metadata.get("help"), "key": key}
    if options:
        return st.selectbox(options=list(options), index=list(options).index(default),
                            format_func=lambda option: words.get(option, option), **said)
    if isinstance(default, bool):
        return st.toggle(value=default, **said)
    low, high = item.metadata.get("range", (None, None))
    if isinstance(default, int):
        return st.number_input(min_value=low, max_value=high, value=default, step=1, **said)
    if isinstance(default, float):
        style = "%.1e" if abs(default) < 1e-3 and default != 0 else "%.3g"
        return st.number_input(min_value=low, max_value=high, value=default, format=style, **said)
    return st.text_input(value=str(default), **said)

"""The schema's result types to and from a store entry: arrays as .npy, everything else as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields

import numpy as np

from mer_core.ellipse import EllipsePath
from mer_core.schema import Explanation, Grid, Picture, Prediction, TrackInfo
from mer_core.steps import Steps
from mer_core.store import Draft, Entry

NESTED = {"grid": Grid}
RECORDS = {cls.__name__: cls for cls in (Prediction, Explanation, Picture, TrackInfo, EllipsePath, Steps)}


def pack(record, draft: Draft, prefix: str = "") -> dict:
    """Write the arrays of `record` into `draft`; return the JSON description that `unpack` reads."""
    facts: dict = {"type": type(record).__name__, "values": {}, "arrays": []}
    for item in fields(record):
        value = getattr(record, item.name)
        if isinstance(value, Grid):
            facts[item.name] = pack(value, draft, f"{prefix}{item.name}.")
        elif isinstance(value, np.ndarray):
            draft.save(prefix + item.name, value)
            facts["arrays"].append(item.name)
        else:
            facts["values"][item.name] = plain(value)
    return facts


def unpack(facts: Mapping, entry: Entry, prefix: str = ""):
    """The record that `pack` described; its arrays stay memory-mapped."""
    cls = RECORDS.get(facts["type"]) or NESTED["grid"]
    values = {k: tuple(v) if isinstance(v, list) else v for k, v in facts["values"].items()}
    values |= {name: entry.array(prefix + name) for name in facts["arrays"]}
    values |= {name: unpack(facts[name], entry, f"{prefix}{name}.") for name in NESTED if name in facts}
    return cls(**values)


def plain(value):
    """`value` as JSON knows it: numpy scalars and arrays, tuples and mappings become plain ones."""
    if isinstance(value, Mapping):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    return value.item() if isinstance(value, np.generic) else value

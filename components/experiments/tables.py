"""Rows of results as tables: paper and here in columns of their own. No streamlit."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
from pandas.io.formats.style import Styler

from mer_core.results import METRICS, Row
from mer_core.schema import TARGETS

SIDES = ("paper", "here")


def shown(rows: Sequence[Row], metric: str) -> Styler:
    """One metric of every row: valence and arousal, each with paper and here; a dash where there is no figure."""
    columns = pd.MultiIndex.from_product([TARGETS, SIDES])
    values = [[row.value(side, target, metric) for target, side in columns] for row in rows]
    frame = pd.DataFrame(values, columns=columns, dtype=float).set_axis([row.title for row in rows])
    return frame.style.format("{:.3f}", na_rep="–")


def whole(rows: Sequence[Row]) -> pd.DataFrame:
    """Every metric of every row, to take away; errors on the scale -1 to 1."""
    columns = [(t, m, s) for t in TARGETS for m in METRICS for s in SIDES]
    found = {"system": [row.title for row in rows], "name": [row.name for row in rows]}
    for target, metric, side in columns:
        values = [row.value(side, target, metric) for row in rows]
        if any(v is not None for v in values):
            found[f"{target} {metric} {side}"] = values
    return pd.DataFrame(found)


def metrics(rows: Sequence[Row]) -> list[str]:
    """The metrics that any row has on either side, in the order of METRICS."""
    return [m for m in METRICS if any(row.value(s, t, m) is not None for row in rows for s in SIDES for t in TARGETS)]

"""An explanation as JSON and as CSV, and a consonance profile as a table."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd

from mer_core import consonance
from mer_core.consonance import ConsonanceProfile
from mer_core.harmonics_words import NAMED
from mer_core.records import plain
from mer_core.schema import SHARES, Explanation


def as_json(explanation: Explanation) -> bytes:
    """The whole explanation; the values are rows of `grid["hz"]` by columns of `grid["time_s"]`, or one a label."""
    names = ("model", "method", "target", "space", "params", "base", "output", "notes", "labels", "inputs", "values")
    facts = {name: plain(getattr(explanation, name)) for name in names}
    if explanation.inputs is not None:  # JSON knows no NaN, which is a feature that is not defined here
        facts["inputs"] = [None if value != value else value for value in facts["inputs"]]
    grid = explanation.grid and {"time_s": plain(explanation.grid.times), "hz": plain(explanation.grid.freqs)}
    said = {"unit": f"{explanation.target}, {explanation.unit}"}
    if explanation.unit != SHARES:
        said |= {"sum": "base + all values + residual = output", "residual": explanation.residual}
    return json.dumps({**said, **facts, "grid": grid}, ensure_ascii=False, allow_nan=False).encode()


def as_csv(explanation: Explanation) -> bytes:
    """A row for each value: time_s, hz, value for relevance over time and frequency (time_s, value over time alone);
    else label, value, and what was measured where features are explained."""
    values, grid = explanation.values, explanation.grid
    if explanation.space == "timefreq":
        hertz, times = np.meshgrid(grid.freqs, grid.times, indexing="ij")
        columns = {"time_s": times.ravel(), "hz": hertz.ravel(), "value": values.ravel()}
    elif grid is not None:
        columns = {"time_s": grid.times, "value": values}
    else:
        columns = {"label": explanation.labels or range(len(values)), "value": values}
    if explanation.inputs is not None:
        columns["measured"] = explanation.inputs
    return pd.DataFrame(columns).to_csv(index=False).encode()


def consonance_table(profile: ConsonanceProfile) -> pd.DataFrame:
    """A row for each moment: brightness in log-odds, of each pitch class too, and the chance of each interval."""
    tones = [consonance.name(k) for k in range(12)]
    return pd.DataFrame({"time_s": profile.times, "brightness": profile.brightness,
                         **dict(zip(tones, profile.pitch_classes, strict=True)),
                         **dict(zip(NAMED, profile.intervals, strict=True))})

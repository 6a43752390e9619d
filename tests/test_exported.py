"""An explanation as JSON and CSV: every number, and where it lies."""

import io
import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from mer_core.exported import as_csv, as_json
from mer_core.schema import SHARES, Explanation, Grid

MAP = Explanation(model="m", method="lrp", target="arousal", space="timefreq", base=0.1, output=0.4,
                  values=np.array([[0.01, 0.02, -1.23456e-6], [0.0, 0.1, 0.05]]), params={"rule": "epsilon"},
                  grid=Grid(times=np.array([0, 0.5, 1]), freqs=np.array([100.0, 200])), notes=("A note.",))
STEMS = Explanation(model="m", method="stem_shapley", target="valence", space="stems", base=0.0, output=0.3,
                    values=np.array([0.1, 0.2]), labels=("vocals", "drums"))


def test_the_json_of_an_explanation_adds_up_and_says_where_its_cells_lie():
    facts = json.loads(as_json(MAP))
    assert facts["base"] + np.sum(facts["values"]) + facts["residual"] == pytest.approx(facts["output"])
    np.testing.assert_array_equal(np.float32(facts["values"]), MAP.values)
    assert facts["grid"] == {"time_s": [0, 0.5, 1], "hz": [100, 200]} and facts["params"] == {"rule": "epsilon"}
    assert (facts["model"], facts["method"], facts["target"]) == ("m", "lrp", "arousal") and "arousal" in facts["unit"]
    assert json.loads(as_json(STEMS))["grid"] is None


def test_the_csv_of_a_map_has_a_row_for_each_cell():
    rows = pd.read_csv(io.BytesIO(as_csv(MAP)))
    assert list(rows) == ["time_s", "hz", "value"] and len(rows) == MAP.values.size
    back = rows.pivot(index="hz", columns="time_s", values="value")
    np.testing.assert_array_equal(np.float32(back), MAP.values)
    assert list(back.index) == [100, 200] and list(back.columns) == [0, 0.5, 1]


def test_the_csv_of_named_parts_has_their_labels_and_measures():
    assert as_csv(STEMS).decode().splitlines() == ["label,value", "vocals,0.1", "drums,0.2"]
    features = Explanation(**{**vars(STEMS), "space": "features", "inputs": np.array([3, 4.5])})
    assert as_csv(features).decode().splitlines()[2] == "drums,0.2,4.5"


def test_moments_are_taken_away_with_their_seconds():
    over_time = Explanation(model="m", method="attention", target="arousal", space="time", base=0.1, output=0.4,
                            values=np.array([0.1, 0.2]), grid=Grid(times=np.array([0.1, 0.3]), freqs=()))
    rows = pd.read_csv(io.BytesIO(as_csv(over_time)))
    assert list(rows) == ["time_s", "value"] and rows["time_s"].tolist() == pytest.approx([0.1, 0.3])
    facts = json.loads(as_json(over_time))
    assert facts["grid"]["hz"] == [] and len(facts["grid"]["time_s"]) == len(facts["values"])
    assert facts["base"] + np.sum(facts["values"]) + facts["residual"] == pytest.approx(0.4)
    shares = json.loads(as_json(replace(over_time, unit=SHARES)))
    assert not {"sum", "residual"} & set(shares) and shares["unit"].endswith(SHARES)

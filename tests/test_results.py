"""Stored results and the papers' tables: what is read, what is refused, and that errors meet on one scale."""

import json

import numpy as np
import pytest

from mer_core import results
from mer_core.errors import DataError
from mer_core.registry import ASSETS
from mer_core.schema import TARGETS, ModelCard


def test_every_printed_cell_of_emomucs_is_the_one_the_study_compares_with():
    from mer_core.training.results_emomucs import TABLE_1, TABLE_2
    for name, table in (("emomucs_sources", TABLE_1), ("emomucs_fusion", TABLE_2)):
        known = {n: (c["valence"]["rmse"], c["arousal"]["rmse"], c["valence"]["r2"], c["arousal"]["r2"])
                 for n, (_, c) in results.printed(name).items()}
        assert known == table


def test_the_papers_tables_agree_with_each_other():
    known = results.paper()
    best = {row["name"]: row for row in known["tables"]["cnn_family"]["rows"]}
    for name, curve in known["curves"].items():  # tables 3 to 10 hold the best epoch of table 11
        for target in TARGETS:
            assert max(point["r2"] for point in curve[target]) == best[name][target]["r2"]
            assert [p["epoch"] for p in curve[target]] == sorted({p["epoch"] for p in curve[target]})
    everything = results.printed("feature_sets")["all"][1]
    assert everything["valence"] == results.printed("regressors")["xgboost"][1]["valence"]


def test_r2_and_rmse_of_a_table_imply_the_same_ratings():
    """RMSE^2 / (1 - R2) is the variance of the ratings: the same in every row that measured the same clips."""
    for name in ("emomucs_sources", "emomucs_fusion", "cnn_family", "feature_sets"):
        for target in TARGETS:
            cells = [cell[target] for _, cell in results.printed(name).values()]
            variance = np.array([c["rmse"] ** 2 / (1 - c["r2"]) for c in cells])
            assert np.ptp(variance) < 0.12 * variance.mean(), (name, target, variance)


def test_errors_on_other_scales_come_to_ours():
    cells = results.rescaled({"valence": {"r2": 0.5, "rmse": 0.8}, "arousal": {"ccc": 0.3}}, "1 to 9")
    assert cells == {"valence": {"r2": 0.5, "rmse": pytest.approx(0.2)}, "arousal": {"ccc": 0.3}}
    assert results.rescaled({"valence": {"mae": 0.1}}, "0 to 1")["valence"]["mae"] == pytest.approx(0.2)


def test_a_result_not_made_yet_is_none_and_a_broken_one_is_refused(tmp_path):
    assert results.load("tsne", tmp_path) is None
    (tmp_path / "tsne.json").write_text('{"tracks": []}')
    with pytest.raises(DataError, match="lacks here, embeddings.*training.tsne"):
        results.load("tsne", tmp_path)
    (tmp_path / "tsne.json").write_text("{")
    with pytest.raises(DataError, match="cannot be read.*training.tsne"):
        results.load("tsne", tmp_path)


@pytest.mark.parametrize("name", results.STORED)
def test_what_is_stored_can_be_read_and_is_made_by_the_command_that_is_shown(name):
    found = results.load(name)
    if found is None:
        pytest.skip(f"{name} is not stored")
    assert found["command"] == results.STORED[name].command
    assert found["here"]["clips"] > 0 and found["here"]["data"]
    assert json.dumps(found, allow_nan=False)


def test_rows_put_paper_and_here_beside_each_other():
    here = {"c2d-M": {"valence": {"r2": 0.25, "clips": 3}, "arousal": {"r2": 0.7}}}
    rows = results.beside("emomucs_sources", here, {"c2d-M": "C2D mix", "c2d-V": "C2D vocals"})
    assert rows[0].value("paper", "valence", "r2") == 0.4143 and rows[0].value("here", "valence", "r2") == 0.25
    assert rows[1].value("here", "valence", "r2") is None and "clips" not in rows[0].here["valence"]
    assert results.measured([{"name": "a", "here": None}]) == {"a": {}}


def test_the_models_rows_are_those_of_their_cards():
    cards = [ModelCard.read(path) for path in sorted((ASSETS / "models").glob("*/card.json"))]
    for row, card in zip(results.models(cards), [c for c in cards if "valence" in c.test_error], strict=True):
        assert row.value("here", "arousal", "r2") == card.test_error["arousal"]["r2"]
    trees = next(row for row in results.models(cards) if row.name == "handcrafted_xgb")
    assert trees.value("paper", "valence", "rmse") == pytest.approx(0.767 / 4)

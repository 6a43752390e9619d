"""The stored results of system 2: what stands in a table is what its predictions give, and files stay small."""

import json

import numpy as np
import pytest

from mer_core.features.handcrafted import NAMES, PAPER
from mer_core.models.nets.cnn_family import NETWORKS
from mer_core.registry import ASSETS
from mer_core.schema import TARGETS, ModelCard
from mer_core.training import results_cnn, results_handcrafted
from mer_core.training.feature_sets import SETS
from mer_core.training.regressors import REGRESSORS

FOLDER = ASSETS / "results"


@pytest.fixture(scope="module")
def networks() -> dict:
    return json.loads((FOLDER / "cnn_family.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def handcrafted() -> dict:
    return json.loads((FOLDER / "handcrafted.json").read_text(encoding="utf-8"))


def test_the_table_of_networks_follows_from_the_stored_predictions(networks):
    truth = np.array(networks["truth"])
    assert [row["name"] for row in networks["table"]] == list(NETWORKS)
    for row in networks["table"]:
        measured = results_cnn.figures(truth, np.array(networks["predicted"][row["name"]]))
        for target in TARGETS:
            for metric, value in row["here"][target].items():
                assert measured[target][metric] == pytest.approx(value, abs=5e-3), (row["name"], target, metric)
        assert len(networks["curves"][row["name"]]["folds"]) == 5


@pytest.mark.parametrize("name", NETWORKS)
def test_the_card_of_each_network_says_what_the_table_says(networks, name):
    card = ModelCard.read(ASSETS / "models" / name / "card.json")
    row, = (row for row in networks["table"] if row["name"] == name)
    for target in TARGETS:
        assert {k: row["here"][target][k] for k in card.test_error[target]} == card.test_error[target]
    assert card.parameters == row["parameters"]


def test_every_cell_of_the_handcrafted_study_is_there(handcrafted):
    assert {(row["set"], row["regressor"]) for row in handcrafted["table"]} == {(s, r) for s in SETS for r in REGRESSORS}
    assert sum(row["paper"] is not None for row in handcrafted["table"]) == 4
    best = max(handcrafted["table"], key=lambda row: row["here"]["arousal"]["r2"])
    assert best["here"]["arousal"]["r2"] > 0.6


def test_the_figures_are_of_every_clip(handcrafted):
    clips = handcrafted["here"]["clips"]
    assert len(handcrafted["scatter"]) == clips
    for target in TARGETS:
        assert len(handcrafted["beeswarm"][target]) == 15
        assert all(len(dots["values"]) == len(dots["shap"]) == clips for dots in handcrafted["beeswarm"][target])
        assert handcrafted["pearson"]["features"] == list(NAMES[:PAPER])
    for name in (NAMES[0], "tempo"):
        values, shap = results_handcrafted.dependence(name, "valence")
        assert values.shape == shap.shape == (clips,)


def test_beeswarm_and_pearson_tell_of_the_same_clips(handcrafted):
    """The correlation of a drawn feature's values with the ratings drawn is the bar that is drawn."""
    ratings = {t: np.array([clip[t] for clip in handcrafted["scatter"]]) for t in TARGETS}
    for target in TARGETS:
        dots = handcrafted["beeswarm"][target][0]
        bar = handcrafted["pearson"][target][handcrafted["pearson"]["features"].index(dots["name"])]
        assert np.corrcoef(dots["values"], ratings[target])[0, 1] == pytest.approx(bar, abs=2e-3)


@pytest.mark.parametrize("name", ["handcrafted.json", "handcrafted.npz", "cnn_family.json"])
def test_files_stay_small(name):
    assert (FOLDER / name).stat().st_size < 600_000

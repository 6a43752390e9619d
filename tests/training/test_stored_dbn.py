"""What is stored of the deep belief network agrees with its card and says what the network is worth."""

import json

import numpy as np
import pytest

from mer_core.models.dbn import DeepBeliefNetwork
from mer_core.registry import ASSETS
from mer_core.training import results_dbn
from mer_core.training.run import recipe
from mer_core.training.study_dbn import rows


@pytest.fixture(scope="module")
def found() -> dict:
    return json.loads((ASSETS / "results/dbn.json").read_text(encoding="utf-8"))


def test_every_row_of_the_table_has_paper_and_here(found):
    assert [(r["features"], r["layer"]) for r in found["table"]] == rows() == list(results_dbn.PAPER)
    for row in found["table"]:
        for side in ("paper", "here"):
            for stage in ("pretrained", "finetuned"):
                assert all(len(row[side][stage][m]) == 2 and row[side][stage][m][0] > 0 for m in ("distance", "kl"))
    best = min(found["table"], key=lambda r: r["paper"]["finetuned"]["distance"][0])
    assert (best["features"], best["layer"]) == ("rhythm+fourier", 2)  # as the table says, not the text


def test_card_network_and_results_are_of_one_training(found):
    model = DeepBeliefNetwork()
    with model.session():
        assert found["shipped"] == {"features": model.features, "layer": model.layer}
    assert {k: v for k, v in model.card.test_error.items() if k not in ("protocol", "clips")} == found["tested"]
    assert found["here"]["clips"] == model.card.trained_on[0]["clips"]
    assert sum(source["clips"] for source in model.card.trained_on) == 1656


def test_the_shipped_row_is_ahead_of_what_needs_no_network(found):
    shipped = next(r for r in found["table"] if (r["features"], r["layer"]) == tuple(found["shipped"].values()))
    known = {b["name"]: b["here"] for b in found["baselines"]}
    for measure in ("distance", "kl"):
        here = shipped["here"]["finetuned"][measure][0]
        assert here < known["mfcc"][measure][0] < known["constant"][measure][0]


def test_the_calibration_counts_every_clip_and_second(found):
    for of, count in (("clips", found["here"]["clips"]), ("seconds", found["here"]["seconds"])):
        lines = found["calibration"][of]
        assert [line["share"] for line in lines] == [0.5, 0.8, 0.95]
        for line in lines:
            assert line["of"] == count and line["ratings"] == count * found["calibration"]["draws"]
        held = [line["ratings_inside"] / line["ratings"] for line in lines]
        assert np.all(np.diff(held) > 0) and np.abs(np.subtract(held, [0.5, 0.8, 0.95])).max() < 0.1


def test_pre_training_lowered_what_it_should(found):
    plan = recipe("dbn")["pretrain"]
    for feature in found["pretraining"].values():
        assert feature["epochs"] in plan["epochs"] and len(feature["layers"]) == 3
        for points in feature["layers"]:
            assert points[-1]["epoch"] == feature["epochs"] == len(points) - 1
            for side in ("train", "held"):
                assert points[-1][f"reconstruction_{side}"] < points[0][f"reconstruction_{side}"]

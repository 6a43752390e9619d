"""Shares of the stems where the truth is known: valence is the drums' answer, arousal the sum of bass and other."""

import numpy as np
import torch

from mer_core.models.nets.emomucs import EmoMucs
from mer_core.schema import STEM_NAMES
from mer_core.training import shares_emomucs
from mer_core.training.nested import Fitted, Runs, outer_folds
from mer_core.training.source_models import Study


def planted() -> EmoMucs:
    """Linear through pairs of hidden units: relu(z) - relu(-z) = z."""
    torch.manual_seed(0)
    network = EmoMucs(hidden=6).eval()
    first, last = network.fusion[1], network.fusion[4]
    with torch.no_grad():
        for tensor in (first.weight, first.bias, last.weight, last.bias):
            tensor.zero_()
        for unit, (feature, target) in enumerate([(2, 0), (5, 1), (7, 1)]):
            for row, sign in ((2 * unit, 1), (2 * unit + 1, -1)):
                first.weight[row, feature], last.weight[target, row] = sign, sign
    return network


def pictures(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).random((5, 96, 950)).astype(np.float16)


def test_a_linear_fusion_gives_every_way_its_stems():
    network, picture = planted(), pictures(0)
    found = shares_emomucs.of_clip(network, picture)
    x = torch.from_numpy(picture[1:, :, 6:944].astype(np.float32))[None]
    with torch.no_grad():
        said, silent = network.tapped(x)[0], network.tapped(torch.zeros_like(x))[0]
    truth, quiet = np.zeros((4, 2)), np.zeros((4, 2))
    for values, answers in ((truth, said), (quiet, silent)):
        values[1, 0], values[2, 1], values[3, 1] = answers[1, 0], answers[2, 1], answers[3, 1]
    np.testing.assert_allclose(found["fusion_layer"], truth, atol=1e-5)
    np.testing.assert_allclose(found["leave_one_out"], truth, atol=1e-5)
    np.testing.assert_allclose(found["shapley"], truth - quiet, atol=1e-5)


def test_the_ways_are_compared_over_clips_that_each_network_never_saw(tmp_path):
    class Clip:
        values = (0.0, 0.0)
    study = Study([Clip()] * 6, [pictures(i) for i in range(6)], [], [], {}, Runs(tmp_path, {}))
    folds = outer_folds(list("abcdef"), 3, 2, 0)
    for outer in folds:
        study.runs.once(f"fusion/x/{outer.final.name}", {}, lambda: Fitted([], planted().state_dict(), np.zeros((6, 2))))
    found = shares_emomucs.shares(study, folds, "x")
    assert found["stems"] == list(STEM_NAMES)
    size = found["size"]["shapley"]
    assert size["valence"][0] == size["valence"][2] == 0 < size["valence"][1]
    assert found["agreement_with_shapley"]["fusion_layer"]["valence"][1] > 0.999

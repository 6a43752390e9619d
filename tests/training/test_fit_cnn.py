"""The training of the networks on chunks, on a tiny made-up set in which loud means aroused."""

import json

import numpy as np
import pytest
import torch

from mer_core.datasets._base import Clip
from mer_core.errors import ParameterError
from mer_core.models._chunks import INPUT
from mer_core.models.cnn_se_gru_attention import CNNSeGruAttention
from mer_core.models.nets.cnn_family import NETWORKS
from mer_core.schema import TARGETS, Segment
from mer_core.training import card_cnn, fit_cnn, results_cnn
from mer_core.training.nested import Runs, outer_folds, split_hash
from mer_core.training.source_models import Study

ALTER = {"gain": 1.0, "short": 0.0, "shortest": 64, "masks": 1, "bands": 6, "gap": 6}
RECIPE = {
    "seed": 0, "rated": "musifeast17", "weak": "4q", "outer": 2, "inner": 2, "inner_used": 1, "chunks": 2,
    "networks": ["cnn_se_gru_attention"],
    "pretrain": {"every": 1, "chunks": 1, "epochs": 5, "batch": 8, "rate": 3e-3, "decay": 0.0, "softness": 0.05,
                 "alter": ALTER},
    "finetune": {"frozen": 2, "views": 2, "chunks": 4, "epochs": 10, "patience": 10, "batch": 8, "rate": 2e-3,
                 "decay": 0.0, "alter": ALTER}}


def made_up(count: int, seed: int) -> tuple[list[Clip], list[np.ndarray]]:
    """Noise pictures of 4 s; arousal is how loud they are, valence which half of the bands sounds."""
    rng = np.random.default_rng(seed)
    clips, pictures = [], []
    for i in range(count):
        v, a = rng.uniform(-0.8, 0.8, 2)
        x = rng.random((128, 172)) * 0.2 + 1 + 0.7 * a
        x[:64 if v > 0 else 0] *= 0.6
        x[64 if v <= 0 else 128:] *= 0.6
        quadrant = {(True, True): 1, (False, True): 2, (False, False): 3, (True, False): 4}[v > 0, a > 0]
        clips.append(Clip(id=f"c{i}", path=None, group=f"artist {i // 2}", values=(v, a), quadrant=quadrant))
        pictures.append(x.astype(np.float16))
    return clips, pictures


def study_in(folder, recipe=RECIPE) -> tuple[Study, list]:
    clips, pictures = made_up(28, 1)
    weak, weak_pictures = made_up(24, 2)
    folds = outer_folds([c.group for c in clips], recipe["outer"], recipe["inner"], recipe["seed"])
    facts = {"seed": 0, "split": split_hash([c.id for c in clips], folds), "input": repr(INPUT)}
    return Study(clips, pictures, weak, weak_pictures, recipe, Runs(folder, facts)), folds


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    study, folds = study_in(tmp_path_factory.mktemp("runs"))
    out, said = tmp_path_factory.mktemp("cnn"), []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fit_cnn, "opened", lambda *_: (study, folds))
        card = fit_cnn.train(None, RECIPE, out, lambda f, t="": said.append(f))
    assert said == sorted(said) and said[-1] == 1.0
    return study, folds, out, card


def test_what_is_written_loads_and_learnt_what_was_planted(trained):
    study, _, out, card = trained
    model = CNNSeGruAttention(out)
    assert model.card == card and card.trained_on[0]["clips"] == 28 and card.parameters == 244_271
    assert card.test_error["arousal"]["r"] > 0.5
    rmse = np.sqrt(np.diag(card.test_error["covariance"]))
    np.testing.assert_allclose(rmse, [card.test_error[t]["rmse"] for t in TARGETS], atol=1e-3)
    with model.session():
        x = np.stack([fit_cnn.chunks(p, 1)[0] for p in study.pictures])[:, None]
        found = model.outputs(x)
        weights, times = model.attention(x[:2], [Segment(0.0, 3.0), Segment(3.0, 6.0)])
    assert np.corrcoef(found[:, 1], study.ratings[:, 1])[0, 1] > 0.5
    np.testing.assert_allclose(weights.sum(axis=1), 1, rtol=1e-5)
    assert times.shape == (2, 16) and (np.diff(times, axis=1) > 0).all() and 0 < times[0, 0] < times[0, -1] < 3
    np.testing.assert_allclose(times[1] - times[0], 3, atol=0.02)


def test_the_card_says_how_even_the_attention_is(trained):
    study, _, _, card = trained
    kept = card.test_error["attention"]
    assert 0 < kept["evenness"] <= 1 and 1 / 16 <= kept["largest"] <= 1 and f"{kept['largest']:.3f}" in card.limits[-1]
    run = study.runs.stored("cnn_se_gru_attention/all/final")
    for scale, expected in ((0.0, (1, 1 / 16)), (1e9, (0, 1))):  # every step counts alike; one step alone, 0 for the others
        moved = {**run.weights, "attend.weight": run.weights["attend.weight"] * scale}
        found = fit_cnn.attended(study, "cnn_se_gru_attention", fit_cnn.Fitted(run.curve, moved, run.predicted))
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5)


def test_hidden_units_that_react_are_counted_and_few_are_said_to_be_few(trained):
    study, _, _, card = trained
    run = study.runs.stored("cnn_se_gru_attention/all/final")
    for bias, count in ((-1e3, 0), (1e3, 128)):
        moved = {**run.weights, "head.0.bias": torch.full((128,), bias)}
        assert fit_cnn.reacting(study, "cnn_se_gru_attention", fit_cnn.Fitted(run.curve, moved, run.predicted)) == count
    assert card_cnn.few(128.0) == () and "2.0 react" in card_cnn.few(2.0)[0]


def test_half_the_bits_keep_the_answers(trained):
    study = trained[0]
    run = study.runs.stored("cnn_se_gru_attention/all/final")
    kept = fit_cnn.halved(run.weights)
    assert {v.dtype for v in kept.values()} == {torch.float16, torch.int64}
    x = torch.from_numpy(np.stack([fit_cnn.chunks(p, 1)[0] for p in study.pictures])[:, None])
    exact, half = (fit_cnn.taught(study, "cnn_se_gru_attention", fit_cnn.Fitted([], w, run.predicted))
                   for w in (run.weights, kept))
    with torch.no_grad():
        assert (exact(x) - half(x)).abs().max() < 5e-3


def test_no_run_of_an_outer_fold_knows_an_artist_of_its_test_part(trained):
    study, folds, *_ = trained
    groups = np.array([clip.group for clip in study.clips])
    assert sorted(np.concatenate([outer.test for outer in folds])) == list(range(28))
    for outer in folds:
        for among in (*outer.inner, outer.final):
            known = set(groups[np.concatenate([among.learn, among.held]).astype(int)])
            assert not known & set(groups[outer.test])
        run = study.runs.stored(f"cnn_se_gru_attention/{outer.final.name}")
        assert np.isfinite(run.predicted[outer.test]).all() and run.metrics["test"]["arousal"]["r"] > -1


def test_the_frozen_blocks_stay_as_pretrained(trained):
    study, folds, *_ = trained
    before = fit_cnn.pretrained(study, "cnn_se_gru_attention").state_dict()
    after = study.runs.stored(f"cnn_se_gru_attention/{folds[0].final.name}").weights
    for name, value in after.items():
        if name.startswith(("blocks.0", "blocks.1")):
            assert torch.equal(value, before[name]), name
    assert not torch.equal(after["gru.weight_ih_l0"], before["gru.weight_ih_l0"])


def test_a_family_is_not_trained_as_one(tmp_path):
    with pytest.raises(ParameterError, match="cnn_se_gru_attention"):
        fit_cnn.train(None, {**RECIPE, "model": "cnn_family", "networks": sorted(NETWORKS)}, tmp_path)


@pytest.mark.parametrize("name", sorted(NETWORKS))
def test_finished_runs_are_not_done_again_and_every_network_trains(name, tmp_path, monkeypatch):
    quick = {**RECIPE, "networks": [name], "pretrain": {**RECIPE["pretrain"], "epochs": 1},
             "finetune": {**RECIPE["finetune"], "epochs": 1}}
    study, folds = study_in(tmp_path, quick)
    first = fit_cnn.measure(study, folds)[name]
    monkeypatch.setattr(fit_cnn, "tuned", lambda *_: pytest.fail("trained again"))
    np.testing.assert_array_equal(fit_cnn.measure(study_in(tmp_path, quick)[0], folds)[name], first)
    assert np.isfinite(first).all()


def test_stored_results_keep_paper_and_here_apart(trained, tmp_path):
    study, folds, *_ = trained
    predicted = study.ratings + 0.1
    kept = json.loads(results_cnn.write(results_cnn.results(study, folds, {"cnn_se_gru_attention": predicted}),
                                        tmp_path).read_text())
    row, = kept["table"]
    assert row["paper"]["arousal"] == {"r2": 0.499, "rmse_1_9": 0.892, "mae_1_9": 0.7087}
    assert row["here"]["valence"]["rmse"] == pytest.approx(0.1, abs=1e-4)
    assert row["here"]["valence"]["rmse_1_9"] == pytest.approx(0.4, abs=1e-3)
    curve = kept["curves"]["cnn_se_gru_attention"]
    assert len(curve["folds"]) == 2 and {"epoch", "loss", "validation"} <= set(curve["folds"][0][0])
    assert len(kept["predicted"]["cnn_se_gru_attention"]) == len(kept["ids"]) == 28


def test_chunks_reach_from_start_to_end():
    picture = np.tile(np.arange(1292, dtype=np.float16), (128, 1))
    found = fit_cnn.chunks(picture, 10)
    assert [c.shape for c in found] == [(128, 128)] * 10
    assert found[0][0, 0] == 0 and found[-1][0, -1] == picture[0, -1]
    assert fit_cnn.chunks(picture[:, :50], 2)[1].shape == (128, 128)

"""The harmonics CNN's training, on a tiny made-up set: each quadrant is a chord on another pitch class."""

import json

import numpy as np
import pytest
import torch

from mer_core.datasets._base import Clip
from mer_core.models._harmonics import INPUT, harmonics_table
from mer_core.models.harmonics_cnn import HarmonicsCNN
from mer_core.schema import Segment
from mer_core.training import fit_harmonics, results_harmonics, run, study_harmonics
from mer_core.training.fit_harmonics import Study
from mer_core.training.nested import Part, Runs

TUNE = {"epochs": 6, "views": 2, "batch": 8, "rate": 3e-2, "decay": 0.0, "smooth": 0.1, "gain": 0.1}
RECIPE = {"model": "harmonics_cnn", "rated": "4q", "seed": 0, "outer": 2, "tune": TUNE, "plain": {"epochs": 1},
          "network": {"channels": 4, "reach": 8, "stride": 4, "pool": 4, "dropout": 0.0}}
TABLE = harmonics_table()


def chord(quadrant: int, rng: np.random.Generator) -> np.ndarray:
    """(256, 400): noise, and the harmonics of A, C, D# or F#; Q4's are louder."""
    picture = rng.random((256, 400)) * 0.4 + 0.5
    read = TABLE[3 * (quadrant - 1), 1:4, :4]
    picture[read[read >= 0]] += 1.5 if quadrant == 4 else 1.0
    return picture.astype(np.float16)


@pytest.fixture(scope="module")
def study(tmp_path_factory) -> Study:
    rng, clips, pictures = np.random.default_rng(0), [], []
    for i in range(24):
        quadrant = 1 + i % 4
        clips.append(Clip(id=f"c{i}", path=None, group=f"artist {i // 4}", values=(np.nan, np.nan), quadrant=quadrant,
                          title=f"Song {i}"))
        pictures.append(chord(quadrant, rng))
    return Study(clips, pictures, RECIPE, Runs(tmp_path_factory.mktemp("runs"), {"seed": 0}))


@pytest.fixture(scope="module")
def trained(study, tmp_path_factory):
    torch.set_num_threads(1)
    out = tmp_path_factory.mktemp("harmonics")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fit_harmonics, "opened", lambda *_: study)
        return out, fit_harmonics.train(None, RECIPE, out)


def test_what_is_written_loads_and_tells_the_chords_apart(study, trained):
    out, card = trained
    model = HarmonicsCNN(out)
    assert model.card == card and card.targets == results_harmonics.QUADRANTS and "harmonics" in card.gives
    assert card.test_error["macro_f1"] >= 0.9
    with model.session():
        said = [model.outputs(fit_harmonics.windows(p).numpy()).mean(axis=0).argmax() for p in study.pictures]
    np.testing.assert_array_equal(said, study.truth)


def test_no_artist_is_learnt_from_and_tested():
    clips = [Clip(id=f"c{i}", path=None, group=f"a{i // 3}", values=(0, 0), quadrant=1 + i % 4) for i in range(30)]
    study, tested = Study(clips, [], RECIPE, None), []
    for outer in study.folds:
        assert not {clips[i].group for i in outer.test} & {clips[i].group for i in outer.final.learn}
        tested += outer.test.tolist()
    assert sorted(tested) == list(range(30))


def test_a_finished_fold_is_not_trained_again_and_another_plan_is(study, trained, monkeypatch):
    monkeypatch.setattr(fit_harmonics, "taught", None)
    assert np.isfinite(fit_harmonics.measure(study, "harmonics")).all()
    other = Study(study.clips, study.pictures, {**RECIPE, "tune": {**TUNE, "rate": 1e-3}}, study.runs)
    with pytest.raises(TypeError):
        fit_harmonics.measure(other, "harmonics")


def test_a_clip_is_answered_only_by_a_fold_that_tests_it(study, trained):
    outer = study.folds[0]
    kept = fit_harmonics.once(study, "harmonics", outer.final, outer.test).predicted
    assert np.isfinite(kept[outer.test]).all() and np.isnan(kept[outer.final.learn]).all()


def test_halved_pictures_are_what_the_network_makes_of_whole_ones(study, trained):
    made = fit_harmonics.network("harmonics", RECIPE)
    whole = made.fewer(torch.from_numpy(study.pictures[0].astype(np.float32))[None, None])
    np.testing.assert_allclose(whole[0, 0].numpy(), study.halved[0], atol=2e-3)


def test_a_view_keeps_silence_silent():
    picture = np.zeros((256, 100), np.float16)
    picture[10] = 1
    seen = fit_harmonics.view(picture, TUNE, np.random.default_rng(0))
    assert seen.shape == (256, 130) and not seen[:10].any() and not seen[:, 100:].any() and seen[10, :100].all()


@pytest.mark.parametrize("seconds", [4.0, 6.0, 7.5, 30.0])
def test_songs_are_cut_as_the_model_cuts_them(trained, seconds):
    model = HarmonicsCNN(trained[0])
    assert fit_harmonics.spans(seconds)[0] == Segment(0.0, 6.0)
    assert fit_harmonics.spans(seconds) == model.windows(seconds)
    frames = INPUT.spec.frames(round(seconds * INPUT.spec.sr))
    assert len(fit_harmonics.windows(np.ones((256, frames), np.float16))) in (len(model.windows(seconds)),)


def test_the_study_compares_all_networks_and_finds_the_planted_brightness(study, trained, tmp_path, monkeypatch):
    monkeypatch.setattr(fit_harmonics, "opened", lambda *_: study)
    monkeypatch.setattr(run, "recipe", lambda name: RECIPE)
    monkeypatch.setattr(results_harmonics, "DRAWS", 20)
    monkeypatch.setattr(study_harmonics, "DRAWS", 20)
    monkeypatch.setattr(results_harmonics, "FOLDER", tmp_path)
    rows = ["harmonics", "random", "contiguous", "plain"]
    study.recipe.update(rows=rows, compared=2)
    found = study_harmonics.evaluate(None, {"base": "harmonics_cnn", "rows": rows, "compared": 2})
    stored = json.loads((tmp_path / "harmonics.json").read_text())
    assert [row["name"] for row in stored["table"]] == rows
    assert stored["table"][0]["parameters"] == stored["table"][1]["parameters"] == stored["table"][2]["parameters"]
    assert found["harmonics"]["macro_f1"] >= 0.9 and np.array(stored["table"][0]["confusion"]).sum() == 24
    assert 0 <= stored["table"][3]["before_settling"] <= 1
    assert set(stored["against"]) == set(rows[1:])
    picture = next(r for r in stored["brightness"]["rows"] if r["name"] == "picture" and r["of"] == "true")
    assert picture["d"] > 2 and picture["auc"] == 1 and picture["clips"] == [6, 6]
    assert len(stored["brightness"]["rows"]) == 2 * (len(study_harmonics.MEASURES) + 1)
    assert len(stored["brightness"]["clips"]) == 24
    assert [r["clips"] for r in stored["brightness"]["elsewhere"]["rows"]] == [[12, 12]] * 3


def test_the_effect_is_cohens_and_the_area_counts_pairs():
    values, quadrant = np.array([3.0, 4, 5, 1, 2, 3]), np.array([3, 3, 3, 1, 1, 1])
    d, auc = study_harmonics.effect(values, quadrant)
    assert d == pytest.approx(2.0) and auc == pytest.approx(8.5 / 9)


def test_brightness_is_that_of_the_songs_own_maps(study, trained):
    """The mean over all cells of every window's map, by the network of the fold that tests the song."""
    from mer_core.explainers._grad_cam_maps import maps

    outer = study.folds[0]
    i = int(outer.test[0])
    kept = study_harmonics.of_fold(study, "outer0", outer)[i].reshape(4, 3)
    made = fit_harmonics.network("harmonics", RECIPE)
    made.load_state_dict(study.runs.stored("harmonics/outer0/final").weights)
    found = maps(made.eval(), fit_harmonics.windows(study.pictures[i]), 2).numpy()
    lit = np.maximum(found, 0)
    np.testing.assert_allclose(kept[2], [lit.mean(), lit.mean() / lit.max(), found.mean()], rtol=1e-4)


def test_the_plain_networks_norms_are_those_of_what_it_learnt_from(study):
    """Measured anew they differ, and no weight does."""
    nobody = np.array([], int)
    raw = fit_harmonics.taught(study, "plain", np.arange(12), nobody)
    done = fit_harmonics.settled(study, raw, np.arange(12), np.arange(12, 14))
    for name, tensor in raw.weights.items():
        assert torch.equal(tensor, done.weights[name]) == ("running" not in name and "tracked" not in name), name
    level = np.mean([h[:, :130].mean() for h in study.halved[:12]], dtype=np.float64)
    assert float(done.weights["level.running_mean"].mean()) == pytest.approx(level, abs=0.05)
    assert np.isfinite(done.predicted[12:14]).all() and np.isnan(done.predicted[:12]).all()


def test_artists_are_drawn_whole():
    groups = np.array(["a", "b", "b", "c"])
    for drawn in results_harmonics.resampled(groups, 20):
        counts = np.bincount(drawn, minlength=4)
        assert counts[1] == counts[2] and counts[0] + counts[1] + counts[3] == 3


def test_a_part_that_tests_nothing_ships(study, trained):
    nobody = np.array([], int)
    kept = fit_harmonics.once(study, "harmonics", Part("all/final", np.arange(24), nobody), nobody)
    assert np.isnan(kept.predicted).all() and kept.curve[-1]["loss"] < kept.curve[0]["loss"]

"""The vision transformers' training, on a tiny made-up set in which beats mean happy and held notes sad."""

import csv
import json

import numpy as np
import pytest
import torch

from mer_core.datasets._base import Clip
from mer_core.models._vit import INPUT
from mer_core.models.vit_happy_sad import ViTHappySad
from mer_core.models.vit_va import ViTVA
from mer_core.schema import TARGETS
from mer_core.training import distil_vit, fit_vit, results_vit
from mer_core.training.fit_student import components
from mer_core.training.fit_vit import Course
from mer_core.training.nested import Fitted, Runs
from mer_core.training.source_models import Study
from mer_core.training.vit_pictures import batch, places
from mer_core.training.vit_tutor import Tutor

ALTER = {"jitter": 4, "gain": 1.0, "short": 0.0, "shortest": 64, "masks": 1, "bands": 6, "gap": 6, "dull": 0.5,
         "dullest": 150}
RECIPE = {
    "model": "vit_happy_sad", "kind": "classes", "rated": "4q", "seed": 0, "outer": 2, "inner": 2, "inner_used": 1,
    "windows": 2, "splits": [0, 1], "start": {}, "network": {"width": 16, "depth": 2, "heads": 2},
    "distil": {"sets": ["4q"], "epochs": 4, "keep": 40}, "again": [{"epochs": 2}, {"epochs": 3}],
    "tune": {"frozen": 1, "views": 3, "chunks": 2, "keep": 40, "epochs": 8, "patience": 8, "batch": 4, "rate": 6e-3,
             "decay": 0.0, "dropout": 0.0, "alter": ALTER}}
HEARD = ({"data": "4Q", "clips": 450, "use": "sounds, without labels", "licence": "none stated"},)
RATED = {**RECIPE, "model": "vit_va", "kind": "ratings", "rated": "musifeast17", "splits": [0],
         "tune": {**RECIPE["tune"], "frozen": 2}}


def painted(v: float, columns: int, rng: np.random.Generator) -> np.ndarray:
    """(224, columns): upright stripes where `v` is 1, level ones where it is -1, a mixture between, and noise."""
    upright, level = np.arange(columns) % 8 < 2, np.arange(224)[:, None] % 8 < 2
    return (rng.random((224, columns)) * 0.2 + 0.1 + (1 + v) * upright + (1 - v) * level).astype(np.float16)


def course_in(folder, recipe) -> Course:
    """Twenty clips of 15 s; valence is how much of them is beats, arousal how much is held notes."""
    rng = np.random.default_rng(0)
    clips, pictures = [], []
    for i in range(20):
        v = rng.uniform(0.2, 0.8) * (-1) ** i
        clips.append(Clip(id=f"c{i}", path=None, group=f"artist {i // 2 % 8}", values=(v, -v),
                          quadrant=3 if i % 2 else 1, title=f"Song {i}"))
        pictures.append(painted(v, 330, rng))
    runs = Runs(folder, {"seed": 0, "input": repr(INPUT)})
    network = distil_vit.fresh(recipe)
    for name in ("distilled", "distilled_again", "distilled_again_1"):
        runs.once(name, {}, lambda: Fitted([{"epoch": 1, "loss": 1.0}], network.state_dict(), np.zeros((0, 2))))
    return Course(Study(clips, pictures, [], [], recipe, runs), network.state_dict(), HEARD)


def trained_in(tmp_path_factory, recipe):
    torch.set_num_threads(1)
    course, out = course_in(tmp_path_factory.mktemp("runs"), recipe), tmp_path_factory.mktemp("vit")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fit_vit, "opened", lambda *_: course)
        return course, out, fit_vit.train(None, recipe, out)


@pytest.fixture(scope="module")
def moods(tmp_path_factory):
    return trained_in(tmp_path_factory, RECIPE)


@pytest.fixture(scope="module")
def ratings(tmp_path_factory):
    return trained_in(tmp_path_factory, RATED)


def test_what_is_written_loads_and_tells_beats_from_notes(moods):
    course, out, card = moods
    model = ViTHappySad(out)
    assert model.card == card and card.kind == "classes" and card.targets == ("happy", "sad")
    assert {"gradients", "transformer"} <= set(card.gives) and "r2" not in json.dumps(card.test_error)
    assert card.test_error["accuracy"] >= 0.9
    assert card.trained_on[0]["clips"] == 20 and card.trained_on[1]["clips"] == 450
    with model.session():
        x = np.stack([batch([p], places([p]))[0].numpy() for p in course.study.pictures])
        said = model.outputs(x).argmax(axis=1)
    assert (said == results_vit.truth(course.study)).mean() >= 0.9
    assert card.parameters == sum(p.numel() for p in model.network.parameters())


def test_ratings_come_out_in_their_own_units(ratings):
    course, out, card = ratings
    assert card.kind == "ratings" and card.targets == TARGETS
    assert card.test_error["valence"]["r2"] > 0.5 and card.test_error["arousal"]["r2"] > 0.5
    with ViTVA(out).session() as model:
        x = np.stack([batch([p], places([p]))[0].numpy() for p in course.study.pictures])
        found = model.outputs(x)
    assert np.abs(found - course.study.ratings).mean() < 0.25


def test_a_finished_study_is_not_done_again(moods, monkeypatch):
    course, _, card = moods
    monkeypatch.setattr(fit_vit, "tuned", None)
    found = fit_vit.measure(course)
    assert set(found) == {0, 1} and found[0].shape == (20, 2)
    assert results_vit.figures(course.study, found)["accuracy"] == card.test_error["accuracy"]


def test_the_first_blocks_stay_as_they_were(moods):
    course, _, _ = moods
    run = course.study.runs.stored("vit_happy_sad-4q/split0/outer0/final")
    for name in ("patches.weight", "positions", "blocks.0.query.weight"):
        torch.testing.assert_close(run.weights[name], course.start[name])
    assert not torch.equal(run.weights["blocks.1.query.weight"], course.start["blocks.1.query.weight"])


def test_the_stored_results_have_every_clip_and_the_surest_of_each_cell(moods, tmp_path):
    course, _, _ = moods
    found = fit_vit.measure(course)
    path = results_vit.write(results_vit.results(course.study, found), tmp_path)
    stored = json.loads(path.read_text())
    assert path.name == "vit.json" and len(stored["clips"]) == 20
    for cell in stored["cases"]:
        same = [c for c in stored["clips"] if c["truth"] == cell["truth"]]
        sure = [c["happy"] if cell["said"] == "happy" else 1 - c["happy"] for c in same]
        assert cell["probability"] == pytest.approx(max(sure)) and cell["probability"] > 0.5
    right = sum((c["happy"] > 0.5) == (c["truth"] == "happy") for c in stored["clips"])
    assert stored["here"]["accuracy"] == pytest.approx(right / 20)
    assert stored["paper"]["accuracy"] == pytest.approx((62 + 122) / 237, abs=1e-3)


def test_an_empty_cell_has_no_case():
    clips = [{"id": "a", "title": "A", "truth": "happy", "happy": 0.9},
             {"id": "b", "title": "B", "truth": "sad", "happy": 0.2}]
    assert [(c["truth"], c["said"]) for c in results_vit.cases(clips)] == [("happy", "happy"), ("sad", "sad")]


def test_rare_moods_count_as_much_as_common_ones():
    labels = fit_vit.Moods(np.array([0, 0, 0, 1]), fit_vit.Part("x", np.arange(4), np.array([], int)))
    given = torch.zeros(4, 2, requires_grad=True)
    labels.loss(given, labels.scaled).backward()
    torch.testing.assert_close(given.grad.sum(dim=0), torch.zeros(2))  # three happy and one sad pull alike
    assert labels.error(np.array([[1.0, 0.0], [0.5, 0.5]]), np.array([0, 3])) == pytest.approx(np.log(2) / 2, abs=1e-4)


# the lesson before the labels -----------------------------------------------------------------------------------------


def test_the_lesson_has_no_clip_of_the_moods_that_are_asked_for(tmp_path):
    (tmp_path / "4q" / "Dataset").mkdir(parents=True)
    with open(tmp_path / "4q" / "Dataset" / "panda_dataset_taffc_metadata.csv", "w", newline="") as file:
        rows = [[f"MT{k}", "x", "t", f"Q{k}", "Pop"] for k in (1, 2, 3, 4)]
        csv.writer(file).writerows([["Song", "Artist", "Title", "Quadrant", "GenresStr"], *rows])
    for k in (1, 2, 3, 4):
        path = tmp_path / "4q" / "Dataset" / f"Q{k}" / f"MT{k}.mp3"
        path.parent.mkdir()
        path.write_bytes(b"")
    found = distil_vit.listened(tmp_path, {"sets": ["4q"], "quadrants": [2, 4]})
    assert [clip.quadrant for clip in found["4q"].clips()] == [2, 4]


def test_it_learns_how_much_of_a_chunk_is_beats():
    rng = np.random.default_rng(0)
    levels = rng.uniform(-1, 1, 16)
    pictures = [painted(level, 224, rng) for level in levels]
    plan = {"keep": 30, "epochs": 12, "batch": 4, "rate": 5e-3, "decay": 0.0, "weights": {"level": 1.0},
            "alter": {**ALTER, "gain": 0.0, "masks": 0, "dull": 0.0}}
    network = distil_vit.fresh(RECIPE)
    curve = distil_vit.school(network, pictures, places(pictures), {"level": components(levels[:, None], 1)}, plan, 0)
    assert curve[-1]["loss"] < 0.5 < curve[0]["loss"] + 0.2


def test_the_lesson_is_repeated_from_where_it_ended_and_neither_is_done_twice(tmp_path, monkeypatch):
    pictures, runs, taught = [np.ones((224, 224), np.float16)], Runs(tmp_path, {}), []

    def school(network, *_):
        taught.append(float(network.token[0].detach()))
        with torch.no_grad():
            network.token.fill_(len(taught))
        return [{"epoch": 1, "loss": 1.0}]
    monkeypatch.setattr(distil_vit, "listened", lambda *_: {"4q": distil_vit.Some([])})
    monkeypatch.setattr(distil_vit, "_lesson", lambda *_: (pictures, places(pictures), {}))
    monkeypatch.setattr(distil_vit, "school", school)
    assert distil_vit.distilled(None, RECIPE, runs)["token"].eq(3).all() and taught[1:] == [1, 2]
    assert distil_vit.distilled(None, RECIPE, runs)["token"].eq(3).all() and len(taught) == 3


def test_fewer_tokens_keep_the_class_token_and_come_from_the_same_picture():
    tokens = torch.arange(2 * 10, dtype=torch.float32).reshape(2, 10, 1)
    found = distil_vit.fewer(tokens, 4)
    assert found.shape == (2, 5, 1) and found[:, 0, 0].tolist() == [0, 10]
    assert all(len(set(row)) == 5 and set(row) <= set(of) for row, of in
               zip(found[:, :, 0].tolist(), tokens[:, :, 0].tolist()))


def test_all_patches_are_what_the_network_reads():
    network, x = distil_vit.fresh(RECIPE).eval(), torch.rand(2, 1, 224, 224)
    torch.testing.assert_close(distil_vit.partly(network, x, 196), network.features(x), atol=1e-5, rtol=1e-4)


def test_places_are_side_by_side_or_half_a_window_apart():
    pictures = [np.zeros((224, 668)), np.zeros((224, 100))]
    assert places(pictures).tolist() == [[0, 0], [0, 224], [0, 444], [1, 0]]
    assert places(pictures, 0.5)[:, 1].tolist() == [0, 112, 224, 336, 444, 0]
    assert batch(pictures, places(pictures)).shape == (4, 1, 224, 224)


def test_a_recipe_may_start_from_a_model_in_the_place_of_the_lesson(ratings, monkeypatch):
    _, out, card = ratings
    monkeypatch.setattr(fit_vit.registry, "get", lambda kind, name: lambda: ViTVA(out))
    start, heard = fit_vit.started(None, {**RECIPE, "start": {"4q": "vit_va"}}, None, None)
    assert heard == card.trained_on and not start["head.weight"].any()
    distil_vit.fresh(RECIPE).load_state_dict(start)


# the tutor ------------------------------------------------------------------------------------------------------------


def hearing(rng, values: np.ndarray) -> np.ndarray:
    return values[:, None] * np.array([1.0, -2.0, 0.5]) + rng.normal(0, 0.05, (len(values), 3))


def test_a_tutor_answers_from_the_clips_of_its_part_only():
    rng = np.random.default_rng(0)
    own, others = np.linspace(-1, 1, 20), np.array([-0.9, 0.0, 0.9])
    tutor, learn = Tutor(hearing(rng, own), hearing(rng, others), []), np.arange(0, 20, 2)
    known = (own > 0).astype(int)
    said = tutor.classes(learn, known, 8.0)
    assert said[0, 0] > 0.8 and said[2, 1] > 0.8 and np.allclose(said.sum(axis=1), 1)
    spoilt = known.copy()
    spoilt[1::2] = 1 - spoilt[1::2]
    changed = Tutor(np.where(np.arange(20)[:, None] % 2, 99.0, tutor.own), tutor.others, [])
    np.testing.assert_allclose(changed.classes(learn, spoilt, 8.0), said)
    ratings = np.stack([own, -own], axis=1)
    assert np.abs(tutor.ratings(learn, ratings, 8.0) - np.stack([others, -others], axis=1)).max() < 0.15


def test_what_a_tutor_says_of_other_clips_teaches(tmp_path):
    """Four clips have labels; fourteen others have what the tutor says of them."""
    recipe = {**RECIPE, "tune": {**RECIPE["tune"], "tutor": {"strength": 8.0, "views": 2}}}
    course, rng = course_in(tmp_path, recipe), np.random.default_rng(1)
    own = np.array([clip.values[0] for clip in course.study.clips])
    others = rng.uniform(0.2, 0.8, 14) * (-1) ** np.arange(14)
    pictures = [painted(v, 330, rng) for v in others]
    asked = Course(course.study, course.start, HEARD, Tutor(hearing(rng, own), hearing(rng, others), pictures))
    among = fit_vit.Part("x", np.arange(4), np.array([], int))
    fitted = fit_vit.tuned(asked, among, 8, 0)
    assert asked.aside.shape[:2] == (14, 2)
    assert (fitted.predicted.argmax(axis=1) == results_vit.truth(course.study)).mean() >= 0.9

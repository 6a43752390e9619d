import csv
import json

import numpy as np
import pytest
import soundfile

from mer_core import registry
from mer_core.errors import DataError, WeightsError
from mer_core.explainers.treeshap import TreeShap
from mer_core.models.handcrafted_xgb import HandcraftedXGB
from mer_core.schema import TARGETS, Track, TrackInfo
from mer_core.training import features_cache, fit_xgb
from mer_core.training.fit_xgb import Clips

SR = 16_000
RECIPE = {
    "model": "handcrafted_xgb", "entry": "mer_core.training.fit_xgb", "rated": "musifeast17", "weak": "4q",
    "outer": 2, "inner": 2, "splits": [0], "shipped": "xgboost", "workers": 1, "leave_out": ["tonnetz_*"],
    "grid": {"ridge": {"alpha": [10.0], "views": [1], "weak_weight": [0.0, 0.2], "weak_shift": [0.5, 1.0]},
             "lasso": {"alpha": [0.01], "views": [1], "weak_weight": [0.0], "weak_shift": [1.0]},
             "svr": {"C": [1.0], "views": [2], "weak_weight": [0.0], "weak_shift": [1.0]},
             "random_forest": {"n_estimators": [5], "views": [1], "weak_weight": [0.0], "weak_shift": [1.0]},
             "gradient_boosting": {"n_estimators": [5], "views": [1], "weak_weight": [0.0],
                                   "weak_shift": [1.0]},
             "xgboost": {"rounds": [12], "learning_rate": [0.3], "max_depth": [2], "colsample_bynode": [0.5],
                         "views": [2], "weak_weight": [0.0, 0.2], "weak_shift": [1.0]}}}


def sound(path, arousal, rng):
    """Louder, brighter and busier with arousal."""
    t = np.arange(3 * SR) / SR
    y = np.sin(2 * np.pi * 300 * t) + (1 + arousal) * rng.normal(size=len(t))
    soundfile.write(path, 0.02 * (2 + arousal) * y, SR, format="WAV")


def table(path, header, rows):
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header, *rows])


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """Both sets in their published layouts, 16 and 8 clips of 3 s; two artists are in both."""
    root, rng = tmp_path_factory.mktemp("data"), np.random.default_rng(0)
    rated, weak = root / "musifeast17", root / "4q"
    (rated / "stimuli").mkdir(parents=True)
    rows = []
    for k in range(16):
        arousal = k / 8 - 1
        sound(rated / "stimuli" / f"c{k}.mp3", arousal, rng)
        rows.append([f"c{k}", "Pop", f"Title {k}", f"Artist {k // 2}", 3 + rng.uniform(-1, 1), 3 + 2 * arousal])
    header = ["CLIP_NAME", "GENRE", "TRACK_TITLE", "ARTIST", "valence_M", "arousal_M"]
    table(rated / "data/MUSIFEAST17_all.csv", header, rows)
    songs = []
    for k in range(8):
        folder = weak / "Dataset" / f"Q{k % 4 + 1}"
        folder.mkdir(parents=True, exist_ok=True)
        sound(folder / f"s{k}.mp3", 0.5 if k % 4 < 2 else -0.5, rng)
        songs.append([f"s{k}", f"Artist {k}" if k < 2 else f"Other {k}", f"Song {k}", f"Q{k % 4 + 1}", "Pop"])
    header = ["Song", "Artist", "Title", "Quadrant", "GenresStr"]
    table(weak / "Dataset/panda_dataset_taffc_metadata.csv", header, songs)
    return root


@pytest.fixture(scope="module")
def trained(data, tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(features_cache, "FOLDER", tmp_path_factory.mktemp("features"))
        out = tmp_path_factory.mktemp("model")
        said = []
        card = fit_xgb.train(data, RECIPE, out, lambda fraction, text="": said.append(fraction))
        again = fit_xgb.evaluate(data, RECIPE)
    assert said == sorted(said) and said[-1] == 1.0
    return out, card, again


def track(seconds=4.0, seed=0):
    y = np.random.default_rng(seed).normal(0, 0.1, (2, int(44_100 * seconds))).astype(np.float32)
    return Track(TrackInfo("", "noise", seconds, 2), y)


def test_the_trained_model_predicts_and_its_card_says_how_well(trained):
    out, card, again = trained
    model = HandcraftedXGB(out)
    prediction = model.predict(track())
    assert prediction.targets == TARGETS and prediction.curve.shape == (2, 1) and np.isfinite(prediction.values).all()
    np.testing.assert_allclose(prediction.covariance, card.test_error["covariance"], rtol=1e-5)
    assert not any(info.name.startswith("tonnetz") for info in model.features)
    assert set(card.test_error["compared"]) == set(RECIPE["grid"])
    assert card.test_error["arousal"]["r2"] > 0.5  # arousal is written into the sound
    for target in TARGETS:
        assert set(card.test_error[target]) == {"r2", "rmse", "mae", "r", "ccc"}
        rmse = np.sqrt(card.test_error["covariance"][TARGETS.index(target)][TARGETS.index(target)])
        assert rmse == pytest.approx(card.test_error[target]["rmse"], abs=1e-3)
    assert {key: card.test_error[key] for key in again} == again  # evaluating anew gives the same figures
    assert len(json.dumps(card.test_error)) > 0 and card.parameters > 0


def test_other_weights_are_refused(trained, tmp_path):
    out, card, _ = trained
    for name in ("card.json", "model.json"):
        (tmp_path / name).write_bytes((out / name).read_bytes())
    (tmp_path / "model.json").write_bytes((out / "model.json").read_bytes() + b" ")
    with pytest.raises(WeightsError, match="sha256"):
        HandcraftedXGB(tmp_path).predict(track())
    (tmp_path / "model.json").unlink()
    with pytest.raises(WeightsError, match="train handcrafted_xgb"):
        HandcraftedXGB(tmp_path).predict(track())


def test_treeshap_of_the_whole_song_adds_up(trained):
    model = HandcraftedXGB(trained[0])
    song = track(55.0)
    found = TreeShap().explain(model, song)
    curve = model.predict(song).curve
    assert curve.shape[1] > 1
    for k, target in enumerate(TARGETS):
        explanation = found[target]
        assert abs(explanation.residual) < 1e-4
        assert explanation.output == pytest.approx(curve[k].mean(), abs=1e-5)
        assert len(explanation.labels) == len(explanation.values) == len(explanation.inputs)
    level = found["arousal"].labels.index("level_mean")
    assert found["arousal"].inputs[level] == pytest.approx(-26.02, abs=0.3)  # -20 dB, two channels, half the band


def test_no_artist_of_the_test_part_is_ever_fitted(data, monkeypatch):
    rng = np.random.default_rng(0)
    groups = np.array([f"a{k // 2}" for k in range(24)])
    rated = Clips(rng.normal(size=(24, 1, 5)), groups, rng.normal(size=(24, 2)))
    weak = Clips(rng.normal(size=(12, 1, 5)), np.array([f"a{k}" for k in range(12)]), np.ones((12, 2)))
    artist = {tuple(row): group for clips in (rated, weak) for row, group in zip(clips.x[:, 0], clips.groups)}
    fitted = []

    def spy(params, x, y, weight, seed):
        known = {artist[tuple(row)] for row in x}
        fitted.append(len(x))

        def predict(given):
            assert not known & {artist[tuple(row)] for row in given}
            return np.zeros(len(given))
        return predict
    monkeypatch.setitem(fit_xgb.REGRESSORS, "ridge", spy)
    predicted = fit_xgb.nested("ridge", rated, weak, RECIPE, 0, lambda *a: None)
    assert predicted.shape == (24, 2) and len(fitted) == 2 * 2 * (2 * 3 + 1)  # folds x targets x (inner x settings + 1)


def test_weak_clips_stand_beside_the_mean_by_their_side():
    ratings = np.array([[0.0, 0.2], [0.4, 0.2], [0.0, 0.6], [0.4, 0.6]])
    rated = Clips(np.zeros((4, 2, 3)), np.array(list("abcd")), ratings)
    weak = Clips(np.ones((2, 2, 3)), np.array(["x", "y"]), np.array([[1.0, -1.0], [-1.0, 1.0]]))
    setting = {"alpha": 1, "views": 1, "weak_weight": 0.3, "weak_shift": 0.5}
    params, x, y, weight = fit_xgb.joined(setting, rated, weak, 1)
    assert params == {"alpha": 1} and x.shape == (6, 3)
    np.testing.assert_allclose(y[4:], [0.4 - 0.5 * 0.2, 0.4 + 0.5 * 0.2])
    np.testing.assert_allclose(weight, [1, 1, 1, 1, 0.3, 0.3])
    assert len(fit_xgb.joined({**setting, "weak_weight": 0.0}, rated, weak, 1)[1]) == 4


def test_views_of_a_clip_share_its_label_and_its_weight():
    rated = Clips(np.arange(12.0).reshape(2, 2, 3), np.array(["a", "b"]), np.array([[0.1, 0.0], [0.9, 0.0]]))
    _, x, y, weight = fit_xgb.joined({"views": 2, "weak_weight": 0.0, "weak_shift": 1.0}, rated, rated, 0)
    np.testing.assert_allclose(x, rated.x.transpose(1, 0, 2).reshape(4, 3))
    np.testing.assert_allclose(y, [0.1, 0.9, 0.1, 0.9])
    np.testing.assert_allclose(weight, 0.5)


def test_a_grid_tries_the_shift_of_absent_clips_once():
    tried = fit_xgb.settings({"alpha": [1, 2], "weak_weight": [0.0, 0.2], "weak_shift": [0.5, 1.0]})
    assert len(tried) == 2 * (1 + 2) and all(set(s) == {"alpha", "weak_weight", "weak_shift"} for s in tried)


def test_a_clip_that_cannot_be_read_is_named(data, tmp_path):
    clips = registry.get("datasets", "musifeast17")(data).clips()[:1]
    broken = tmp_path / "broken.mp3"
    broken.write_bytes(b"this is not sound")
    with pytest.raises(DataError, match="broken.mp3"):
        features_cache.cached("toy", [type(clips[0])("x", broken, "g", (0.0, 0.0))], tmp_path, workers=1)

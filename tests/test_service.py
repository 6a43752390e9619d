"""The one door, on a real short song with the shipped models."""

import threading

import numpy as np
import pytest
import soundfile

from mer_core import audio
from mer_core.errors import AudioError, MerError, ParameterError
from mer_core.schema import STEM_NAMES, TARGETS
from mer_core.service import Service
from mer_core.store import Key, Store


@pytest.fixture(scope="module")
def service(tmp_path_factory) -> Service:
    return Service(Store(tmp_path_factory.mktemp("store")))


@pytest.fixture(scope="module")
def info(service, song_file):
    return service.add(song_file, song_file.name)


@pytest.fixture
def no_work(service, monkeypatch):
    """From here on nothing may be computed: every answer has to come from the store."""
    def refuse(key):
        raise AssertionError(f"computed again: {key}")
    return lambda: monkeypatch.setattr(service.store, "create", refuse)


def test_the_two_models_of_the_first_release_are_there(service):
    assert {"handcrafted_xgb", "c2d_mix"} <= set(service.cards())


def test_adding_twice_gives_the_same_song(service, info, song_file, no_work):
    no_work()
    again = service.add(song_file.read_bytes(), "another name.flac")
    assert again.id == info.id and again.title == "another name"


def test_a_file_that_is_no_song_leaves_nothing(tmp_path, bad_file):
    service = Service(Store(tmp_path))
    with pytest.raises(AudioError):
        service.add(bad_file, bad_file.name)
    assert not [p for p in tmp_path.rglob("*") if p.is_file()]


def test_the_kept_samples_are_the_song(service, info, song_file):
    y = audio.decode(song_file).y
    kept = service.track(info).y
    assert isinstance(kept, np.memmap) or isinstance(kept.base, np.memmap)
    np.testing.assert_array_equal(kept, y)


def test_a_song_that_left_the_cache_is_asked_for_again(tmp_path, info):
    with pytest.raises(MerError, match="Upload it again"):
        Service(Store(tmp_path)).track(info)


def test_the_playable_file_sounds_like_the_song(service, info):
    y, sr = soundfile.read(service.playable(info), always_2d=True, dtype="float32")
    assert sr == info.sr
    np.testing.assert_allclose(y.T, service.track(info).y, atol=1e-6)


def test_the_overview(service, info):
    facts = service.overview(info)
    assert facts["key"] and 30 < facts["tempo"] < 300 and -60 < facts["loudness"] < 0 and facts["peak"] <= 0.01
    beats = np.array(facts["beats"])
    assert len(beats) > 1 and (np.diff(beats) > 0).all() and 0 <= beats[0] and beats[-1] <= info.duration


def test_every_stem_has_its_level(service, info):
    facts = service.stem_overview(info)
    assert set(facts) == {"backend", "loudness"} and set(facts["loudness"]) == {*STEM_NAMES, "residual"}
    assert all(facts["loudness"][name] < service.overview(info)["loudness"] + 3 for name in STEM_NAMES)


@pytest.mark.parametrize("model", ["handcrafted_xgb", "c2d_mix"])
def test_a_prediction_is_on_the_scale_with_its_error(service, info, model):
    p = service.predict(info, model)
    assert p.targets == TARGETS and np.abs(p.values).max() <= 1
    assert p.curve.shape == (2, len(p.times)) and (0 < p.spread).all() and (p.spread < 1).all()
    assert 0 <= p.times[0] and p.times[-1] <= info.duration


def test_stems_and_residual_are_the_song(service, info):
    stems = service.stems(info)
    assert stems.names == STEM_NAMES and not service.separators(info)[0].missing
    np.testing.assert_allclose(stems.mix, service.track(info).y, atol=1e-5)


def test_a_separator_that_cannot_run_says_why_and_is_not_run(service, info):
    missing = {s.name: s.missing for s in service.separators(info) if s.missing}
    assert "true_stems" in missing, "an uploaded song has no true stems"
    with pytest.raises(MerError, match=missing["true_stems"][:20]):
        service.stems(info, "true_stems")


def test_stem_files_can_be_played(service, info):
    files = service.stem_files(info)
    assert set(files) == {*STEM_NAMES, "residual"}
    for path in files.values():
        assert abs(soundfile.info(path).duration - info.duration) < 0.01


@pytest.mark.parametrize(("method", "model"), [("treeshap", "handcrafted_xgb"), ("lrp", "c2d_mix"),
                                               ("stem_shapley", "handcrafted_xgb"), ("stem_shapley", "c2d_mix")])
def test_every_explanation_belongs_to_the_prediction(service, info, method, model):
    predicted = service.predict(info, model)
    for k, target in enumerate(TARGETS):
        found = service.explain(info, method, model)[target]
        assert (found.model, found.method, found.target) == (model, method, target)
        assert found.output == pytest.approx(float(predicted.curve[k].mean()), abs=2e-3)
        if method != "lrp":
            assert abs(found.residual) < 1e-4


def test_methods_are_offered_where_they_fit(service):
    assert {"treeshap", "stem_shapley"} <= set(service.explainers("handcrafted_xgb"))
    assert "lrp" not in service.explainers("handcrafted_xgb")
    assert {"lrp", "stem_shapley"} <= set(service.explainers("c2d_mix"))
    assert "treeshap" not in service.explainers("c2d_mix")


def test_the_boosted_sound_is_as_loud_as_the_song(service, info):
    path, facts = service.sonify(info, "lrp", "c2d_mix", "arousal")
    y, sr = soundfile.read(path, always_2d=True, dtype="float32")
    before, after = audio.loudness(service.track(info).y, info.sr), audio.loudness(y.T, sr)
    assert abs(before - after) < 0.5 and abs(facts["loudness_after"] - after) < 0.2
    assert np.abs(y).max() <= 1 and y.T.shape == service.track(info).y.shape


def pairs(waveform) -> np.ndarray:
    return np.frombuffer(waveform.path.read_bytes(), np.int8).reshape(-1, 2)


def test_the_waveforms_are_those_of_the_song_and_its_stems(service, info):
    y = service.track(info).y
    whole = pairs(service.waveform(info))
    assert len(whole) == -(-y.shape[1] // 441)
    assert whole[:, 1].max() == pytest.approx(127 * y.max(), abs=0.51)
    stems, drawn = service.stems(info), service.stem_waveforms(info)
    assert set(drawn) == {*STEM_NAMES, "residual"}
    for name, one in drawn.items():
        assert pairs(one)[:100, 0].min() == pytest.approx(127 * stems.parts[name][:, :44_100].min(), abs=0.51)


def test_relevance_lies_over_the_spectrogram(service, info):
    """Both cover the song from its start to its end, on one axis of hertz."""
    below, over = service.spectrogram_tiles(info), service.relevance_tiles(info, "lrp", "c2d_mix", "arousal")
    for made in (below, over):
        assert -made.step < made.start <= 0 and abs(made.start + made.columns * made.step - info.duration) < 2 * made.step
    assert below.hz[0] == pytest.approx(over.hz[0]) and over.hz[1] == pytest.approx(6000, rel=0.02)
    assert over.signed and over.unit == "arousal" and below.unit == "dB"


def test_relevance_of_stems_is_no_picture(service, info):
    with pytest.raises(ParameterError, match="stem_shapley gives stems"):
        service.relevance_tiles(info, "stem_shapley", "c2d_mix", "arousal")


def test_nothing_is_computed_twice(service, info, no_work):
    ask = [lambda: service.overview(info), lambda: service.spectrogram_tiles(info),
           lambda: service.chroma_tiles(info), lambda: service.waveform(info), lambda: service.stem_waveforms(info),
           lambda: service.relevance_tiles(info, "lrp", "c2d_mix", "valence"),
           lambda: service.predict(info, "c2d_mix"), lambda: service.stems(info), lambda: service.stem_files(info),
           lambda: service.explain(info, "lrp", "c2d_mix"), lambda: service.sonify(info, "lrp", "c2d_mix", "valence")]
    for question in ask:
        question()
    no_work()
    for question in ask:
        question()


def test_other_parameters_are_another_result(service, info):
    from mer_core.explainers.lrp import LrpParams

    usual = service.explain(info, "lrp", "c2d_mix")["arousal"]
    other = service.explain(info, "lrp", "c2d_mix", params=LrpParams(rule="epsilon"))["arousal"]
    assert not np.allclose(usual.values, other.values)


def test_two_who_ask_at_once_share_one_job(service, info, monkeypatch):
    gate, calls = threading.Event(), []

    def slow(info, model, progress):
        calls.append(model)
        assert gate.wait(20)
        return model
    monkeypatch.setattr(service, "predict", slow)
    first, second = service.start("predict", info, model="c2d_mix"), service.start("predict", info, model="c2d_mix")
    gate.set()
    assert first is second and first.result(20) == "c2d_mix" and calls == ["c2d_mix"]


def test_a_job_reports_and_delivers(service, info):
    job = service.start("predict", info, "handcrafted_xgb")
    assert job.result(60).model == "handcrafted_xgb" and job.fraction == 1


def test_demo_tracks_need_no_upload(tmp_path):
    service = Service(Store(tmp_path))
    demos = service.demos()
    assert sorted(d.source["quadrant"] for d in demos) == ["Q1", "Q2", "Q3", "Q4"]
    demo = demos[0]
    assert service.separators(demo)[0].name == "true_stems"
    assert service.track(demo).duration == pytest.approx(demo.duration, abs=0.02)
    assert service.playable(demo).name == "mix.flac" and service.store.find(Key(demo.id, "pcm"))


def test_the_first_view_of_every_demo_track_is_instant(tmp_path, monkeypatch):
    """The shipped results fit the shipped weights: nothing has to be computed."""
    monkeypatch.setenv("MER_CACHE", str(tmp_path))
    monkeypatch.setenv("MER_WEIGHTS", str(tmp_path))  # the models that stand on their own
    service = Service.default()
    monkeypatch.setattr(service.store, "create", lambda key: pytest.fail(f"not among the shipped results: {key}"))
    for demo in service.demos():
        assert service.overview(demo)["key"]
        assert service.spectrogram_tiles(demo).rows == 256 and service.chroma_tiles(demo).rows == 12
        assert abs(len(pairs(service.waveform(demo))) - 100 * demo.duration) < 2
        assert set(service.stem_waveforms(demo)) == {*STEM_NAMES, "residual"}
        for model, card in service.cards().items():
            for method in service.explainers(model) if not card.study else ():
                assert service.predict(demo, model).model == model
                assert set(service.explain(demo, method, model)) == set(card.targets)
        assert all(service.relevance_tiles(demo, "lrp", "c2d_mix", target).tiles[0].is_file() for target in TARGETS)


def test_a_model_on_stems_hears_those_of_the_separator_its_card_names(service, info):
    """Given the stems of the store, it says what it says when it separates the song itself; in a mix it hears gains."""
    from dataclasses import replace

    model = service.model("emomucs")
    said = service.predict(info, "emomucs")
    stems = service.stems(info, model.card.takes["stems"])
    np.testing.assert_allclose(said.values, model.predict(replace(service.track(info), stems=stems)).values, atol=1e-5)
    silent = service.what_if(info, "emomucs", {name: 0.0 for name in stems.parts}, model.card.takes["stems"])
    assert np.abs(silent.values - said.values).max() > 0.01

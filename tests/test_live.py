"""The live mixer against mixing the samples and asking the model again."""

import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import soundfile

from mer_core import live
from mer_core.errors import MerError, ParameterError
from mer_core.live import LiveMix, mixed
from mer_core.schema import STEM_NAMES, Segment, Stems, Track, TrackInfo
from mer_core.service import Service
from mer_core.store import Store

sys.path.insert(0, str(Path(__file__).parent / "contracts"))
import toys  # noqa: E402

PARTS = (*STEM_NAMES, "residual")


@pytest.fixture(scope="module")
def service(tmp_path_factory) -> Service:
    return Service(Store(tmp_path_factory.mktemp("store")))


@pytest.fixture(scope="module")
def info(service):
    """A demo track, longer than the excerpt, with its stems in the store."""
    demo = service.demos()[0]
    service.stems(demo, "true_stems")
    return demo


@pytest.fixture(scope="module")
def toy() -> LiveMix:
    """70 s of four stems and a residual, in the ears of an untrained network."""
    y = np.stack([toys.noise_track(70.0, seed=s, channels=1).y * g for s, g in enumerate((0.5, 0.3, 0.8, 0.1))])
    rest = 0.01 * toys.noise_track(70.0, seed=9, channels=1).y
    return LiveMix(toys.small_net(), Stems(names=STEM_NAMES, y=y, residual=rest, backend="test"))


def asked_anew(model, stems: Stems, gains: dict, segment: Segment) -> np.ndarray:
    """(K,): the samples of the excerpt mixed here, as a song of its own."""
    first, last = round(segment.start * stems.sr), round(segment.end * stems.sr)
    y = sum(gains.get(name, 1.0) * part[:, first:last].astype(float) for name, part in stems.parts.items())
    track = Track(TrackInfo(id="", title="", duration=y.shape[1] / stems.sr, channels=len(y)), y.astype(np.float32))
    return model.predict(track).values


@pytest.mark.parametrize("model", ["c2d_mix", "handcrafted_xgb"])
def test_the_point_agrees_with_a_full_recomputation(service, info, model):
    mix, rng = service.live(info, model, "true_stems"), np.random.default_rng(7)
    some = [{}, {name: 0.0 for name in PARTS}, {"drums": 0.0}, {"vocals": 2.0, "bass": 0.001}]
    for gains in some + [dict(zip(PARTS, rng.uniform(0, 2, 5))) for _ in range(4)]:
        now, plain, segment = mix.value(gains, rng.uniform(0, info.duration))
        truth = asked_anew(service.model(model), mix.stems, gains, segment)
        np.testing.assert_allclose(now, truth, atol=1e-4)
        np.testing.assert_allclose(plain, asked_anew(service.model(model), mix.stems, {}, segment), atol=1e-4)


def test_a_fader_moves_the_point_and_a_missing_one_stands_at_one(toy):
    now, plain, _ = toy.value({"vocals": 0.0}, 20)
    assert np.abs(now - plain).max() > 1e-4
    again, _, _ = toy.value(dict.fromkeys(PARTS, 1.0), 20)
    np.testing.assert_array_equal(again, plain)


@pytest.mark.parametrize(("at", "start"), [(0, 0), (15, 0), (19.9, 0), (20, 5), (44, 25), (54.9, 35), (69, 40),
                                           (1000, 40), (-3, 0)])
def test_the_excerpt_lies_around_the_playhead_in_steps_and_inside_the_song(toy, at, start):
    assert toy.segment(at) == Segment(start, start + 30.0)


def test_the_last_seconds_of_an_odd_length_are_heard():
    y = np.zeros((4, 1, int(43.21 * 44_100)), np.float32)
    mix = LiveMix(toys.small_net(), Stems(names=STEM_NAMES, y=y, residual=y[0], backend="test"))
    assert mix.segment(43).end == pytest.approx(y.shape[2] / 44_100)


def test_a_short_song_is_heard_whole():
    track = toys.noise_track(7.5)
    y = np.stack([track.y * g for g in (0.1, 0.2, 0.3, 0.4)])
    mix = LiveMix(toys.small_net(), Stems(names=STEM_NAMES, y=y, residual=0 * track.y, backend="test"))
    now, plain, segment = mix.value({"drums": 0.5}, 3)
    assert segment == Segment(0.0, 7.5)
    np.testing.assert_allclose(now, asked_anew(mix.model, mix.stems, {"drums": 0.5}, segment), atol=1e-4)


@pytest.mark.parametrize("gains", [{"drums": 2.01}, {"drums": -0.1}, {"drums": float("nan")}, {"flute": 1.0}])
def test_a_gain_that_cannot_be_is_refused_with_its_name(toy, gains):
    with pytest.raises(ParameterError, match=next(iter(gains))):
        toy.value(gains, 10)


def test_a_playhead_that_is_no_number_is_refused(toy):
    with pytest.raises(ParameterError, match="nan"):
        toy.value({}, float("nan"))


def test_memory_is_bounded(toy):
    for at in range(0, 70, 5):
        toy.value({}, at)
    assert len(toy._excerpts) == live.KEPT


def test_many_threads_get_the_numbers_of_one(toy):
    asked = [({"bass": g}, at) for g in (0.0, 0.5, 1.5) for at in (0, 30, 60)]
    alone = [toy.value(*one)[0] for one in asked]
    toy._excerpts.clear()
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda one: toy.value(*one)[0], asked))
    np.testing.assert_allclose(together, alone, atol=1e-6)


def test_the_libraries_get_their_threads_back(toy):
    before = toy._threads.libraries.info()
    toy.value({}, 0)
    assert [x["num_threads"] for x in toy._threads.libraries.info()] == [x["num_threads"] for x in before]


def test_the_model_is_free_while_the_stems_are_prepared(toy, monkeypatch):
    held, made = [], type(toy.model).mixer

    def mixer(model, *args):
        with ThreadPoolExecutor(1) as other:
            held.append(not other.submit(lambda: model._lock.acquire(timeout=0.2) and not model._lock.release()).result())
        return made(model, *args)
    monkeypatch.setattr(type(toy.model), "mixer", mixer)
    toy._excerpts.clear()
    toy.value({}, 5)
    assert held == [False]


def test_mixed_is_the_sum_of_the_parts(toy):
    gains = np.array([0.5, 0, 1, 2, 0.25], np.float32)
    truth = sum(g * part.astype(float) for g, part in zip(gains, toy.stems.parts.values()))
    np.testing.assert_allclose(mixed(toy.stems, gains), truth, atol=1e-6)


def test_the_service_keeps_a_live_mix_and_needs_the_stems(service, info, tmp_path):
    assert service.live(info, "c2d_mix", "true_stems") is service.live(info, "c2d_mix", "true_stems")
    with pytest.raises(MerError, match="Separate it first"):
        Service(Store(tmp_path)).live(info, "c2d_mix", "true_stems")


def test_what_if_is_the_prediction_of_the_mixed_song(service, info):
    gains = {"drums": 0.2504, "residual": 0.0}
    found = service.what_if(info, "handcrafted_xgb", gains, "true_stems")
    y = mixed(service.stems(info, "true_stems"), np.array([1, 0.25, 1, 1, 0], np.float32))
    truth = service.model("handcrafted_xgb").predict(Track(info, y))
    np.testing.assert_allclose(found.values, truth.values, atol=1e-4)
    np.testing.assert_allclose(found.curve, truth.curve, atol=1e-4)
    assert service.stored("what_if", info, "handcrafted_xgb", {"drums": 0.25, "residual": 0}, "true_stems") is not None


def test_what_if_with_all_faders_up_is_the_prediction(service, info):
    found = service.what_if(info, "handcrafted_xgb", {"drums": 1.0}, "true_stems")
    np.testing.assert_array_equal(found.values, service.predict(info, "handcrafted_xgb").values)


def test_what_if_and_mixdown_refuse_a_stem_that_is_not_there(service, info):
    for step in (lambda g: service.what_if(info, "c2d_mix", g, "true_stems"),
                 lambda g: service.mixdown(info, g, "true_stems")):
        with pytest.raises(ParameterError, match="flute"):
            step({"flute": 1.0})


@pytest.mark.parametrize("gains", [{"vocals": 0.3, "drums": 0.5}, dict.fromkeys(PARTS, 2.0)])
def test_a_mixdown_holds_the_mixed_samples_and_does_not_clip(service, info, gains):
    path, facts = service.mixdown(info, gains, "true_stems")
    y = soundfile.read(path, dtype="float32", always_2d=True)[0].T
    truth = sum(gains.get(name, 1.0) * part.astype(float)
                for name, part in service.stems(info, "true_stems").parts.items())
    assert facts["peak"] == pytest.approx(np.abs(truth).max(), abs=1e-6)
    assert np.abs(y).max() <= 1 and facts["gain_db"] == pytest.approx(-20 * np.log10(max(facts["peak"], 1)))
    np.testing.assert_allclose(y, truth * 10 ** (facts["gain_db"] / 20), atol=1e-6)

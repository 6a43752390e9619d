"""The consonance profile and the tone row through the one door, on a small network whose answers are known."""

import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from mer_core import consonance
from mer_core.errors import Cancelled, ParameterError
from mer_core.explainers.grad_cam import GradCamParams, song_maps
from mer_core.loudness import loudness
from mer_core.service import Service
from mer_core.sonify import SonifyParams
from mer_core.store import Store

sys.path.insert(0, str(Path(__file__).parent / "explainers"))
import harmonic_nets as nets  # noqa: E402

ASKED = ("toy", "contentment")
A4 = 440.0


@pytest.fixture(scope="module")
def service(tmp_path_factory) -> Service:
    """A major speaks for contentment; its network hears fundamentals alone."""
    found = Service(Store(tmp_path_factory.mktemp("store")))
    found._models["toy"] = nets.TwoSided(nets.Listening(good=(0, 4, 7), bad=(9,)), a4=A4)
    return found


def added(service: Service, folder: Path, *parts: tuple[float, ...]):
    """Two seconds of each chord."""
    y = np.concatenate([nets.chord(hertz, seconds=2.0).y[0] if hertz else np.zeros(88_200) for hertz in parts])
    path = folder / "chords.wav"
    soundfile.write(path, y, 44_100, "FLOAT")
    return service.add(path, path.name)


@pytest.fixture(scope="module")
def info(service, tmp_path_factory):
    """A and E, nothing, C sharp, F sharp."""
    return added(service, tmp_path_factory.mktemp("song"), (440.0, 659.26), (), (554.37,), (739.99,))


def test_the_profile_is_that_of_the_maps_and_is_kept(service, info, monkeypatch):
    found = service.consonance(info, *ASKED)
    direct = consonance.profile(song_maps(service.model("toy"), service.track(info)), 0, "contentment")
    for field in ("times", "pitch_classes", "octaves", "intervals", "brightness"):
        np.testing.assert_allclose(getattr(found, field), getattr(direct, field), rtol=1e-5, atol=1e-6, err_msg=field)
    assert (found.target, found.a4) == ("contentment", A4)
    monkeypatch.setattr(service.store, "create", lambda key: pytest.fail(f"computed again: {key}"))
    assert service.consonance(info, "toy", "anxiety").shares.argmax() == 9
    assert service.stored("consonance", info, *ASKED).target == "contentment"


def test_the_tone_row_plays_what_was_bright(service, info):
    path, facts = service.tone_row(info, *ASKED)
    y, sr = soundfile.read(path)
    assert len(y) / sr == pytest.approx(info.duration, abs=1 / sr) and np.abs(y).max() < 0.9 > facts["peak"]
    middle = {step["start"]: set(step["tones"]) for step in facts["steps"]}
    assert middle[0.5] == middle[1.0] == {"A4", "E5"} and not middle[3.0] and middle[5.0] == {"C♯5"}
    assert not middle[7.0], "F sharp speaks against it"
    assert not y[round(2.6 * sr):round(3.4 * sr)].any() and np.abs(y[4 * sr:6 * sr]).max() > 0.01
    assert facts["steps"][1]["hertz"] == pytest.approx([440, 659.26], abs=0.01) or facts["steps"][1]["hertz"][0] > 600
    assert facts["loudness"] == pytest.approx(loudness(y, sr), abs=0.05) and facts["a4"] == A4


def test_each_target_has_its_own_row(service, info):
    other, facts = service.tone_row(info, "toy", "anxiety")
    assert {tone for step in facts["steps"] for tone in step["tones"]} == {"F♯5"}
    assert other != service.tone_row(info, *ASKED)[0] == service.stored("tone_row", info, *ASKED)[0]


def test_what_stands_out_is_another_row(service, info):
    path, facts = service.tone_row(info, *ASKED, standing_out=True)
    assert facts["standing_out"] and path != service.tone_row(info, *ASKED)[0]
    assert {step["tones"][0] for step in facts["steps"] if step["tones"]} <= {"A4", "E5", "C♯5"}


def test_a_song_with_nothing_bright_is_silent(service, tmp_path):
    info = added(service, tmp_path, (2000.0,), (2000.0,))
    path, facts = service.tone_row(info, *ASKED)
    assert not soundfile.read(path)[0].any() and facts["loudness"] is None
    assert not any(step["tones"] for step in facts["steps"])
    found = service.consonance(info, *ASKED)
    assert not found.shares.any() and np.isnan(found.consonance).all() and np.isnan(found.mean_consonance)


@pytest.mark.parametrize("step", ["consonance", "tone_row"])
def test_what_cannot_be_is_refused(service, info, step):
    with pytest.raises(ParameterError, match="valence.*contentment"):
        getattr(service, step)(info, "toy", "valence")
    with pytest.raises(ParameterError, match="harmonics"):
        getattr(service, step)(info, "student_ridge", "valence")


def test_it_can_be_stopped(service, tmp_path):
    info = added(service, tmp_path, (440.0,), (220.0,))

    def stop(share, text=""):
        if share:
            raise Cancelled("stopped")
    with pytest.raises(Cancelled):
        service.tone_row(info, *ASKED, progress=stop)
    assert service.stored("tone_row", info, *ASKED) is None
    job = service.start("tone_row", info, *ASKED)
    assert job.result()[0].exists()


def test_hear_the_harmonics_that_spoke_for_it(service, info):
    """What was heard for contentment stays; F sharp, which spoke against it, is turned down, and vice versa."""
    levels = {}
    for sign in ("positive", "negative"):
        path, facts = service.sonify(info, "grad_cam", *ASKED, params=SonifyParams(sign=sign, full=0.5))
        y, sr = soundfile.read(path)
        assert abs(facts["loudness_after"] - facts["loudness_before"]) < 0.3 or facts["limited_db"] > 11
        levels[sign] = {hertz: level(y / 10 ** (facts["gain_db"] / 20), sr, hertz, start) for hertz, start in
                        ((440.0, 0.5), (659.26, 0.5), (554.37, 4.5), (739.99, 6.5))}
    for hertz in (440.0, 659.26, 554.37):
        assert levels["positive"][hertz] > levels["negative"][hertz] + 15, hertz
    assert levels["negative"][739.99] > levels["positive"][739.99] + 15


def test_one_pitch_class_alone_is_heard(service, info):
    path, facts = service.sonify(info, "grad_cam", *ASKED, explain_params=GradCamParams("E"),
                                 params=SonifyParams(sign="positive", full=0.5))
    y, sr = soundfile.read(path)
    assert level(y, sr, 659.26, 0.5) > level(y, sr, 440.0, 0.5) + 15 and np.isfinite(facts["gain_db"])


def level(y: np.ndarray, sr: int, hertz: float, start: float) -> float:
    """dB of one tone in the second from `start` on."""
    part = y[round(start * sr):round((start + 1) * sr)]
    return 20 * np.log10(2 * abs(np.mean(part * np.exp(-2j * np.pi * hertz * np.arange(len(part)) / sr))) + 1e-9)

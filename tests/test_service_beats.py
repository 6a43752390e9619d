"""Ellipses and beats through the service, on songs with a beat, with one, and with none: a result or a clear
statement."""

import io
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from mer_core.errors import AudioError, MerError, ParameterError, TooFewBeats
from mer_core.service import Service
from mer_core.sonify import SonifyParams
from mer_core.steps import Steps
from mer_core.store import Store

sys.path.insert(0, str(Path(__file__).parent / "explainers"))
import beat_nets  # noqa: E402

METHODS = ("beat_lrp", "beat_occlusion", "beat_groups")
SR = 22_050


def clicks(seconds: float, times, level: float = 0.5) -> np.ndarray:
    """(samples,) short bursts over a soft chord."""
    rng, t = np.random.default_rng(0), np.arange(round(seconds * SR)) / SR
    y = 0.02 * sum(np.sin(2 * np.pi * f * t) for f in (196.0, 246.9, 293.7))
    for time in times:
        burst = slice(round(time * SR), round(time * SR) + 800)
        y[burst] += level * rng.standard_normal(len(y[burst])) * np.exp(-np.arange(len(y[burst])) / 150)
    return np.clip(y, -1, 1)


SOUNDS = {
    "a beat": lambda: clicks(12, np.arange(0.5, 12, 0.5)),
    "one beat in a minute": lambda: clicks(60, (30,)) * (np.abs(np.arange(60 * SR) / SR - 30) < 0.2),
    "next to silence": lambda: 2e-3 * clicks(8, (1.0,), 0.0),
    "3 s": lambda: clicks(3.0, (0.4, 1.1)),
    "noise": lambda: 0.1 * np.random.default_rng(1).standard_normal(8 * SR),
    "a held tone": lambda: 0.3 * np.sin(2 * np.pi * 440 * np.arange(8 * SR) / SR),
}


@pytest.fixture(scope="module")
def service(tmp_path_factory) -> Service:
    made = Service(Store(tmp_path_factory.mktemp("store")))
    made._models["dbn"] = Hearing()
    return made


class Hearing(beat_nets.Toy):
    """Weights of the test's own, but it hears the song."""

    name = "dbn"
    heard, forward = beat_nets.BeatModel.heard, beat_nets.BeatModel.forward

    def __init__(self):
        super().__init__(beat_nets.beats())
        self.network.float()


@pytest.fixture(scope="module")
def songs(service) -> dict:
    return {name: added(service, make()) for name, make in SOUNDS.items()}


def added(service, y: np.ndarray):
    out = io.BytesIO()
    soundfile.write(out, y, SR, format="WAV", subtype="FLOAT")
    return service.add(out.getvalue(), "song.wav")


@pytest.mark.parametrize("name", SOUNDS)
def test_no_song_is_too_odd(service, songs, name):
    info = songs[name]
    path, prediction = service.ellipses(info), service.predict(info, "dbn")
    assert len(path.times) == len(prediction.times) and np.isfinite(path.means).all()
    assert (np.linalg.eigvalsh(path.covariances.astype(float)) > 0).all()
    assert (path.grid == "tracked") or any("even steps" in note for note in path.notes)
    np.testing.assert_allclose(path.means.mean(axis=0), prediction.values, atol=0.02)
    for method in METHODS:
        for e in service.explain(info, method, "dbn").values():
            assert np.isfinite(e.values).all()
            assert e.output == pytest.approx(prediction.values[prediction.targets.index(e.target)], abs=1e-3)
            assert set(path.notes) <= set(e.notes)


@pytest.mark.parametrize("name", SOUNDS)
def test_a_named_grid_is_that_grid_or_a_statement(service, songs, name):
    for grid, step in (("tracked", None), ("even 0.5 s", 0.5), ("even 1 s", 1.0)):
        try:
            path = service.ellipses(songs[name], grid=grid)
        except TooFewBeats as error:
            assert "even grid" in str(error) or "at least 4" in str(error)
            assert (name, grid) in {("3 s", "even 1 s")} or grid == "tracked" and name != "a beat"
        else:
            assert path.grid == grid
            assert step is None or np.allclose(np.diff(path.beats), step)


def test_silence_is_refused_before_anything(service):
    with pytest.raises(AudioError, match="silent"):
        added(service, np.zeros(5 * SR))


def test_ellipses_are_kept_by_song_and_choice(service, songs):
    info = songs["a beat"]
    whole = service.ellipses(info, features="rhythm", layer=0, grid="tracked")
    kept = service.stored("ellipses", info, features="rhythm", layer=0, grid="tracked")
    np.testing.assert_array_equal(kept.means, whole.means)
    assert (kept.features, kept.layer, kept.grid, kept.notes) == ("rhythm", 0, "tracked", whole.notes)
    assert service.stored("ellipses", info, features="rhythm", layer=1, grid="tracked") is None
    other = service.ellipses(info, features="rhythm+pitch", layer=1, grid="even 0.5 s")
    assert other.features == "rhythm+pitch" and not np.array_equal(other.means, whole.means)


def test_choices_that_there_are_not(service, songs):
    for wrong in ({"features": "melody"}, {"layer": 3}, {"grid": "bars"}):
        with pytest.raises(MerError):
            service.ellipses(songs["a beat"], **wrong)
    with pytest.raises(ParameterError, match="no ellipse"):
        service.ellipses(songs["a beat"], "c2d_mix")


def test_beats_are_found_where_they_are(service, songs):
    e = service.explain(songs["a beat"], "beat_lrp", "dbn")["arousal"]
    assert isinstance(e.grid, Steps)
    gaps = np.abs(e.grid.edges[:-1, None] - np.arange(0.5, 12, 0.5)).min(axis=1)
    assert np.median(gaps) < 0.03 and len(e.values) >= 20


def test_irrelevant_beats_are_ducked_in_the_sound(service, songs):
    info = songs["a beat"]
    e = service.explain(info, "beat_occlusion", "dbn")["valence"]
    chosen = SonifyParams(curve="binary", keep=0.3)
    path, facts = service.sonify(info, "beat_occlusion", "dbn", "valence", params=chosen)
    made, before = soundfile.read(path, always_2d=True)[0].mean(axis=1), service.track(info).mono
    stays = np.abs(e.values) >= np.quantile(np.abs(e.values), 0.7)
    for (start, end), kept in zip(zip(e.grid.edges[:-2], e.grid.edges[1:] - 0.1), stays):  # the song's end cuts the last
        a, b = (np.square(y[round(start * 44_100):round(end * 44_100)]).mean() for y in (made, before))
        moved = 10 * np.log10(a / b) - facts["gain_db"]
        assert moved > -1.5 - facts["limited_db"] if kept else moved < -27


def test_the_groups_have_words(service, songs):
    found = service.explain(songs["a beat"], "beat_groups", "dbn")["valence"]
    known = service.features()
    assert all(known[label].sentence for label in found.labels) and len(found.labels) == 12

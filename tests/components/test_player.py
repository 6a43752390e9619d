"""What the player sends to the browser, what it refuses, and how a question is answered."""

import json

import numpy as np
import pytest
import soundfile as sf
from streamlit.testing.v1 import AppTest

from components import player as player_module
from components.player import Voice, _answer, check, url
from mer_core.errors import ParameterError

QUESTION = {"id": 3, "kind": "mix", "gains": {"drums": 0.5}, "at": 1.0, "settled": True}


@pytest.mark.parametrize("names, duration, words", [
    ([], 3, "one or more voices"),
    (["a", "a"], 3, "different names"),
    (["a"], 0, "longer than 0 s"),
    (["a"], float("nan"), "longer than 0 s"),
])
def test_what_cannot_be_played_is_refused(tmp_path, names, duration, words):
    with pytest.raises(ParameterError, match=words):
        check([Voice(name, name, tmp_path, "red") for name in names], duration)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ParameterError, match=r"The file drums.flac is gone"):
        url(tmp_path / "drums.flac", "key")


def app(path: str):
    from pathlib import Path

    from components.player import Voice, player
    from components.player.lanes import Curves, Wave
    from mer_core.brush import Box
    from mer_core.schema import TrackInfo
    from mer_core.tiles import Waveform

    lanes = [Curves(), Wave(Waveform(Path(path).with_suffix(".bin")), "song", "black")]
    voice = Voice("original", "original", Path(path), "black")
    player(TrackInfo("id", "A song", 2.0, 1), [voice], key="one", lanes=lanes,
           beats=[0.5, 1.00049], painted=[Box(0.5, 1.0, 100.0, 200.0)], gains={"drums": 0.5})


def test_the_message_names_files_and_stays_small(tmp_path):
    sf.write(tmp_path / "mix.flac", np.random.default_rng(0).uniform(-1, 1, 88_200), 44_100)
    (tmp_path / "mix.bin").write_bytes(bytes(400))
    run = AppTest.from_function(app, args=(str(tmp_path / "mix.flac"),)).run()
    assert not run.exception
    proto = run.get("bidi_component")[0].proto
    sent = json.loads(proto.json)
    assert sent["voices"][0]["url"].endswith(".flac") and "/media/" in sent["voices"][0]["url"]
    assert [lane["kind"] for lane in sent["lanes"]] == ["curves", "wave"] and sent["prediction"] is None
    assert sent["lanes"][1]["url"].endswith(".bin") and sent["beats"] == [0.5, 1.0]
    assert sent["painted"] == [[0.5, 1.0, 100.0, 200.0]] and sent["gains"] == {"drums": 0.5}
    assert len(proto.json) < 8000 < (tmp_path / "mix.flac").stat().st_size


class Again(BaseException):
    """st.rerun()."""


@pytest.fixture
def session(monkeypatch) -> dict:
    def again():
        raise Again
    state = {}
    monkeypatch.setattr(player_module.st, "session_state", state)
    monkeypatch.setattr(player_module.st, "rerun", again)
    return state


def answer(reply):
    return _answer("one", reply, ["drums"], 10.0)


def test_without_a_question_there_is_no_answer(session):
    assert answer(lambda asked: {"kind": "mix"}) is None


def test_a_question_is_answered_at_once(session):
    session["one"] = {"ask": QUESTION}
    assert answer(lambda asked: {"heard": asked.gains["drums"]}) == {"id": 3, "heard": 0.5}


def test_an_answer_that_wants_the_page_is_delivered_by_its_next_run(session):
    session["one"] = {"ask": QUESTION}
    with pytest.raises(Again):
        answer(lambda asked: {"heard": 1, "page": True})
    session["one"] = {"ask": None}
    assert answer(None) == {"id": 3, "heard": 1}


def test_what_goes_wrong_is_answered_in_words(session):
    def refuse(asked):
        raise ParameterError("no such stem")
    session["one"] = {"ask": QUESTION}
    assert answer(refuse) == {"id": 3, "error": "No such stem."}
    session["one"] = {"ask": "nonsense"}
    assert "no question" in answer(refuse)["error"]

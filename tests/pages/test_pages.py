"""Every page, run by Streamlit's own test runner on the real service with an empty cache."""

from html import escape

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from components import mixing, state
from components.errors import plain
from components.player.messages import Mix
from mer_core.brush import Box
from mer_core.words import SCALES
from tests.pages.running import chord, player, settle, text, wav


def open_page(app: AppTest, name: str) -> AppTest:
    app.switch_page(f"pages/{name}.py")
    return settle(app)


def charts(app: AppTest) -> list:
    return app.get("plotly_chart")


def names(rows: list[dict]) -> list[str]:
    return [row["name"] for row in rows]


def tone(seconds: float = 6.0) -> bytes:
    """A short song in A major."""
    return wav(chord(seconds, (220, 277.2, 329.6)))


def upload(app: AppTest, name: str, data: bytes) -> AppTest:
    app.get("file_uploader")[0].set_value((name, data, "audio/wav"))
    return settle(app)


def test_listen_opens_with_a_demo_its_point_and_its_sound(app):
    settle(app)
    said = text(app)
    assert app.session_state["song"].title in said and "Mostly **" in said
    assert "Valence" in said and "typically off by" in said
    shown = player(app)
    assert names(shown["voices"]) == ["original"] and shown["prediction"]["values"]["valence"]
    assert names(shown["lanes"]) == ["curves", "wave-song", "spectrogram", "chroma"]
    assert [lane["name"] for lane in shown["lanes"] if lane.get("hidden")] == ["spectrogram", "chroma"]
    assert shown["beats"] and not shown["paint"]
    assert not charts(app) and app.get("audio")
    assert not app.error


def test_another_demo_is_one_click_away_and_stays_on_the_other_pages(app):
    settle(app)
    first = app.session_state["song"].title
    button = next(b for b in app.button if b.key and b.key.startswith("demo-") and b.label != first)
    button.click()
    settle(app)
    assert app.session_state["song"].title == button.label
    assert button.label in text(open_page(app, "emotion"))


def test_an_uploaded_song_becomes_the_song(app):
    settle(app)
    upload(app, "chord.wav", tone())
    assert app.session_state["song"].title == "chord"
    assert app.session_state["song"].duration == pytest.approx(6.0, abs=0.05)
    assert "Mostly **" in text(app) and not app.error


@pytest.mark.parametrize("name, data", [("notes.wav", b"this is no sound"), ("short.wav", tone(0.2)),
                                        ("empty.mp3", b"")])
def test_a_file_that_is_no_song_is_refused_in_words(app, name, data):
    settle(app)
    before = app.session_state["song"]
    upload(app, name, data)
    assert len(app.error) == 1 and len(app.error[0].value) > 20
    assert app.session_state["song"] == before


def test_emotion_shows_one_model_or_several_on_either_scale(app):
    settle(app)
    open_page(app, "emotion")
    assert len(charts(app)) == 2 and len(app.table) == 1
    assert "The ring is one standard deviation" in text(app)
    app.multiselect(key="models").set_value(list(state.cards())[:3])
    app.button_group(key="scale").set_value("1 to 9")
    settle(app)
    assert app.table[0].value.shape[1] == 3
    assert "from 1 unpleasant to 9 pleasant" in text(app)


def test_choices_survive_a_change_of_page(app):
    settle(app)
    open_page(app, "emotion")
    app.button_group(key="scale").set_value("1 to 9")
    settle(app)
    open_page(app, "about")
    open_page(app, "emotion")
    assert app.button_group(key="scale").value == "1 to 9" != next(iter(SCALES))
    assert app.session_state["song"].title in text(app)


def test_stems_are_heard_seen_and_weighed(app):
    settle(app)
    open_page(app, "stems")
    shown = player(app)
    stems = ["vocals", "drums", "bass", "other", "residual"]
    assert [v["name"] for v in shown["voices"] if v["part"]] == stems
    assert [lane["voice"] for lane in shown["lanes"] if lane["kind"] == "wave"] == ["", *stems]
    assert len({lane["colour"] for lane in shown["lanes"] if lane["kind"] == "wave"}) == 6
    assert len(charts(app)) == 2  # of bars
    assert "the largest share of the stems" in text(app) and "add up" in text(app)
    assert sum(button.label.endswith(("as WAV", "as FLAC")) for button in app.get("download_button")) == 10


def test_faders_move_the_point_and_then_the_whole_song(app):
    settle(app)
    info = upload(app, "chord.wav", tone()).session_state["song"]
    open_page(app, "stems")
    model, gains = state.model(), {"drums": 0.5, "other": 0.0}
    assert player(app)["what_if"] is None and "With these faders" not in text(app)
    live = state.service().live(info, model).value(gains, 3.0)
    app.session_state[f"gains-{info.id}"] = gains  # as a settled fader leaves it
    settle(app)
    shown = player(app)
    assert "With these faders (drums −6.0 dB, other off)" in text(app) and shown["gains"] == gains
    after = [shown["what_if"]["values"][target] for target in state.cards()[model].targets]
    assert after == pytest.approx(live[0], abs=1e-3)  # a song this short is its own half minute
    app.button(key="make-mix").click()
    settle(app)
    assert any(button.label == "This mix as FLAC" for button in app.get("download_button"))
    app.session_state[f"gains-{info.id}"] = {}
    settle(app)
    assert player(app)["what_if"] is None and "With these faders" not in text(app)


def test_only_a_settled_fader_makes_the_page_run_again(app, monkeypatch):
    settle(app)
    info = upload(app, "chord.wav", tone()).session_state["song"]
    open_page(app, "stems")
    session = {}
    monkeypatch.setattr(mixing.st, "session_state", session)
    follow = mixing.reply(info, state.model(), state.service().separators(info)[0])
    moving = follow(Mix(1, {"drums": 0.5, "bass": 1.0}, 2.0, settled=False))
    assert not moving["page"] and not session and moving["from"] == 0 and set(moving["now"]) == set(moving["plain"])
    settled = follow(Mix(2, {"drums": 0.5, "bass": 1.0}, 2.0, settled=True))
    assert settled["page"] and settled["now"] == moving["now"] and mixing.gains(info) == {"drums": 0.5}
    assert not follow(Mix(3, {"drums": 0.5}, 2.0, settled=True))["page"]  # nothing changed
    assert follow(Mix(4, {"drums": 1.0}, 2.0, settled=True))["page"] and mixing.gains(info) == {}


def test_explain_shows_relevance_and_makes_it_heard(app):
    settle(app)
    open_page(app, "explain")
    said, shown = text(app), player(app)
    assert "The coloured regions add up to" in said
    assert said.count("was turned up by") + said.count("was turned down by") == 2
    assert names(shown["voices"]) == ["original", "what-mattered", "what-was-left-out"]
    spectrogram = next(lane for lane in shown["lanes"] if lane["name"] == "spectrogram")
    assert spectrogram["over"]["signed"] and spectrogram["paint"] and not spectrogram["hidden"]
    assert app.get("audio") and not charts(app)
    labels = [button.label for button in app.get("download_button")]
    assert {"What mattered as FLAC", "Explanation as JSON", "Explanation as CSV"} <= set(labels)


def test_explain_shows_moments_over_time_as_values_or_as_shares(app):
    settle(app)
    info = upload(app, "chord.wav", tone()).session_state["song"]
    open_page(app, "explain")
    app.selectbox(key="way").set_value("attention")
    settle(app)
    said, shown = text(app), player(app)
    moments = next(lane for lane in shown["lanes"] if lane["kind"] == "moments")
    value = shown["prediction"]["values"][app.session_state["kept-target"]]
    base = float(said.split("the base is ")[1].split(",")[0])
    assert sum(moments["values"]) == pytest.approx(value - base, abs=0.006) and moments["signed"]
    assert moments["start"] + moments["step"] * len(moments["values"]) == pytest.approx(info.duration, abs=0.2)
    assert "The moments add up to" in said and "The attention is nearly even" in said
    assert names(shown["voices"]) == ["original", "what-mattered", "what-was-left-out"]
    assert said.count("was turned up by") + said.count("was turned down by") == 2
    spectrogram = next(lane for lane in shown["lanes"] if lane["name"] == "spectrogram")
    assert spectrogram["over"] is None and spectrogram["paint"]
    app.selectbox(key="attention-params-reading").set_value("weight")
    settle(app)
    moments = next(lane for lane in player(app)["lanes"] if lane["kind"] == "moments")
    assert sum(moments["values"]) == pytest.approx(1, abs=1e-3) and not moments["signed"]
    assert "not what it moved" in text(app) and "The moments add up to" not in text(app)


def test_a_painted_region_is_heard_answered_and_taken_away(app):
    settle(app)
    info = upload(app, "chord.wav", tone()).session_state["song"]
    open_page(app, "explain")
    app.session_state[f"painted-{info.id}"] = (Box(1.0, 3.0, 200.0, 400.0),)  # as the player's reply leaves it
    settle(app)
    said, shown = text(app), player(app)
    assert said.count("Without 200–400 Hz from 0:01 to 0:03, ") == 2 and "The relevance in this region" in said
    assert names(shown["voices"])[-2:] == ["painted-only", "painted-without"]
    assert shown["what_if"]["values"] != shown["prediction"]["values"]
    assert shown["painted"] == [[1.0, 3.0, 200.0, 400.0]]
    app.session_state[f"painted-{info.id}"] = ()
    settle(app)
    assert "Without 200" not in text(app) and player(app)["what_if"] is None


def test_a_model_of_classes_is_explained_and_asked_without_the_plane(app):
    settle(app)
    info = upload(app, "chord.wav", tone()).session_state["song"]
    open_page(app, "explain")
    app.session_state["kept-model-attnlrp"] = "vit_happy_sad"
    app.session_state[f"painted-{info.id}"] = (Box(1.0, 3.0, 200.0, 400.0),)
    app.selectbox(key="way").set_value("attnlrp")
    settle(app)
    said, shown = text(app), player(app)
    assert "of happy log-odds" in said and "neither valence nor arousal" in said
    assert said.count("Without 200–400 Hz from 0:01 to 0:03, ") == 2 and "Without 200–400 Hz from 0:01 to 0:03, happy " in said
    assert shown["prediction"] is None and shown["what_if"] is None
    assert names(shown["voices"])[-2:] == ["painted-only", "painted-without"]


def test_explain_opens_families_to_single_features(app):
    settle(app)
    open_page(app, "explain")
    app.selectbox(key="way").set_value("treeshap")
    settle(app)
    said = text(app)
    assert "A typical song of the training data" in said
    assert sum(e.label.startswith(("Timbre", "Harmony", "Rhythm", "Level")) for e in app.expander) >= 3
    assert len(charts(app)) >= 4


def test_a_stopped_job_can_be_started_again(app):
    settle(app)
    upload(app, "chord.wav", tone(40.0))
    app.switch_page("pages/explain.py")
    app.run()
    stop = [b for b in app.button if b.key and b.key.startswith("stop-")]
    if not stop:
        pytest.skip("the work was done before the page was drawn")
    stop[0].click().run()
    app.run()
    assert any("Stopped" in i.value for i in app.info)
    next(b for b in app.button if b.key and b.key.startswith("again-")).click()
    settle(app)
    assert not any("Stopped" in i.value for i in app.info)


def test_about_reads_everything_from_the_cards(app):
    settle(app)
    open_page(app, "about")
    said = text(app)
    for card in state.every_card().values():
        assert card.title in said and card.digest[:16] in said
        assert all(plain(sentence) in said for sentence in (card.licence, card.paper, *card.limits))
    assert len(app.table) == len(state.every_card()) > 1
    assert list(app.table[0].value.columns) == ["here", "paper"]


def test_a_hostile_file_name_stays_text(app):
    settle(app)
    upload(app, "<img src=x onerror=alert(1)>_*bold*.wav", tone(4.0))
    said, title = text(app), app.session_state["song"].title
    assert "img src" in title and escape(title) in said and "<img" not in said
    assert not app.exception and not app.error


def test_weights_are_fetched_only_when_asked_for(app, monkeypatch):
    from mer_core.separation.demucs import Demucs
    asked = []
    monkeypatch.setattr(Demucs, "available", lambda self, track=None: "" if asked else "The weights are missing")
    monkeypatch.setattr(Demucs, "download", lambda self, *, progress: asked.append(progress(0.5, "half")))
    settle(app)
    open_page(app, "stems")
    assert "The weights are missing" in text(app) and not asked
    app.button(key="download-demucs").click()
    settle(app)
    assert len(asked) == 1
    assert any("Demucs" in option for option in app.button_group(key="separator").options)

"""The moving ellipse on Emotion, and beats on Explain: on the real service, with songs that have beats and with one that
has none."""

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from components import state
from mer_core.ellipse import radius
from mer_core.features.beats import GRIDS
from tests.pages.running import chord, player, settle, text, wav


@pytest.fixture
def page(app) -> AppTest:
    """Emotion, showing the ellipse of the first demo."""
    settle(app)
    if "dbn" not in state.every_card():
        pytest.skip("the deep belief network is not trained here")
    app.switch_page("pages/emotion.py")
    app.session_state["kept-emotion-view"] = "listeners"
    return settle(app)


def upload(page: AppTest, name: str, y: np.ndarray) -> AppTest:
    page.switch_page("pages/listen.py")
    settle(page)
    page.get("file_uploader")[0].set_value((name, wav(y), "audio/wav"))
    settle(page)
    page.switch_page("pages/emotion.py")
    return settle(page)


def grid(page: AppTest) -> str:
    return page.button_group(key=f"grid-{page.session_state['song'].id[:16]}").value


def test_the_ellipse_is_in_the_player_with_the_beats_it_stands_on(page):
    shown, info = player(page), page.session_state["song"]
    shipped = state.every_card()["dbn"].takes
    path = state.service().ellipses(info, features=shipped["features"], layer=shipped["layer"], grid="tracked")
    spread = shown["prediction"]["spread"]
    assert len(spread["vv"]) == len(path.times) == pytest.approx(info.duration, abs=1)
    assert spread["aa"] == pytest.approx(path.covariances[:, 1, 1], abs=1e-4) and spread["reach"] == pytest.approx(radius(0.5))
    assert shown["beats"] == pytest.approx(path.beats, abs=1e-3) and shown["ticks"] == "beats"
    assert [lane["name"] for lane in shown["lanes"]][:2] == ["curves", "wave-song"]
    said = text(page)
    assert "Listeners would place the song around valence" in said and "They would agree" in said
    assert "It is not the model's error" in said and "typically off by" in said and len(page.get("plotly_chart")) == 1
    assert {"Ellipses as CSV", "All as JSON"} <= {button.label for button in page.get("download_button")}


def test_features_layer_outline_and_scale_can_be_chosen(page):
    before = player(page)["prediction"]
    page.button_group(key="dbn-layer").set_value(0)
    page.button_group(key="dbn-features").set_value("rhythm")
    page.button_group(key="dbn-outline").set_value(0.8)
    page.button_group(key="scale").set_value("1 to 9")
    settle(page)
    after = player(page)["prediction"]
    assert after["spread"]["reach"] == pytest.approx(radius(0.8)) and after["spread"]["vv"] != before["spread"]["vv"]
    assert "from 1 unpleasant to 9 pleasant" in text(page) and "typically off by" not in text(page)


def test_a_song_without_beats_says_so_and_another_grid_is_kept_for_it(page):
    upload(page, "tone.wav", 0.2 * np.sin(2 * np.pi * 440 * np.arange(8 * 22_050) / 22_050))
    song = page.session_state["song"]
    assert len(page.error) == 1 and "No four beats in a row were found" in page.error[0].value
    shown = player(page)
    assert shown["prediction"] is None and not shown["beats"] and [v["name"] for v in shown["voices"]] == ["original"]
    assert not [b for b in page.button if b.key and b.key.startswith("again-")], "to start again would fail again"
    page.button(key="take-even-0.5-s").click()
    settle(page)
    assert not page.error and grid(page) == "even 0.5 s" and player(page)["ticks"] == "every 0.5 s"
    assert np.diff(player(page)["beats"]) == pytest.approx(0.5, abs=1e-2) and "in even steps" in text(page)
    page.session_state["song"] = state.service().demos()[0]
    settle(page)
    assert grid(page) == GRIDS[0] and player(page)["ticks"] == "beats"
    page.session_state["song"] = song
    settle(page)
    assert grid(page) == "even 0.5 s" and not page.error


def test_the_models_are_one_click_away(page):
    page.button_group(key="emotion-view").set_value("models")
    settle(page)
    assert len(page.get("plotly_chart")) == 2 and "The ring is one standard deviation" in text(page)


@pytest.mark.parametrize("method", ["beat_lrp", "beat_occlusion"])
def test_explain_has_a_bar_for_each_beat(page, method):
    upload(page, "chord.wav", chord(8.0, (220, 277.2, 329.6)))
    page.switch_page("pages/explain.py")
    page.session_state["kept-way"] = method
    settle(page)
    moments = next(lane for lane in player(page)["lanes"] if lane["kind"] == "moments")
    assert len(moments["edges"]) == len(moments["values"]) + 1 and moments["moment"] == "beat"
    assert player(page)["beats"] == moments["edges"][:-1]
    said = text(page)
    assert "The strongest beat is the one at 0:0" in said and "The beats add up to" in said
    assert said.count("was turned up by") + said.count("was turned down by") == 2

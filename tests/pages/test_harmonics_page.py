"""Explain with Grad-CAM by pitch class: the map, the lanes over the chromagram, the tone row, the section Consonance."""

import pytest

from mer_core.harmonics_words import NAMED
from tests.pages.running import chord, player, settle, text, wav


@pytest.fixture
def explained(app):
    """A short song of A and E."""
    settle(app)
    app.get("file_uploader")[0].set_value(("fifth.wav", wav(chord(9.0, (220.0, 329.63))), "audio/wav"))
    settle(app)
    app.switch_page("pages/explain.py")
    settle(app)
    app.selectbox(key="way").set_value("grad_cam")
    return settle(app)


def lane(app, name: str) -> dict:
    return next(lane for lane in player(app)["lanes"] if lane["name"] == name)


def test_what_lit_up_is_seen_heard_and_said(explained):
    shown, said = player(explained), text(explained)
    assert [voice["name"] for voice in shown["voices"]] == ["original", "what-mattered", "what-was-left-out", "tone-row"]
    target = explained.session_state["kept-target-exuberance-anxiety-sadness-contentment"]
    for name in ("spectrogram", "chroma"):
        assert lane(explained, name)["over"]["unit"] == f"{target} log-odds"
    assert lane(explained, "intervals")["words"] == list(NAMED) and not lane(explained, "chroma")["hidden"]
    bars = lane(explained, "moments")
    assert bars["floor"] and len(bars["values"]) == 18 and min(bars["values"]) >= 0
    assert "Consonance" in said and f"Brightest for {target}: " in said and "correlate by" in said
    assert "The red version is no part of the song" in said and "neither valence nor arousal" in said
    assert "The brightest tones. Each 0.5 s" in said
    assert len(explained.get("plotly_chart")) == 2
    labels = [button.label for button in explained.get("download_button")]
    assert {"The brightest tones as FLAC", "Consonance as CSV", "Explanation as CSV"} <= set(labels)


def test_the_tone_row_can_play_what_stands_out_alone(explained):
    before = next(voice for voice in player(explained)["voices"] if voice["name"] == "tone-row")
    explained.button_group(key="tone-row").set_value("the tones that stand out")
    settle(explained)
    after = next(voice for voice in player(explained)["voices"] if voice["name"] == "tone-row")
    assert (before["label"], after["label"]) == ("the brightest tones", "the tones that stand out")
    assert "The tones that stand out. Each 0.5 s the pitch classes that were brighter than on average" in text(explained)


def test_one_pitch_class_alone_is_chosen_by_its_name(explained):
    whole = lane(explained, "spectrogram")["over"]
    box = explained.selectbox(key="grad_cam-params-pitch_class")
    assert box.options[:2] == ["all twelve", "A"] and "A♯" in box.options
    box.set_value("A")
    settle(explained)
    assert "Shown is the branch of A alone" in text(explained)
    own = lane(explained, "spectrogram")["over"]
    assert own["high"] != pytest.approx(whole["high"], rel=1e-6) and lane(explained, "chroma")["over"]

"""The page Descriptors, run by Streamlit's own test runner on the real service."""

import numpy as np
from streamlit.testing.v1 import AppTest

from components import state
from mer_core.features.mid_level import NAMES
from tests.pages.running import chord, player, settle, text, wav


def opened(app: AppTest, seconds: float = 0.0, y: np.ndarray | None = None) -> AppTest:
    """The page with an uploaded song of a chord with a beat, or of `y` at 22,050 Hz."""
    y = chord(seconds, (220, 261.63, 329.63)) if y is None else y
    app.run()
    app.session_state["jobs"] = {}  # what Listen began is not needed here
    app.session_state["song"] = state.service().add(wav(y), "chord.wav")
    app.switch_page("pages/descriptors.py")
    return settle(app)


def test_a_song_is_described_explained_moved_and_traced_back(app):
    opened(app, 4.0)
    said = text(app)
    assert said.count('class="mer-descriptor"') == len(NAMES) and "A minor" in said and not app.error
    assert "Felt emotion" in said and "r = 0." in said and "the largest; " in said
    shown = player(app)
    heat = next(lane for lane in shown["lanes"] if lane["name"] == "spectrogram")
    assert heat["over"] and not shown["paint"]
    assert [voice["name"] for voice in shown["voices"]] == ["original", "what-mattered", "what-was-left-out"]

    slider = next(s for s in app.slider if s.key.startswith("slide-articulation"))
    song = slider.value
    slider.set_value(slider.max if slider.max - song > song - slider.min else slider.min)
    settle(app)
    assert "With articulation" in text(app) and ("rises by" in text(app) or "falls by" in text(app))
    app.button(key="reset-descriptors").click()
    settle(app)
    assert "With articulation" not in text(app)
    assert next(s for s in app.slider if s.key.startswith("slide-articulation")).value == song

    app.selectbox(key="descriptor").set_value("articulation")
    settle(app)
    app.button(key="ask-stem_descriptors").click()
    settle(app)
    said = text(app)
    assert "**Without the " in said and "Left out one at a time" in said and not app.error
    assert "Were it as without the " in said and "the coloured regions add up to articulation" in said.lower()


def test_near_silence_has_reasons_instead_of_numbers(app):
    opened(app, y=2e-4 * np.random.default_rng(0).uniform(-1, 1, 4 * 22_050))
    said = text(app)
    assert said.count("not defined here") >= len(NAMES) and "There is nothing to hear." in said
    assert "is not defined in this song: the mean of the training clips stands for it" in said
    assert not app.slider and "nothing stands behind one" in said and not app.error

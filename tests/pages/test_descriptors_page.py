"""The page Descriptors, run by Streamlit's own test runner on the real service."""

import io
import json
from pathlib import Path

import numpy as np
import pytest
import soundfile
import streamlit as st
from streamlit.testing.v1 import AppTest

from components import state
from mer_core.features.mid_level import NAMES

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def app(tmp_path, monkeypatch) -> AppTest:
    """The app with an empty cache of its own."""
    monkeypatch.setenv("MER_CACHE", str(tmp_path / "cache"))
    monkeypatch.chdir(ROOT)
    st.cache_resource.clear()
    yield AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
    st.cache_resource.clear()


def settle(app: AppTest) -> AppTest:
    """Run until no job is left, as the polling of a browser would."""
    seen = set()
    for _ in range(20):
        app.run()
        found = app.session_state["jobs"] if "jobs" in app.session_state else {}
        waiting = [job for job in found.values() if job and job not in seen]
        if app.exception or not waiting:
            break
        for job in waiting:
            job.future.exception(timeout=300)
        seen |= set(waiting)
    assert not app.exception, app.exception
    return app


def opened(app: AppTest, seconds: float = 0.0, y: np.ndarray | None = None) -> AppTest:
    """The page with an uploaded song of a chord with a beat, or of `y` at 22,050 Hz."""
    t = np.arange(int(seconds * 22_050)) / 22_050
    if y is None:
        y = sum(np.sin(2 * np.pi * f * t) for f in (220, 261.63, 329.63)) * 0.1 * (0.4 + 0.6 * ((t * 2) % 1 < 0.3))
    out = io.BytesIO()
    soundfile.write(out, y, 22_050, format="WAV")
    app.run()
    app.session_state["jobs"] = {}  # what Listen began is not needed here
    app.session_state["song"] = state.service().add(out.getvalue(), "chord.wav")
    app.switch_page("pages/descriptors.py")
    return settle(app)


def text(app: AppTest) -> str:
    parts = [*app.markdown, *app.caption, *app.subheader, *app.info, *app.error]
    shown = [h.proto.body for h in app.get("html") if "<style>" not in h.proto.body]
    return "\n".join([*(p.value for p in parts), *shown])


def player(app: AppTest) -> dict:
    found, = app.get("bidi_component")
    return json.loads(found.proto.json)


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

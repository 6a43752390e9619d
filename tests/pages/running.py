"""Running a page in Streamlit's test runner to its end, and reading what it shows."""

import io
import json

import numpy as np
import soundfile
from streamlit.testing.v1 import AppTest


def settle(app: AppTest) -> AppTest:
    """Run until no job is left, as the polling of a browser would. Each job is waited for once."""
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


def text(app: AppTest) -> str:
    """All that can be read on the page."""
    parts = [*app.markdown, *app.caption, *app.title, *app.subheader, *app.info, *app.error]
    shown = [h.proto.body for h in app.get("html") if "<style>" not in h.proto.body]
    return "\n".join([*(p.value for p in parts), *shown])


def player(app: AppTest) -> dict:
    """What the page's player was given."""
    found, = app.get("bidi_component")
    return json.loads(found.proto.json)


def wav(y: np.ndarray, sr: int = 22_050) -> bytes:
    out = io.BytesIO()
    soundfile.write(out, y, sr, format="WAV")
    return out.getvalue()


def chord(seconds: float, hertz: tuple[float, ...], sr: int = 22_050) -> np.ndarray:
    """(samples,) a chord with a beat, twice a second."""
    t = np.arange(int(seconds * sr)) / sr
    return sum(np.sin(2 * np.pi * f * t) for f in hertz) * 0.1 * (0.4 + 0.6 * ((t * 2) % 1 < 0.3))

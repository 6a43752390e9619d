"""The ellipse of listeners' ratings in a real browser: it moves with the sound, and the beats lie where they sound."""

import re

import numpy as np
import pytest

from tests.browser.playing import GUTTER, ask, click_at, listen, press, settle, wait

APP = "tests/browser/apps/spread_app.py"


def ellipse(page, name: str = ".around") -> dict:
    """Centre and half axes in the plane's own units, and how far the long one is turned, in degrees."""
    shape = page.locator(f".plane {name}")
    x, y, turn = map(float, re.findall(r"-?[\d.]+(?:e-\d+)?", shape.get_attribute("transform")))
    return {"valence": x / 100, "arousal": -y / 100, "turn": -turn, "long": float(shape.get_attribute("rx")) / 100,
            "short": float(shape.get_attribute("ry")) / 100}


def at(page, seconds: float) -> dict:
    click_at(page, seconds / 30)
    wait(page, f"Math.abs(me.time - {seconds}) < 0.1")
    return ellipse(page)


def test_the_ellipse_is_that_of_the_heard_second(open_player):
    page = open_player()
    for seconds, centre, (v, a) in ((0.5, -0.5, (0.1, 0.2)), (15, 0.0, (0.2, 0.4)), (29.5, 0.5, (0.3, 0.6))):
        values, vectors = np.linalg.eigh([[v * v, 0.5 * v * a], [0.5 * v * a, a * a]])
        long, short = np.sqrt(values[::-1] * 2 * np.log(2))  # half of a Gaussian lies within sqrt(2 ln 2) deviations
        found = at(page, seconds)
        assert [found["valence"], found["arousal"]] == pytest.approx([centre] * 2, abs=0.01)
        assert [found["long"], found["short"]] == pytest.approx([long, short], rel=0.02)
        assert np.tan(np.radians(found["turn"])) == pytest.approx(vectors[1, 1] / vectors[0, 1], rel=0.02)
    assert page.get_by_test_id("told").inner_text() == "At 0:29 listeners would spread by 0.30 in valence and 0.60 in arousal."
    assert not page.locator(".plane .error").is_visible() and page.locator(".plane .usual").is_visible()


def test_it_moves_while_the_song_plays(open_player):
    page = open_player()
    press(page, "play")
    wait(page, "me.playing && me.level() > 0.01")
    settle(page)
    first, since = ellipse(page), ask(page, "me.time")
    listen(page, 2.0)
    wait(page, f"me.time > {since} + 1.5")
    second = ellipse(page)
    assert second["valence"] > first["valence"] + 0.03 and second["long"] > first["long"] + 0.02
    press(page, "play")
    wait(page, "!me.playing")


def test_the_keyboard_moves_it(open_player):
    page = open_player()
    before = at(page, 10)
    page.keyboard.press("ArrowRight")
    wait(page, "Math.abs(me.time - 15) < 0.1")
    assert ellipse(page)["valence"] > before["valence"] + 0.1


def test_beats_are_ticks_under_the_waveform_and_bars_of_their_own_widths(open_player):
    page = open_player()
    lane = page.get_by_test_id("lane-moments")
    box = lane.bounding_box()

    def readout(seconds: float) -> str:
        page.mouse.move(box["x"] + GUTTER + seconds / 30 * (box["width"] - GUTTER), box["y"] + 50)
        return page.get_by_test_id("readout").inner_text()
    assert readout(1.0).endswith("beat at 0:00.0: +0.1 arousal")
    assert readout(3.52) == "0:03.5, beat at 0:03.0: −0.2 arousal"
    assert readout(17.8).endswith("beat at 0:12.0: −0.4 arousal") and readout(18.2).endswith("beat at 0:18.0: +0.2 arousal")
    columns = page.get_by_test_id("lane-wave-song").evaluate("""(canvas) => {
        const pen = canvas.getContext("2d"), y = canvas.height - 4 * devicePixelRatio - 3 * devicePixelRatio;
        return [...pen.getImageData(0, y, canvas.width, 1).data].filter((_, i) => i % 4 === 0);
    }""")
    ticks = np.flatnonzero(np.abs(np.diff(np.array(columns, float))) > 25)
    scale = len(columns) / box["width"]
    for beat in (4.0, 9.0, 12.0, 18.0):
        x = (GUTTER + beat / 30 * (box["width"] - GUTTER)) * scale
        assert np.abs(ticks - x).min() <= 2, f"a tick at {beat} s"
    assert not np.any(np.abs(ticks - (GUTTER + 15 / 30 * (box["width"] - GUTTER)) * scale) < 4), "and none between"

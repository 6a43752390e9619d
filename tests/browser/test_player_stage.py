"""The player's lanes in a real browser: what is drawn where, zoom and scroll, painting, what goes to Python and back."""

import io
import json
import re
from urllib.parse import quote

import numpy as np
import pytest
from matplotlib.image import imread
from playwright.sync_api import expect

from tests.browser.playing import GUTTER, ask

APP = "tests/browser/apps/stage_app.py"


@pytest.fixture
def open_stage(page, address):
    """Opens the app with a query and waits until the pictures are drawn; a script error fails the test."""
    errors = []
    page.on("pageerror", lambda error: errors.append(error))

    def start(query: str = ""):
        page.goto(f"{address}?{query}")
        page.get_by_test_id("lane-spectrogram").wait_for()
        page.wait_for_function("() => Object.values(window.merPlayers?.test?.sources ?? { a: null }).every(Boolean)")
        page.wait_for_load_state("networkidle")
        frame(page)
        return page

    yield start
    assert not errors


def frame(page) -> None:
    page.evaluate("() => new Promise((go) => requestAnimationFrame(() => requestAnimationFrame(go)))")


def box_of(page, test_id: str = "lane-spectrogram") -> dict:
    """Where a lane's drawing lies on the screen: without the gutter at its left and the header above."""
    box = page.get_by_test_id(test_id).bounding_box()
    return {"x": box["x"] + GUTTER, "y": box["y"] + 17, "width": box["width"] - GUTTER, "height": box["height"] - 20}


def point(page, share: float, hertz: float, high: float = 16_000.0, low: float = 40.0) -> tuple[float, float]:
    """Where a moment (as a share of the screen) and a frequency lie in the spectrogram."""
    box = box_of(page)
    up = np.log(hertz / low) / np.log(high / low)
    return box["x"] + share * box["width"], box["y"] + (1 - up) * box["height"]


def look(page, x: float, y: float, size: int = 3) -> np.ndarray:
    """(3,) mean colour in [0, 1] around a point of the page."""
    clip = {"x": x - size / 2, "y": y - size / 2, "width": size, "height": size}
    return imread(io.BytesIO(page.screenshot(clip=clip)))[..., :3].mean(axis=(0, 1))


def readout(page, x: float, y: float) -> str:
    page.mouse.move(x, y)
    return page.get_by_test_id("readout").inner_text()


def drag(page, start: tuple[float, float], end: tuple[float, float]) -> None:
    page.mouse.move(*start)
    page.mouse.down()
    page.mouse.move(*end, steps=5)
    page.mouse.up()


def test_the_tone_lies_where_it_sounds_and_nowhere_else(open_stage):
    page = open_stage()
    for share, hertz in ((0.1, 440), (0.9, 1760)):
        tone, beside = (look(page, *point(page, share, f)) for f in (hertz, hertz * 1.6))
        assert tone.mean() < beside.mean() - 0.2, f"{hertz} Hz"
    assert look(page, *point(page, 0.9, 440)).mean() > look(page, *point(page, 0.1, 440)).mean() + 0.2


def test_relevance_is_red_where_it_raises_and_blue_where_it_lowers(open_stage):
    page = open_stage()
    red, blue = look(page, *point(page, 0.25, 1000)), look(page, *point(page, 0.75, 200))
    assert red[0] > red[2] + 0.3 and blue[2] > blue[0] + 0.3
    page.get_by_test_id("opacity").fill("0")
    frame(page)
    assert np.ptp(look(page, *point(page, 0.25, 1000))) < 0.05


def test_pointing_says_what_a_cell_is(open_stage):
    page = open_stage()
    said = readout(page, *point(page, 0.25, 1000))
    time, hertz, moved = re.match(r"0:(\d\d\.\d), (\d+) Hz \([A-G].*\), .*dB, \+(0\.0\d+) arousal", said).groups()
    assert float(time) == pytest.approx(7.5, abs=0.1) and float(hertz) == pytest.approx(1000, rel=0.03)
    assert float(moved) == pytest.approx(0.05, rel=0.02)
    x, y = point(page, 0.1, 440)
    levels = [re.search(r"over (−?\d+) dB", readout(page, x, y + shift)) for shift in range(-3, 4)]
    loudest = max(float(found.group(1).replace("−", "-")) for found in levels if found)
    assert loudest < 20 * np.log10(0.4) < loudest + 6  # the scale ends a little under the loudest cells
    assert "under −" in readout(page, *point(page, 0.1, 5000))


def test_zoom_keeps_the_playhead_and_scrolls_by_the_bar(open_stage):
    page = open_stage()
    page.mouse.click(*point(page, 0.5, 100))
    for _ in range(3):
        page.get_by_test_id("zoom-in").click()
    start, end = ask(page, "me.view")
    assert end - start == pytest.approx(30 / 8) and (start + end) / 2 == pytest.approx(15, abs=0.1)
    bar = page.get_by_test_id("scroll").bounding_box()
    page.mouse.click(bar["x"] + bar["width"] * 0.9, bar["y"] + 5)
    assert ask(page, "me.view")[0] == pytest.approx(27 - 30 / 16, abs=0.1)
    page.mouse.click(*point(page, 0.0, 100))
    assert ask(page, "me.time") == pytest.approx(ask(page, "me.view")[0], abs=0.02)
    page.get_by_test_id("zoom-fit").click()
    assert ask(page, "me.view") == [0, 30] and not page.get_by_test_id("scroll").is_visible()


def test_from_near_the_change_of_tone_is_sharp(open_stage):
    page = open_stage()
    page.mouse.click(*point(page, 0.5, 100))
    for _ in range(5):
        page.get_by_test_id("zoom-in").click()
    page.wait_for_load_state("networkidle")
    frame(page)
    start, end = ask(page, "me.view")
    near = [look(page, *point(page, (t - start) / (end - start), 440)).mean() for t in (14.9, 15.1)]
    assert near[0] < near[1] - 0.2


def test_ctrl_and_the_wheel_zoom_around_the_pointer(open_stage):
    page = open_stage()
    page.mouse.move(*point(page, 0.25, 300))
    page.keyboard.down("Control")
    page.mouse.wheel(0, -160)
    page.keyboard.up("Control")
    page.wait_for_function("() => merPlayers.test.view[1] - merPlayers.test.view[0] < 25")
    start, end = ask(page, "me.view")
    assert start + 0.25 * (end - start) == pytest.approx(7.5, abs=0.1)


def test_a_painted_box_becomes_a_question(open_stage):
    page = open_stage()
    page.get_by_test_id("tool-box").click()
    drag(page, point(page, 0.2, 800), point(page, 0.4, 200))
    page.locator(".asked").wait_for()
    start, end, low, high = map(float, page.locator(".asked").inner_text().split())
    assert (start, end) == (pytest.approx(6, abs=0.1), pytest.approx(12, abs=0.1))
    assert (low, high) == (pytest.approx(200, rel=0.03), pytest.approx(800, rel=0.03))
    assert not ask(page, "me.playing") and ask(page, "me.time") == 0  # painting does not seek
    page.get_by_test_id("tool-clear").click()
    page.wait_for_function("() => !document.querySelector('.asked')")
    assert ask(page, "me.boxes") == []


def test_a_brush_stroke_becomes_many_small_boxes(open_stage):
    page = open_stage()
    page.get_by_test_id("tool-brush").click()
    drag(page, point(page, 0.5, 400), point(page, 0.6, 1600))
    page.locator(".asked").first.wait_for()
    boxes = np.array([list(map(float, text.split())) for text in page.locator(".asked").all_inner_texts()])
    assert len(boxes) > 3
    assert boxes[:, 0].min() == pytest.approx(15, abs=1) and boxes[:, 1].max() == pytest.approx(18, abs=1)
    assert boxes[:, 2].min() < 400 and boxes[:, 3].max() > 1600
    page.keyboard.press("Escape")
    page.wait_for_function("() => !document.querySelector('.asked')")


def test_a_fader_moves_the_point(open_stage):
    page = open_stage("stems=1")
    page.get_by_test_id("volume-drums").fill("0.5")
    page.get_by_text(re.compile("faders")).wait_for()
    page.wait_for_function("() => merPlayers.test.latency !== null")
    reading = page.get_by_test_id("reading").locator(".fader").inner_text().split()
    assert reading[-2:] == ["+0.25", "−0.25"]


def test_what_python_refuses_is_said_and_the_mixer_goes_on(open_stage):
    page = open_stage("stems=1")
    page.get_by_test_id("volume-drums").fill("0.13")
    page.get_by_text("Thirteen is refused.").wait_for()
    page.get_by_test_id("volume-drums").fill("0.5")
    page.get_by_test_id("reading").locator(".fader .valence").get_by_text("+0.25").wait_for()


GOOD = {"key": "test", "song": "s", "title": "t", "duration": 3, "voices": [{"name": "a", "label": "a", "url": "/a"}],
        "lanes": [], "beats": []}


@pytest.mark.parametrize("change, said", [
    ({"duration": -3}, "a duration of -3"), ({"voices": []}, "no voices"), ({"voices": [{"name": "a"}]}, "an address"),
    ({"lanes": [{"kind": "pie"}]}, "a lane of the kind “pie”")])
def test_a_message_of_the_wrong_shape_is_refused_in_words(page, address, change, said):
    page.goto(f"{address}?broken={quote(json.dumps(GOOD | change))}")
    expect(page.get_by_test_id("message")).to_contain_text(said)


def test_playing_moves_only_the_playhead(open_stage):
    page = open_stage()
    page.get_by_test_id("play").click()
    page.wait_for_function("() => merPlayers.test.time > 0.3")
    before, place = ask(page, "me.drawn"), page.get_by_test_id("head").bounding_box()["x"]
    page.wait_for_timeout(500)
    assert ask(page, "me.drawn") == before
    assert page.get_by_test_id("head").bounding_box()["x"] > place


def test_the_page_turns_when_the_playhead_leaves_it(open_stage):
    page = open_stage()
    for _ in range(4):
        page.get_by_test_id("zoom-in").click()
    end = ask(page, "me.view")[1]
    page.mouse.click(*point(page, 0.97, 100))
    page.get_by_test_id("play").click()
    page.wait_for_function(f"() => merPlayers.test.view[0] > {end - 0.5}")


def test_dragging_along_the_seconds_loops_and_a_click_there_seeks(open_stage):
    page = open_stage()
    axis = page.get_by_test_id("axis").bounding_box()
    places = [(axis["x"] + GUTTER + share * (axis["width"] - GUTTER), axis["y"] + 8) for share in (0.2, 0.5)]
    drag(page, *places)
    assert ask(page, "me.loop") == [pytest.approx(6, abs=0.1), pytest.approx(15, abs=0.1)]
    page.mouse.click(*places[1])
    assert ask(page, "me.time") == pytest.approx(15, abs=0.1)


def test_lanes_come_and_go(open_stage):
    page = open_stage()
    assert page.get_by_test_id("lane-chroma").count() == 0
    page.get_by_test_id("show-chroma").click()
    page.get_by_test_id("lane-chroma").wait_for()
    page.wait_for_load_state("networkidle")
    frame(page)
    box = box_of(page, "lane-chroma")
    note_a = look(page, box["x"] + 0.2 * box["width"], box["y"] + box["height"] * (1 - 9.5 / 12))
    note_c = look(page, box["x"] + 0.2 * box["width"], box["y"] + box["height"] * (1 - 0.5 / 12))
    assert note_a.mean() < note_c.mean() - 0.2
    page.get_by_test_id("show-chroma").click()
    assert page.get_by_test_id("lane-chroma").count() == 0


@pytest.mark.parametrize("lane", ["chroma", "alone"])
def test_pitch_classes_are_red_where_they_raise_and_blue_where_they_lower(open_stage, lane):
    """Over the song's own in greys, and alone."""
    page = open_stage("classes=1")
    box = box_of(page, f"lane-{lane}")

    def at(share: float, row: int) -> tuple[float, float]:
        return box["x"] + share * box["width"], box["y"] + box["height"] * (1 - (row + 0.5) / 12)
    red, blue, nothing = (look(page, *at(*place)) for place in ((0.25, 4), (0.75, 7), (0.75, 4)))
    assert red[0] > red[2] + 0.3 and blue[2] > blue[0] + 0.3 and np.ptp(nothing) < 0.05
    said = readout(page, *at(0.25, 4))
    assert said.endswith("+0.02 arousal") and ("the note E: " in said) == (lane == "alone")


def test_bars_that_cannot_be_below_zero_stand_on_the_floor_in_red(open_stage, page):
    page.set_viewport_size({"width": 1280, "height": 1200})
    open_stage("classes=1")
    box = box_of(page, "lane-moments")
    low, high = (look(page, box["x"] + share * box["width"], box["y"] + 0.6 * box["height"]) for share in (0.1, 0.95))
    assert high[0] > high[2] + 0.3 and np.ptp(low) < 0.05
    assert readout(page, box["x"] + 0.99 * box["width"], box["y"] + 20).endswith("+0.4 arousal")


def test_the_figure_can_be_taken_away(open_stage, tmp_path):
    page = open_stage()
    with page.expect_download() as download:
        page.get_by_test_id("save-png").click()
    assert download.value.suggested_filename == "A_known_song.png"
    picture = imread(download.value.path())
    assert picture.shape[1] == 2 * 1232 and np.ptp(picture[..., :3]) > 0.5
    assert (np.abs(picture[..., 0] - picture[..., 2]) > 0.3).any()  # relevance in colour


def test_the_plane_shows_value_error_and_moment(open_stage):
    page = open_stage("what_if=1")
    plane = page.locator(".plane")
    assert plane.locator(".changed").is_visible() and not plane.locator(".live").is_visible()
    rx, ry = (float(plane.locator(".error").get_attribute(name)) for name in ("rx", "ry"))
    spread = np.sqrt(np.linalg.eigvalsh([[0.04, 0.01], [0.01, 0.06]]))
    assert (ry, rx) == (pytest.approx(100 * spread[0]), pytest.approx(100 * spread[1]))
    page.mouse.click(*point(page, 0.5, 100))
    x, y = map(float, re.findall(r"-?[\d.]+", plane.locator(".now").get_attribute("transform")))
    assert (x, y) == (pytest.approx(60 * np.sin(3), abs=1), pytest.approx(-50 * np.cos(15 / 7), abs=1))


def test_nothing_lies_outside_a_phone(open_stage, page):
    page.set_viewport_size({"width": 400, "height": 900})
    open_stage("stems=1")
    for test_id in ("seek", "reading", "zoom-in", "save-png", "volume-drums"):
        box = page.get_by_test_id(test_id).bounding_box()
        assert box["x"] >= 0 and box["x"] + box["width"] <= 400, test_id

"""How the player looks and is reached: on a dark page, a dense screen and a phone, by keys alone, as a picture."""

import io
from base64 import b64encode
from xml.etree import ElementTree

import numpy as np
import pytest
from matplotlib.image import imread

from tests.browser.playing import ask, open_at, wait
from tests.browser.test_player_stage import frame, look, point

APP = "tests/browser/apps/stage_app.py"
SVG = "{http://www.w3.org/2000/svg}"
PHONE_GUTTER = 36  # px at the left of the lanes where they are narrow
FOCUSED = "() => document.activeElement?.shadowRoot?.activeElement?.dataset.testid"


@pytest.fixture
def open_as(browser, address):
    """Opens the app in a browser of its own kind: a colour scheme, a density of the screen."""
    contexts = []

    def start(**kind):
        contexts.append(browser.new_context(**{"viewport": {"width": 1280, "height": 900}, **kind}))
        page = contexts[-1].new_page()
        open_at(page, address, "stems=1")
        page.wait_for_load_state("networkidle")
        frame(page)
        return page

    yield start
    for context in contexts:
        context.close()


def test_on_a_dark_page_the_sound_is_light_and_colours_keep_their_meaning(open_as):
    page = open_as(color_scheme="dark")
    tone, beside = (look(page, *point(page, 0.1, hertz)) for hertz in (440, 700))
    assert beside.max() < 0.3 and tone.mean() > beside.mean() + 0.2
    red, blue = look(page, *point(page, 0.25, 1000)), look(page, *point(page, 0.75, 200))
    assert red[0] > red[2] + 0.3 and blue[2] > blue[0] + 0.3
    page.emulate_media(color_scheme="light")  # a theme that changes while the player is open
    page.wait_for_function("""() => {
        const [red] = getComputedStyle(document.querySelector('.stApp')).backgroundColor.match(/\\d+/g);
        return red > 200; }""")
    frame(page)
    tone, beside = (look(page, *point(page, 0.1, hertz)) for hertz in (440, 700))
    assert beside.min() > 0.7 and tone.mean() < beside.mean() - 0.2


@pytest.mark.parametrize("density", [1, 2, 3])
def test_every_lane_has_as_many_pixels_as_the_screen(open_as, density):
    page = open_as(device_scale_factor=density)
    sizes = page.get_by_test_id("seek").locator("canvas").evaluate_all(
        "(all) => all.map((c) => [c.width, c.height, c.clientWidth, c.clientHeight])")
    assert len(sizes) >= 5
    for width, height, across, tall in sizes:
        assert (width, height) == (density * across, density * tall)


def test_two_users_do_not_see_each_others_questions(open_as):
    pages = [open_as(), open_as()]
    for page, share in zip(pages, (0.2, 0.6)):
        page.get_by_test_id("tool-box").click()
        page.mouse.move(*point(page, share, 800))
        page.mouse.down()
        page.mouse.move(*point(page, share + 0.1, 200), steps=4)
        page.mouse.up()
        page.locator(".asked").wait_for()
    pages[1].get_by_test_id("volume-drums").fill("0.5")
    wait(pages[1], "me.latency !== null")
    asked = [float(page.locator(".asked").inner_text().split()[0]) for page in pages]
    assert asked == [pytest.approx(6, abs=0.2), pytest.approx(18, abs=0.2)]
    assert ask(pages[0], "[me.voice, me.latency]") == ["original", None]


def test_a_finger_seeks_and_paints(open_as):
    page = open_as(viewport={"width": 400, "height": 900}, has_touch=True, is_mobile=True, device_scale_factor=2)
    at, left = ask(page, "me.view"), page.get_by_test_id("seek").bounding_box()
    assert at == [0, 30]
    page.touchscreen.tap(left["x"] + PHONE_GUTTER + 0.5 * (left["width"] - PHONE_GUTTER), left["y"] + 30)
    wait(page, "Math.abs(me.time - 15) < 0.2")
    page.get_by_test_id("tool-box").tap()
    picture = page.get_by_test_id("lane-spectrogram").bounding_box()
    drag_a_finger(page, (picture["x"] + 120, picture["y"] + 80), (picture["x"] + 220, picture["y"] + 150))
    page.locator(".asked").wait_for()
    start, end, low, high = map(float, page.locator(".asked").inner_text().split())
    assert 5 < start < end - 5 < 20 and 100 < low < high / 2
    assert ask(page, "me.time") == pytest.approx(15, abs=0.2)  # painting does not seek


def drag_a_finger(page, start: tuple[float, float], end: tuple[float, float]) -> None:
    hand = page.context.new_cdp_session(page)
    for share in (0, 0.25, 0.5, 0.75, 1):
        place = {"x": start[0] + share * (end[0] - start[0]), "y": start[1] + share * (end[1] - start[1])}
        hand.send("Input.dispatchTouchEvent", {"type": "touchMove" if share else "touchStart", "touchPoints": [place]})
    hand.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})


def test_while_a_box_is_painted_its_corner_is_read_out(open_player, page):
    open_player()
    page.get_by_test_id("tool-box").click()
    page.mouse.move(*point(page, 0.2, 800))
    page.mouse.down()
    page.mouse.move(*point(page, 0.4, 200), steps=4)
    assert page.get_by_test_id("readout").inner_text().startswith(("0:11.9, ", "0:12.0, "))
    assert " Hz (G3)" in page.get_by_test_id("readout").inner_text()
    page.mouse.up()


def test_the_figure_as_svg_looks_like_the_one_as_png(open_player, page):
    open_player("stems=1&classes=1")
    page.wait_for_load_state("networkidle")
    frame(page)
    files = {}
    for kind in ("png", "svg"):
        with page.expect_download() as download:
            page.get_by_test_id(f"save-{kind}").click()
        assert download.value.suggested_filename == f"A_known_song.{kind}"
        files[kind] = download.value.path().read_bytes()
    drawn = ElementTree.fromstring(files["svg"])
    texts = [text.text for text in drawn.iter(f"{SVG}text")]
    assert "A known song" in texts and {"frequency in Hz", "in colour alone", "waveform"} <= set(texts)
    assert {"path", "image", "text"} <= {element.tag.removeprefix(SVG) for element in drawn.iter()}
    width, height = int(drawn.get("width")), int(drawn.get("height"))
    page.set_viewport_size({"width": width, "height": height})
    source = b64encode(files["svg"]).decode()
    page.set_content(f'<body style="margin: 0"><img src="data:image/svg+xml;base64,{source}" style="display: block">')
    page.wait_for_function("() => document.images[0].complete && document.images[0].naturalWidth")
    seen = imread(io.BytesIO(page.screenshot()))[..., :3]
    png = imread(io.BytesIO(files["png"]))[..., :3].reshape(height, 2, width, 2, 3).mean(axis=(1, 3))
    apart = np.abs(seen - png)
    print(f"SVG of {len(files['svg'])} bytes, off by {apart.mean():.4f} on average")
    assert apart.mean() < 0.01 and (apart.max(axis=-1) > 0.3).mean() < 0.01


def test_the_keyboard_goes_through_the_controls_as_they_stand(open_player, page):
    open_player("stems=1")
    page.get_by_test_id("play").focus()
    order = [page.evaluate(FOCUSED)]
    while order[-1] != "mute-drums" and len(order) < 40:
        page.keyboard.press("Tab")
        order.append(page.evaluate(FOCUSED))
    assert order == ["play", "loop", "help", "voice-original", "voice-mix", "seek", "tool-box", "tool-brush", "opacity",
                     "zoom-out", "zoom-fit", "zoom-in", "show-chroma", "save-png", "save-svg", "save-wav",
                     "volume-drums", "solo-drums", "mute-drums"]
    page.get_by_test_id("seek").focus()
    page.keyboard.press("ArrowRight")
    assert ask(page, "me.time") == pytest.approx(5)
    assert page.get_by_test_id("seek").get_attribute("aria-valuetext") == "0:05 / 0:30"


def test_the_keys_of_the_help_do_what_it_says(open_player, page):
    open_player("stems=1")
    key = page.keyboard.press
    page.get_by_test_id("player").focus()
    for letter, tool in (("b", "box"), ("p", "brush")):
        key(letter)
        assert page.get_by_test_id(f"tool-{tool}").get_attribute("aria-pressed") == "true"
    key("p")
    assert page.get_by_test_id("tool-brush").get_attribute("aria-pressed") == "false"
    key("+")
    key("+")
    assert ask(page, "me.view") == [0, 7.5]
    key("-")
    assert ask(page, "me.view") == [0, 15]
    key("0")
    assert ask(page, "me.view") == [0, 30]
    key("Shift+ArrowRight")
    assert ask(page, "me.time") == pytest.approx(1)
    key("Home")
    assert ask(page, "me.time") == 0
    key("2")
    key("[")
    key("[")
    assert ask(page, "[me.voice, me.blend]") == ["mix", pytest.approx(0.8)]
    key("]")
    assert ask(page, "me.blend") == pytest.approx(0.9)


def test_every_control_beside_the_lanes_has_a_name(open_player, page):
    open_player("stems=1")
    controls = page.get_by_test_id("player").locator(":is(button, input, [role=slider]):visible").all()
    assert len(controls) > 15
    for control in controls:
        assert control.inner_text().strip() or control.get_attribute("aria-label"), control.get_attribute("class")

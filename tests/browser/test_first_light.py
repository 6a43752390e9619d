"""The main job in a real browser: upload a song, see where it lies, see why, and hear what mattered."""

import io

import numpy as np
import pytest
from matplotlib.image import imread
from playwright.sync_api import Page, expect

from mer_core import audio
from mer_core.brush import Box, split
from tests.browser.playing import ask, loop_over
from tests.browser.tape import RATE, error, install, record

PAGES = ("Listen", "Emotion", "Stems", "Explain", "Descriptors", "Experiments", "About")
WIDTHS = (1280, 400)
LONG = 120_000  # ms; loading torch and taking the song apart, beside everything else a test machine does

LEVEL = """async (url) => {
  const raw = await (await fetch(url)).arrayBuffer();
  const sound = await new OfflineAudioContext(2, 44100, 44100).decodeAudioData(raw);
  const y = sound.getChannelData(0);
  return { rms: Math.sqrt(y.reduce((sum, v) => sum + v * v, 0) / y.length), seconds: sound.duration };
}"""

OVERFLOW = """() => [document.documentElement, ...document.querySelectorAll(
  '[data-testid="stMain"], [data-testid="stMainBlockContainer"]')]
  .filter((e) => e.scrollWidth > e.clientWidth + 1).map((e) => `${e.tagName} ${e.dataset.testid}: ${e.scrollWidth} > ${e.clientWidth}`)"""


@pytest.fixture(scope="module")
def url(serve) -> str:
    return serve("app.py", OMP_NUM_THREADS="1")


def upload(page: Page, url: str, path) -> None:
    page.goto(url)
    page.locator('input[type="file"]').set_input_files(path, timeout=LONG)


def open_page(page: Page, name: str) -> None:
    page.get_by_role("link", name=name, exact=True).first.click()
    page.wait_for_url(f"**/{'' if name == 'Listen' else name.lower()}")


def settle(page: Page) -> None:
    """Wait until nothing is being computed any more."""
    page.wait_for_function("""() => !document.querySelector('.mer-wait')
        && !document.querySelector('[data-testid="stStatusWidget"]')""", timeout=LONG)


def level_of(page: Page, expander: str) -> dict:
    """RMS and seconds of the plain audio element in that expander, fetched and decoded in the page."""
    box = page.locator(f".st-key-{expander}")
    box.locator("summary").first.click(timeout=LONG)
    source = box.locator("audio").first
    source.wait_for(state="attached", timeout=LONG)
    return page.evaluate(LEVEL, source.evaluate("e => e.currentSrc || e.src"))


def wait_for_player(page: Page, key: str, condition: str) -> None:
    """Wait until the player under that key exists and `condition` holds for it, named `me`."""
    page.wait_for_function(f"() => {{ const me = window.merPlayers?.{key}; return me && ({condition}); }}",
                           timeout=LONG)


def drag_on_spectrogram(page: Page) -> None:
    """A box over a tenth of the song, in the middle of the lowest lane."""
    page.get_by_test_id("tool-box").click()
    box = page.get_by_test_id("seek").bounding_box()
    x, y = box["x"] + box["width"] * 0.4, box["y"] + box["height"] * 0.65
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + box["width"] * 0.15, y + 60, steps=4)
    page.mouse.up()


def painted(page: Page, song) -> np.ndarray:
    """(2, samples): what was painted of the song, worked out here, around the loop some times."""
    only, _ = split(audio.decode(song), [Box(*Box(*edges).rounded()) for edges in ask(page, "me.boxes", "explain")])
    start, end = (round(second * RATE) for second in ask(page, "me.loop", "explain"))
    return np.tile(np.broadcast_to(only, (2, only.shape[1]))[:, start:end], 6)


def played(page: Page, voice: str) -> np.ndarray:
    """(2, samples) of that voice on Explain, looped over the middle of the song."""
    install(page, "explain")
    page.get_by_test_id(f"voice-{voice}").click()
    loop_over(page, 0.35, 0.6)
    page.get_by_test_id("play").click()
    wait_for_player(page, "explain", f"me.playing && me.gains['{voice}'] === 1 && me.level() > 1e-5")
    heard = record(page, ["master"], 1.0, key="explain")[0]
    page.get_by_test_id("play").click()
    return heard


def set_fader(page: Page, stem: str, gain: float) -> None:
    page.get_by_test_id(f"volume-{stem}").evaluate("""(e, gain) => {
        e.value = gain;
        for (const name of ["input", "change"]) e.dispatchEvent(new Event(name, { bubbles: true }));
    }""", gain)


def pixels(place) -> np.ndarray:
    """(height, width, 3) in [0, 1] of what is there, as it looks."""
    shot = place.screenshot()
    return imread(io.BytesIO(shot))[..., :3]


def coloured(picture: np.ndarray) -> np.ndarray:
    return np.ptp(picture, axis=-1) > 0.2


def test_upload_see_and_hear_why(page, url, song_file):
    info = audio.decode(song_file).info
    errors = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    upload(page, url, song_file)
    expect(page.locator(".st-key-songbar h1")).to_have_text(info.title, timeout=LONG)

    wait_for_player(page, "listen", "me.sources.original")
    expect(page.locator(".st-key-mood")).to_contain_text("Mostly", timeout=LONG)
    page.get_by_test_id("play").click()
    wait_for_player(page, "listen", "me.playing && me.time > 0.2 && me.level() > 1e-4")
    heard = level_of(page, "plain-listen")
    assert heard["rms"] > 0.001 and heard["seconds"] == pytest.approx(info.duration, abs=0.1)

    open_page(page, "Stems")
    page.locator(".st-key-stem-bars-arousal .barlayer .point").nth(3).wait_for(timeout=LONG)
    assert level_of(page, "plain-stems")["seconds"] == pytest.approx(info.duration, abs=0.1)
    set_fader(page, "drums", 0)
    expect(page.locator(".st-key-mixed")).to_contain_text("With these faders (drums off), valence", timeout=LONG)

    open_page(page, "Explain")
    page.locator(".st-key-sentences").first.wait_for(timeout=LONG)
    settle(page)
    wait_for_player(page, "explain", "Object.values(me.sources).filter(Boolean).length >= 1 && me.drawn")
    page.wait_for_timeout(1000)  # tiles load
    picture = pixels(page.get_by_test_id("seek"))
    assert coloured(picture).mean() > 0.005, "relevance is drawn in colour"
    assert (~coloured(picture) & (picture.mean(axis=-1) < 0.85)).mean() > 0.1, "the sound is drawn in greys"
    boosted = level_of(page, "plain-explain")
    assert boosted["rms"] > 0.001 and boosted["seconds"] == pytest.approx(info.duration, abs=0.1)
    drag_on_spectrogram(page)
    expect(page.locator(".st-key-asked")).to_contain_text("Without", timeout=LONG)
    heard = played(page, "painted-only")
    assert error(painted(page, song_file), heard) < 1e-4 and np.abs(heard).max() > 2e-3
    page.get_by_test_id("tool-clear").click()
    expect(page.locator(".st-key-asked")).to_have_count(0, timeout=LONG)

    ways = page.locator(".st-key-way").get_by_role("combobox")
    settle(page)
    page.get_by_test_id("stMain").evaluate("(main) => main.scrollTo(0, 0)")  # a list at the window's edge does not open
    ways.fill("TreeSHAP")
    page.get_by_role("option").filter(has_text="TreeSHAP").wait_for()
    ways.press("Enter")
    page.locator(".st-key-waterfall .points path, .st-key-waterfall .point path").nth(4).wait_for(timeout=LONG)
    assert coloured(pixels(page.locator(".st-key-waterfall").first)).mean() > 0.005
    assert not errors


def test_a_bad_upload_is_explained_and_the_song_stays(page, url, bad_file):
    upload(page, url, bad_file)
    message = page.locator('.st-key-error [data-testid="stAlert"]').first
    expect(message).to_contain_text("Nothing was stored", timeout=LONG)
    expect(page.locator(".st-key-songbar h1")).not_to_have_text("No song yet")


@pytest.mark.parametrize("name", PAGES)
def test_no_page_is_wider_than_the_window(page, url, name):
    page.goto(f"{url}/{'' if name == 'Listen' else name.lower()}")
    page.locator('[data-testid="stMainBlockContainer"] > *').first.wait_for(timeout=LONG)
    settle(page)
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        page.wait_for_timeout(800)  # figures resize after the window does
        settle(page)
        assert page.evaluate(OVERFLOW) == [], f"{name} at {width} px"
        assert page.locator('[data-testid="stException"]').all_inner_texts() == []

"""The main job in a real browser: upload a song, see where it lies, see why, and hear what mattered."""

import io

import numpy as np
import pytest
from matplotlib.image import imread
from playwright.sync_api import Page, expect

from mer_core import audio

PAGES = ("Listen", "Emotion", "Stems", "Explain", "About")
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


def pixels(page: Page, key: str) -> np.ndarray:
    """(height, width, 3) in [0, 1] of the figure under that key, as it looks."""
    shot = page.locator(f".st-key-{key}").first.screenshot()
    return imread(io.BytesIO(shot))[..., :3]


def coloured(picture: np.ndarray) -> np.ndarray:
    return np.ptp(picture, axis=-1) > 0.2


def test_upload_see_and_hear_why(page, url, song_file):
    info = audio.decode(song_file).info
    errors = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    upload(page, url, song_file)
    expect(page.locator(".st-key-songbar h1")).to_have_text(info.title, timeout=LONG)

    points = page.locator(".st-key-plane .scatterlayer .point")
    points.first.wait_for(timeout=LONG)
    expect(page.locator(".st-key-mood")).to_contain_text("Mostly")
    heard = level_of(page, "plain-listen")
    assert heard["rms"] > 0.001 and heard["seconds"] == pytest.approx(info.duration, abs=0.1)

    open_page(page, "Stems")
    page.locator(".st-key-stem-bars-arousal .barlayer .point").nth(3).wait_for(timeout=LONG)
    assert level_of(page, "plain-stems")["seconds"] == pytest.approx(info.duration, abs=0.1)

    open_page(page, "Explain")
    page.get_by_text("In the sound:").first.click(timeout=LONG)
    page.locator(".st-key-sentences").first.wait_for(timeout=LONG)
    settle(page)
    picture = pixels(page, "heatmap")
    assert coloured(picture).mean() > 0.005, "relevance is drawn in colour"
    assert (~coloured(picture) & (picture.mean(axis=-1) < 0.85)).mean() > 0.1, "the sound is drawn in greys"
    boosted = level_of(page, "plain-explain")
    assert boosted["rms"] > 0.001 and boosted["seconds"] == pytest.approx(info.duration, abs=0.1)

    page.get_by_text("In measured features:").first.click()
    page.locator(".st-key-waterfall .points path, .st-key-waterfall .point path").nth(4).wait_for(timeout=LONG)
    assert coloured(pixels(page, "waterfall")).mean() > 0.005
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

"""Grad-CAM by pitch class in a real browser: what lit up lies over the chromagram, and its tone row is a sound apart."""

import io

import numpy as np
import pytest
import soundfile as sf
from matplotlib.image import imread
from scipy.signal import fftconvolve

from tests.browser import sounds
from tests.browser.playing import ask, press, settle, wait
from tests.browser.tape import install, record
from tests.browser.test_first_light import OVERFLOW

KEY = "explain"
LONG = 120_000  # ms; loading torch and tracing a song, beside everything else a test machine does
SONG = sounds.DEMOS / "sunday_sprint" / "mix.flac"  # the first demo


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def explained(page, serve, cache):
    """Explain on the first demo, with every sound made."""
    page.set_default_timeout(LONG)
    page.set_viewport_size({"width": 1280, "height": 1400})
    page.goto(f"{serve('app.py', OMP_NUM_THREADS='1', MER_CACHE=str(cache))}/explain")
    page.locator(".st-key-sentences").first.wait_for()
    idle(page)
    page.wait_for_timeout(1500)  # one job may begin after another, and a list that is open then closes
    idle(page)
    page.get_by_test_id("stMain").evaluate("(main) => main.scrollTo(0, 0)")  # one at the window's edge does not open
    ways = page.locator(".st-key-way").get_by_role("combobox")
    ways.fill("Grad-CAM")
    page.get_by_role("option").filter(has_text="Grad-CAM by pitch class").wait_for()
    ways.press("Enter")
    page.get_by_test_id("voice-tone-row").wait_for()
    page.locator(".st-key-intervals .bars .point").nth(6).wait_for()
    idle(page)
    return page


def idle(page) -> None:
    page.wait_for_function("""() => !document.querySelector('.mer-wait')
        && !document.querySelector('[data-testid="stStatusWidget"]')""")


def heard(page, voice: str) -> np.ndarray:
    """(2, N) what comes out of the player with this version, 10 s into the song."""
    press(page, f"voice-{voice}")
    wait(page, f"me.sources['{voice}']", KEY)
    settle(page, KEY)
    return record(page, ["master"], 1.0, key=KEY)[0]


def apart(sound: np.ndarray, recorded: np.ndarray) -> float:
    """The largest difference between what was recorded and the sound, where the squares of the differences are least: a
    tone row comes back to its tones, some louder, so that the highest correlation may lie elsewhere."""
    power = np.concatenate([[0], np.cumsum(sound[0].astype(float) ** 2)])
    count = recorded.shape[1]
    both = fftconvolve(sound[0], recorded[0][::-1], mode="valid")
    at = int((power[count:] - power[:-count] - 2 * both).argmin())
    return float(np.abs(sound[:, at:at + count] - recorded).max())


def test_the_brightest_tones_are_seen_over_the_chromagram_and_heard_apart_from_the_song(explained, cache):
    page = explained
    lane = imread(io.BytesIO(page.get_by_test_id("lane-chroma").screenshot()))[..., :3]
    assert (lane[..., 0] - lane[..., 2] > 0.2).mean() > 0.01, "what counted is drawn in red"
    assert page.get_by_test_id("lane-intervals").is_visible() and page.get_by_test_id("lane-moments").is_visible()

    page.set_viewport_size({"width": 400, "height": 1400})
    page.wait_for_timeout(800)  # figures resize after the window does
    assert page.evaluate(OVERFLOW) == []
    page.set_viewport_size({"width": 1280, "height": 1400})

    install(page, KEY)
    press(page, "play")
    wait(page, "me.playing && me.time > 1 && me.level() > 0.001", KEY)
    original, tones = heard(page, "original"), heard(page, "tone-row")
    assert ask(page, "me.voice", KEY) == "tone-row"
    made, = cache.glob("**/tones.flac")
    song, row = (sf.read(path, dtype="float32", always_2d=True)[0].T for path in (SONG, made))
    song, row = (np.broadcast_to(y, (2, y.shape[1])) for y in (song, row))
    assert apart(song, original) < 1e-3 and apart(row, tones) < 1e-3
    assert apart(song, tones) > 0.05 and np.abs(tones).max() > 0.01

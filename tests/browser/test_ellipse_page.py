"""Emotion in a real browser: a demo plays, its ellipse moves, and another layer or grid does not interrupt it."""

import pytest
from playwright.sync_api import expect

from mer_core.service import Service
from tests.browser.playing import ask, listen, press, settle, wait
from tests.browser.test_first_light import LONG
from tests.browser.test_first_light import settle as finished
from tests.browser.test_player_spread import ellipse

KEY = "emotion"


@pytest.fixture(scope="module")
def url(serve) -> str:
    if "dbn" not in Service.default().cards():
        pytest.skip("the deep belief network is not trained here")
    return serve("app.py", OMP_NUM_THREADS="1")


def choose(page, key: str, words: str) -> None:
    page.locator(f".st-key-{key}").get_by_text(words, exact=True).first.click(timeout=LONG)


def test_the_ellipse_of_a_demo_moves_with_its_sound(page, url):
    page.goto(f"{url}/emotion")
    choose(page, "emotion-view", "How far listeners differ")
    expect(page.get_by_test_id("spread")).to_be_visible(timeout=LONG)
    finished(page)
    wait(page, "Object.values(me.sources).every(Boolean)", KEY)
    press(page, "play")
    wait(page, "me.playing && me.level() > 0.01", KEY)
    settle(page, KEY)
    first = ellipse(page)
    listen(page, 3.0, KEY)
    second = ellipse(page)
    assert any(abs(second[name] - first[name]) > 1e-3 for name in ("valence", "arousal", "long", "short"))
    assert "listeners would spread by" in page.get_by_test_id("told").inner_text()
    choose(page, "dbn-layer", "0")
    choose(page, "controls-ellipse", "every 1 s")
    finished(page)
    expect(page.get_by_test_id("spread")).to_be_visible(timeout=LONG)
    assert ask(page, "me.playing", KEY) and ask(page, "me.level()", KEY) > 0.001
    expect(page.locator(".st-key-sentences")).to_contain_text("even steps", timeout=LONG)
    press(page, "play")

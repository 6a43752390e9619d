"""What the tests of the player share: opening it, pressing its controls, asking it."""

from __future__ import annotations

SOUNDS = "me.level() > 0.05 && Math.abs(me.peak() - {}) < 6"
NO_MEMORY = "Object.defineProperty(navigator, 'deviceMemory', { value: 1e-6 })"  # nothing fits: all is streamed
GUTTER = 48  # px at the left of the lanes, where their axes are named


def wait(page, condition: str, key: str = "test") -> None:
    page.wait_for_function(f"() => {{ const me = window.merPlayers?.{key}; return me && ({condition}); }}")


def ask(page, expression: str, key: str = "test"):
    return page.evaluate(f"() => {{ const me = window.merPlayers.{key}; return {expression}; }}")


def press(page, test_id: str) -> None:
    page.get_by_test_id(test_id).click()


def across(page, share: float) -> float:
    """Where a share of the song lies on the lanes, in px."""
    box = page.get_by_test_id("seek").bounding_box()
    return box["x"] + GUTTER + share * (box["width"] - GUTTER)


def click_at(page, share: float) -> None:
    page.mouse.click(across(page, share), page.get_by_test_id("seek").bounding_box()["y"] + 30)


def play(page, share: float | None = None) -> None:
    if share is not None:
        click_at(page, share)
    press(page, "play")
    wait(page, "me.playing && me.level() > 0.01")
    settle(page)


def listen(page, seconds: float, key: str = "test") -> None:
    """Until the sound has gone on for so long, by its own clock: on a busy machine that is not the wall's."""
    wait(page, f"me.clock > {ask(page, 'me.clock', key) + seconds}", key)


def settle(page, key: str = "test") -> None:
    """Until all that was chosen is running and the fades, whose time constant is 6 ms, are over."""
    wait(page, "me.settled", key)
    listen(page, 0.15, key)


def loop_over(page, start: float, end: float) -> None:
    """Drags with shift from one share of the song to another."""
    y = page.get_by_test_id("seek").bounding_box()["y"] + 30
    page.keyboard.down("Shift")
    page.mouse.move(across(page, start), y)
    page.mouse.down()
    page.mouse.move(across(page, end), y)
    page.mouse.up()
    page.keyboard.up("Shift")


def open_at(page, address: str, query: str, loaded: bool = True) -> list:
    """Opens the app; returns the list that script errors go into."""
    errors: list = []
    page.on("pageerror", lambda error: errors.append(error))
    page.goto(f"{address}?{query}")
    page.get_by_test_id("player").wait_for()
    page.wait_for_function("() => window.merPlayers || !window.AudioContext")
    if loaded:
        wait(page, "Object.values(me.sources).length && Object.values(me.sources).every(Boolean)")
    return errors

"""The player in a real browser: what is pressed, what is seen, and what sounds."""

import pytest

from tests.browser.playing import SOUNDS, across, ask, click_at, listen, loop_over, press, settle, wait

APP = "tests/browser/apps/player_app.py"


def test_play_sounds_and_pause_is_silent(open_player):
    page = open_player()
    press(page, "play")
    wait(page, "me.playing && me.time > 0.2 && " + SOUNDS.format(440))
    assert page.get_by_test_id("play").inner_text().strip() == "Pause"
    press(page, "play")
    wait(page, "!me.playing && me.level() < 1e-4")
    stopped = ask(page, "me.time")
    page.wait_for_timeout(200)
    assert ask(page, "me.time") == stopped > 0
    assert page.get_by_test_id("play").inner_text().strip() == "Play"


def test_click_and_drag_seek(open_player):
    page = open_player("versions=step")
    click_at(page, 0.3)
    assert ask(page, "me.time") == pytest.approx(9, abs=0.1)
    assert page.get_by_test_id("time").inner_text() in ("0:08 / 0:30", "0:09 / 0:30")
    press(page, "play")
    wait(page, SOUNDS.format(440))
    box = page.get_by_test_id("seek").bounding_box()
    page.mouse.move(across(page, 0.5), box["y"] + 30)
    page.mouse.down()
    page.mouse.move(across(page, 0.8), box["y"] + 30)
    page.mouse.up()
    wait(page, "me.playing && me.time > 24 && me.time < 29 && " + SOUNDS.format(880))


def test_the_end_stops_and_play_starts_again(open_player):
    page = open_player()
    click_at(page, 0.98)
    press(page, "play")
    wait(page, "!me.playing && me.time === 30")
    press(page, "play")
    wait(page, "me.playing && me.time < 5 && " + SOUNDS.format(440))


def test_keyboard(open_player):
    page = open_player()
    key = page.keyboard.press
    key("Space")
    wait(page, "me.playing")
    key("2")
    wait(page, SOUNDS.format(880))
    key("Space")
    wait(page, "!me.playing")
    click_at(page, 0.5)
    key("ArrowRight")
    assert ask(page, "me.time") == pytest.approx(20, abs=0.1)
    key("ArrowLeft")
    key("ArrowLeft")
    assert ask(page, "me.time") == pytest.approx(10, abs=0.1)
    key("l")
    assert ask(page, "me.loop") == [10, 18]
    key("l")
    assert ask(page, "me.loop") is None
    key("m")
    assert ask(page, "me.muted")
    assert not page.get_by_test_id("keys").is_visible()
    key("?")
    assert page.get_by_test_id("keys").is_visible()


def test_keyboard_in_the_mixer_works_on_the_chosen_stem(open_player):
    page = open_player("stems=low,high")
    page.keyboard.press("2")
    assert ask(page, "me.part") == "high"
    page.keyboard.press("s")
    assert ask(page, "me.gains") == {"low": 0, "high": 1}
    page.keyboard.press("m")
    assert ask(page, "me.gains") == {"low": 0, "high": 0}


def test_typing_is_left_alone(open_player):
    page = open_player()
    page.get_by_label("a text").press_sequentially("l m 2")
    assert ask(page, "[me.playing, me.loop, me.muted, me.voice]") == [False, None, False, "low"]


def test_space_on_a_focused_button_presses_that_button(open_player):
    page = open_player()
    page.get_by_test_id("voice-high").focus()
    page.keyboard.press("Space")
    assert ask(page, "[me.voice, me.playing]") == ["high", False]


def test_shift_drag_loops_a_region(open_player):
    page = open_player("versions=step")
    loop_over(page, 0.47, 0.49)
    start, end = ask(page, "me.loop")
    assert (start, end) == (pytest.approx(14.1, abs=0.1), pytest.approx(14.7, abs=0.1))
    press(page, "play")
    settle(page)
    listen(page, 1.5)  # more than twice the region's length
    assert start - 0.05 <= ask(page, "me.time") <= end
    assert ask(page, SOUNDS.format(440))
    click_at(page, 0.8)
    assert ask(page, "me.loop") is None
    wait(page, SOUNDS.format(880))


def test_a_rerun_does_not_interrupt(open_player):
    page = open_player("versions=low,high&seconds=120")  # long, as a busy machine takes its time
    fetched = []
    page.on("request", lambda request: fetched.append(request.url) if request.url.endswith(".flac") else None)
    press(page, "play")
    wait(page, "me.time > 0.2")
    page.evaluate("window.first = merPlayers.test")
    page.get_by_role("button", name="rerun").click()
    page.get_by_text("a third voice").click()
    page.get_by_test_id("voice-late").wait_for()
    wait(page, "me.playing && me.sources.late && " + SOUNDS.format(440))
    assert len(fetched) == 1  # the new voice only
    time, first = ask(page, "[me.time, window.first.time]")
    assert time == pytest.approx(first, abs=0.01)
    press(page, "voice-late")
    wait(page, SOUNDS.format(1760))


def test_the_reading_follows_the_playhead(open_player):
    page = open_player()
    texts = []
    for share in (0.25, 0.8):
        click_at(page, share)
        texts.append(page.get_by_test_id("reading").inner_text().split())
    moments = [text[text.index("moment") + 1:][:2] for text in texts]
    assert moments[0] == ["+0.60", "+0.24"] and moments[1][0].startswith("\u2212")


def test_every_control_has_a_name_and_fits_a_phone(open_player, page):
    page.set_viewport_size({"width": 400, "height": 900})
    open_player("versions=late&stems=low,high")
    press(page, "solo-low")  # the mix: the blend can be moved, and the faders reset
    assert page.get_by_test_id("blend").is_visible() and page.get_by_test_id("reset").is_visible()
    for control in page.get_by_test_id("player").locator(":is(button, input, [role=slider]):visible").all():
        assert control.inner_text().strip() or control.get_attribute("aria-label")
        box = control.bounding_box()
        assert box["x"] >= 0 and box["x"] + box["width"] <= 400

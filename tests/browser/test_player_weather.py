"""The player's sound in bad weather: long songs, little memory, lost connections, browsers that hold back."""

import numpy as np
import pytest

from tests.browser import sounds
from tests.browser.playing import NO_MEMORY, SOUNDS, ask, click_at, open_at, play, press, wait
from tests.browser.tape import error, record

APP = "tests/browser/apps/player_app.py"


def test_a_long_song_is_played_in_pieces(open_player, page):
    """Six minutes and more are never held decoded; any place sounds exactly as in the file."""
    open_player("versions=noise,late&seconds=365", loaded=False)
    wait(page, "me.sources.noise")
    play(page, 0.83)
    heard = record(page, ["master"], 6.5)[0]  # over the edge of a piece
    assert ask(page, "me.sources") == {"noise": "windowed", "late": None}  # what is not heard is not fetched
    file = np.round(sounds.sound("noise", 365) * 32768) / 32768
    begin = int(0.75 * len(file))
    assert error(np.tile(file[begin:], (2, 1)), heard) < 1e-4
    press(page, "play")
    wait(page, "!me.playing && me.level() < 1e-4")


def test_memory_is_bounded(open_player, page):
    """With room for one voice of 30 s the others are played in pieces, and only once they are heard."""
    page.add_init_script("Object.defineProperty(navigator, 'deviceMemory', { value: 0.1 })")
    open_player("versions=low,high,late", loaded=False)
    wait(page, "me.sources.low === 'decoded'")
    play(page)
    assert ask(page, "me.sources") == {"low": "decoded", "high": None, "late": None}
    press(page, "voice-late")
    wait(page, SOUNDS.format(1760))
    assert ask(page, "me.sources") == {"low": "decoded", "high": None, "late": "windowed"}


def test_a_format_that_cannot_be_cut_is_streamed(open_player, page):
    page.add_init_script(NO_MEMORY)
    open_player("versions=low,high&ext=ogg", loaded=False)
    play(page)
    wait(page, SOUNDS.format(440))
    press(page, "voice-high")
    wait(page, SOUNDS.format(880))
    assert ask(page, "me.sources") == {"low": "streamed", "high": "streamed"}
    click_at(page, 0.5)
    wait(page, "me.playing && me.time > 15.3 && me.time < 25 && " + SOUNDS.format(880))


def test_a_lost_connection_is_told_and_found_again(open_player, page):
    page.add_init_script(NO_MEMORY)
    open_player("versions=low", loaded=False)
    play(page)
    page.route("**/*.flac", lambda route: route.abort())
    click_at(page, 0.7)
    page.get_by_text("the connection was lost").wait_for()
    page.unroute("**/*.flac")
    wait(page, "me.playing && me.time > 21 && " + SOUNDS.format(440))
    page.get_by_text("the connection was lost").wait_for(state="hidden")


def test_a_file_that_fails_is_named_and_the_others_play(open_player, page):
    asked = []

    def first_fails(route):
        asked.append(route.request.url)
        route.fulfill(status=404) if route.request.url == asked[0] else route.fallback()

    page.route("**/*.flac", first_fails)
    open_player(loaded=False)
    page.get_by_text("\u201clow sound\u201d could not be loaded: the server answered 404.").wait_for()
    press(page, "voice-high")
    press(page, "play")
    wait(page, SOUNDS.format(880))


def test_without_web_audio_there_are_plain_players(open_player, page):
    page.add_init_script("delete window.AudioContext")
    open_player("versions=low&stems=high", loaded=False)
    page.get_by_text("no Web Audio").wait_for()
    for name in ("low", "high"):
        length = page.get_by_test_id(f"voice-{name}").evaluate("""(audio) => new Promise((resolve) => {
            Object.assign(audio, { preload: 'metadata', onloadedmetadata: () => resolve(audio.duration) }).load(); })""")
        assert length == pytest.approx(30, abs=0.1)


def test_one_button_turns_on_a_sound_that_the_browser_holds_back(open_player, page):
    page.add_init_script("""const { get } = Object.getOwnPropertyDescriptor(BaseAudioContext.prototype, 'state');
        window.held = true;
        Object.defineProperty(AudioContext.prototype, 'state', { get() {
            return window.held ? 'suspended' : get.call(this); } });""")
    open_player()
    assert not page.get_by_test_id("wake").is_visible()
    press(page, "play")
    page.get_by_role("button", name="Turn the sound on").wait_for()
    assert page.get_by_test_id("play").inner_text().strip() == "Play" and not ask(page, "me.playing")
    page.evaluate("window.held = false")
    press(page, "wake")
    wait(page, "me.playing && " + SOUNDS.format(440))
    assert not page.get_by_test_id("wake").is_visible()
    page.evaluate("window.held = true")  # a call came in
    page.get_by_test_id("wake").wait_for()
    assert not ask(page, "me.playing")


@pytest.mark.parametrize("users", [1, 2])  # one with two tabs, or two
def test_two_pages_at_once_hear_their_own_songs(browser, address, users):
    contexts = [browser.new_context() for _ in range(users)]
    pages = [contexts[i % users].new_page() for i in range(2)]
    try:
        for page, name in zip(pages, ["low", "high"]):
            open_at(page, address, f"versions={name}")
            press(page, "play")
        for page, hertz, share in zip(pages, [440, 880], [0.2, 0.7]):
            click_at(page, share)
            wait(page, f"me.playing && Math.abs(me.time - {30 * share}) < 8 && " + SOUNDS.format(hertz))
    finally:
        for context in contexts:
            context.close()

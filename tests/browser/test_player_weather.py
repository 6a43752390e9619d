"""The player's sound in bad weather: long songs, little memory, lost connections, browsers that hold back."""

import numpy as np
import pytest

from tests.browser import sounds
from tests.browser.playing import NO_MEMORY, SOUNDS, ask, click_at, listen, open_at, play, press, wait
from tests.browser.tape import error, record

APP = "tests/browser/apps/player_app.py"


def stereo(sound: np.ndarray) -> np.ndarray:
    """(2, samples) as the browser decodes it: 16 bits."""
    return np.tile(np.round(sound * 32768) / 32768, (2, 1))


def test_a_long_song_is_played_in_pieces(open_player, page):
    """Six minutes and more are never held decoded; any place sounds exactly as in the file."""
    open_player("versions=noise,late&seconds=365", loaded=False)
    wait(page, "me.sources.noise")
    play(page, 0.83)
    heard = record(page, ["master"], 6.5)[0]  # over the edge of a piece
    assert ask(page, "me.sources") == {"noise": "windowed", "late": None}  # what is not heard is not fetched
    file = stereo(sounds.sound("noise", 365))
    assert error(file[:, int(0.75 * file.shape[1]):], heard) < 1e-4
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


def test_a_piece_that_comes_late_is_heard_in_its_place(open_player, page):
    """One stem's next piece is held back for some seconds: a gap in it, and then all are together again."""
    page.add_init_script(NO_MEMORY + """;
        const { fetch } = window;
        const later = new Promise((resolve) => window.arrive = resolve);
        window.fetch = async (url, options) => {
            if (options && String(url).endsWith('.flac')) window.held ??= url;
            if (options && url === window.held && window.merPlayers?.test?.time > 0.2) await later;
            return fetch(url, options); };""")
    open_player("stems=noise,hiss", loaded=False)
    play(page)
    wait(page, "me.late === 1 && !me.settled")
    listen(page, 0.5)
    page.evaluate("window.arrive()")
    heard = record(page, ["master", "noise", "hiss"], 1.0)
    tracks = [stereo(sounds.sound(name, 30)) for name in ("noise", "hiss")]
    for track, recorded in zip([sum(tracks), *tracks], heard):
        assert error(track, recorded) < 1e-4


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

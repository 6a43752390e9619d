"""The player in a real browser: what is pressed, what is seen, and what sounds."""

import pytest

APP = "tests/browser/apps/player_app.py"


@pytest.fixture(scope="module")
def address(serve):
    return serve(APP)


@pytest.fixture
def open_player(page, address):
    """Opens the app with a query and waits until each voice is loaded; a script error fails the test."""
    errors = []
    page.on("pageerror", lambda error: errors.append(error))

    def start(query: str = "", loaded: bool = True):
        page.goto(f"{address}?{query}")
        page.get_by_test_id("player").wait_for()
        if loaded:
            wait(page, "Object.values(me.sources).length && Object.values(me.sources).every(Boolean)")
        return page

    yield start
    assert not errors


def wait(page, condition: str) -> None:
    page.wait_for_function(f"() => {{ const me = window.merPlayers?.test; return me && ({condition}); }}")


def ask(page, expression: str):
    return page.evaluate(f"() => {{ const me = window.merPlayers.test; return {expression}; }}")


def press(page, test_id: str) -> None:
    page.get_by_test_id(test_id).click()


def click_at(page, share: float) -> None:
    """Clicks on the waveform at a share of the song."""
    box = page.get_by_test_id("seek").bounding_box()
    page.mouse.click(box["x"] + share * box["width"], box["y"] + 30)


SOUNDS = "me.level() > 0.05 && Math.abs(me.peak() - {}) < 6"


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
    page = open_player("voices=step")
    click_at(page, 0.3)
    assert ask(page, "me.time") == pytest.approx(9, abs=0.1)
    assert page.get_by_test_id("time").inner_text() in ("0:08 / 0:30", "0:09 / 0:30")
    press(page, "play")
    wait(page, SOUNDS.format(440))
    box = page.get_by_test_id("seek").bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 30)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.8, box["y"] + 30)
    page.mouse.up()
    wait(page, "me.playing && me.time > 24 && me.time < 29 && " + SOUNDS.format(880))


def test_the_end_stops_and_play_starts_again(open_player):
    page = open_player()
    click_at(page, 0.98)
    press(page, "play")
    wait(page, "!me.playing && me.time === 30")
    press(page, "play")
    wait(page, "me.playing && me.time < 5 && " + SOUNDS.format(440))


def test_versions_switch_at_the_same_place_without_a_gap(open_player):
    page = open_player()
    click_at(page, 0.2)
    press(page, "play")
    wait(page, SOUNDS.format(440))
    before = ask(page, "me.time")
    quietest = page.evaluate("""async () => {
        const root = document.querySelector('[data-testid=stBidiComponentIsolated]').shadowRoot;
        const me = merPlayers.test;
        let quietest = 1;
        for (let i = 0; i < 120; i++) {
            const name = { 10: 'high', 40: 'low', 70: 'high', 100: 'low' }[i];
            if (name) root.querySelector(`[data-testid=voice-${name}]`).click();
            await new Promise((resolve) => setTimeout(resolve, 5));
            quietest = Math.min(quietest, me.level());
        }
        return quietest;
    }""")
    assert quietest > 0.5 * 0.3 * 0.6 / 2 ** 0.5  # half the softest level of one sine
    press(page, "voice-high")
    wait(page, "me.voice === 'high' && " + SOUNDS.format(880))
    assert ask(page, "me.gains") == {"low": 0, "high": 1}
    assert 0 < ask(page, "me.time") - before < 10
    assert page.get_by_test_id("voice-high").get_attribute("aria-pressed") == "true"


def test_mixer(open_player):
    page = open_player("mode=mix")
    press(page, "play")
    wait(page, "me.level() > 0.05")
    assert ask(page, "me.gains") == {"low": 1, "high": 1}
    press(page, "mute-low")
    wait(page, SOUNDS.format(880))
    press(page, "mute-low")
    press(page, "solo-low")
    wait(page, SOUNDS.format(440))
    assert ask(page, "me.gains") == {"low": 1, "high": 0}
    press(page, "solo-low")
    page.get_by_test_id("volume-low").fill("0.25")
    wait(page, SOUNDS.format(880))
    assert ask(page, "me.gains") == {"low": 0.25, "high": 1}


def test_stems_are_locked_to_the_sample(open_player):
    """A sine and its opposite cancel only while they run together exactly; a sample apart they would be heard."""
    page = open_player("mode=mix&voices=low,anti")
    press(page, "play")
    for i in range(20):
        click_at(page, (i * 7 % 19 + 0.5) / 20)
    page.wait_for_timeout(200)
    assert ask(page, "me.playing") and ask(page, "me.level()") < 1e-3
    press(page, "mute-anti")
    wait(page, SOUNDS.format(440))


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
    page = open_player("mode=mix")
    page.keyboard.press("2")
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
    page = open_player("voices=step")
    box = page.get_by_test_id("seek").bounding_box()
    page.keyboard.down("Shift")
    page.mouse.move(box["x"] + box["width"] * 0.47, box["y"] + 30)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.49, box["y"] + 30)
    page.mouse.up()
    page.keyboard.up("Shift")
    start, end = ask(page, "me.loop")
    assert (start, end) == (pytest.approx(14.1, abs=0.1), pytest.approx(14.7, abs=0.1))
    press(page, "play")
    wait(page, "me.playing")
    page.wait_for_timeout(1500)  # more than twice the region's length
    assert start - 0.05 <= ask(page, "me.time") <= end
    assert ask(page, SOUNDS.format(440))
    click_at(page, 0.8)
    assert ask(page, "me.loop") is None
    wait(page, SOUNDS.format(880))


def test_a_rerun_does_not_interrupt(open_player):
    page = open_player()
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
    assert ask(page, "me.time") == pytest.approx(page.evaluate("window.first.time"), abs=0.2)
    press(page, "voice-late")
    wait(page, SOUNDS.format(1760))


def test_a_voice_can_change_its_file_while_it_plays(open_player):
    page = open_player()
    press(page, "play")
    wait(page, SOUNDS.format(440))
    before = ask(page, "me.time")
    page.get_by_text("another file").click()
    wait(page, "me.playing && " + SOUNDS.format(1760))
    assert 0 < ask(page, "me.time") - before < 15


@pytest.mark.parametrize("change", ["another file", "another song"])  # with the voice's name kept, or not
def test_another_song_starts_from_its_beginning(open_player, change):
    page = open_player("mode=mix&voices=low")
    page.get_by_test_id("volume-low").fill("0.5")
    click_at(page, 0.5)
    press(page, "play")
    wait(page, SOUNDS.format(440))
    page.get_by_text(change).click()
    wait(page, "!me.playing && me.time === 0 && Object.values(me.sources).every(Boolean)")
    assert ask(page, "Object.values(me.gains)") == [0.5 if change == "another file" else 1]
    press(page, "play")
    wait(page, "me.time < 10 && " + SOUNDS.format(1760))


def test_leaving_stops_the_sound(open_player):
    page = open_player()
    press(page, "play")
    wait(page, "me.playing")
    page.evaluate("window.gone = merPlayers.test")
    page.get_by_text("hide", exact=True).click()
    page.wait_for_function("() => !window.gone.playing && !('test' in window.merPlayers)")
    page.get_by_text("hide", exact=True).click()
    wait(page, "Object.values(me.sources).every(Boolean)")
    press(page, "play")
    wait(page, SOUNDS.format(440))


def test_a_long_song_is_streamed(open_player, page):
    page.add_init_script("Object.defineProperty(navigator, 'deviceMemory', { value: 1e-6 })")  # nothing fits in memory
    open_player(loaded=False)
    press(page, "play")
    wait(page, "me.playing && me.time > 0.3 && " + SOUNDS.format(440))
    press(page, "voice-high")
    wait(page, SOUNDS.format(880))
    assert ask(page, "me.sources") == {"low": "streamed", "high": "streamed"}
    click_at(page, 0.5)
    wait(page, "me.playing && me.time > 15.3 && me.time < 25 && " + SOUNDS.format(880))
    press(page, "play")
    wait(page, "!me.playing && me.level() < 1e-4")


def test_a_file_that_fails_is_named_and_the_others_play(open_player, page):
    asked = []

    def first_fails(route):
        asked.append(route.request.url)
        route.fulfill(status=404) if route.request.url == asked[0] else route.fallback()

    page.route("**/*.flac", first_fails)
    open_player(loaded=False)
    page.get_by_text("\u201clow sine\u201d could not be loaded: the server answered 404.").wait_for()
    press(page, "voice-high")
    press(page, "play")
    wait(page, SOUNDS.format(880))


def test_without_web_audio_there_are_plain_players(open_player, page):
    page.add_init_script("delete window.AudioContext")
    open_player(loaded=False)
    page.get_by_text("no Web Audio").wait_for()
    length = page.get_by_test_id("voice-low").evaluate("""(audio) => new Promise((resolve) => {
        Object.assign(audio, { preload: 'metadata', onloadedmetadata: () => resolve(audio.duration) }).load(); })""")
    assert length == pytest.approx(30, abs=0.1)


def test_a_browser_that_holds_the_sound_back_says_so(open_player, page):
    page.add_init_script("Object.defineProperty(AudioContext.prototype, 'state', { get: () => 'suspended' })")
    open_player()
    press(page, "play")
    page.get_by_text("Press Play once more").wait_for()
    assert page.get_by_test_id("play").inner_text().strip() == "Play"


def test_the_reading_follows_the_playhead(open_player):
    page = open_player()
    texts = []
    for share in (0.25, 0.8):
        click_at(page, share)
        texts.append(page.get_by_test_id("reading").inner_text().split())
    assert texts[0] == ["valence", "+0.60", "·", "arousal", "+0.24"] and texts[1][1].startswith("\u2212")


def test_every_control_has_a_name_and_fits_a_phone(open_player, page):
    page.set_viewport_size({"width": 400, "height": 900})
    open_player("mode=mix")
    for control in page.get_by_test_id("player").locator("button, input, [role=slider]").all():
        assert control.inner_text().strip() or control.get_attribute("aria-label")
        box = control.bounding_box()
        assert box["x"] >= 0 and box["x"] + box["width"] <= 400

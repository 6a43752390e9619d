"""What comes out of the player, recorded from its Web Audio nodes and compared with the files, sample by sample."""

import numpy as np
import pytest
import soundfile as sf

from mer_core.schema import STEM_NAMES
from tests.browser import sounds
from tests.browser.playing import NO_MEMORY, SOUNDS, across, ask, click_at, listen, loop_over, play, press, settle, wait
from tests.browser.tape import RATE, error, found, lag, record

APP = "tests/browser/apps/player_app.py"
SONG = "iron_stairwell"
CLICK = "document.querySelector('[data-testid=stBidiComponentIsolated]').shadowRoot.querySelector('[data-testid={}]').click();"
PAUSE = "await new Promise((resolve) => setTimeout(resolve, {}));"


@pytest.fixture(params=["decoded", "windowed"])
def held(request, page) -> str:
    """Once with the voices in memory, once with hardly any memory."""
    if request.param == "windowed":
        page.add_init_script(NO_MEMORY)
    return request.param


def sound(name: str) -> np.ndarray:
    """(2, samples) as the browser decodes it: 16 bits."""
    return np.tile(np.round(sounds.sound(name, 30) * 32768) / 32768, (2, 1))


def stems_of(song: str) -> dict[str, np.ndarray]:
    folder = sounds.DEMOS / song
    return {name: sf.read(folder / f"{name}.flac", always_2d=True)[0].T for name in ("mix", *STEM_NAMES)}


def test_no_track_drifts_in_200_seeks(open_player, page, held, record_property):
    """Four tracks play together, a version and three stems; each is found in its own file after 200 jumps."""
    names = ["noise", "hiss", "wind", "rain"]
    open_player("versions=noise&stems=hiss,wind,rain", loaded=held == "decoded")
    press(page, "voice-mix")
    page.get_by_test_id("blend").fill("0.5")
    play(page)
    left, right, top = across(page, 0), across(page, 1), page.get_by_test_id("seek").bounding_box()["y"] + 30
    for i in range(200):
        page.mouse.click(left + (i * 37 % 97 + 1) / 100 * (right - left), top)
    wait(page, "me.playing && me.level() > 0.05")
    tracks = record(page, names, 1.0)
    assert set(ask(page, "me.sources").values()) == {held}
    places = []
    for name, track in zip(names, tracks):
        at = found(sound(name), track)
        places.append(at + lag(sound(name)[0, at:at + track.shape[1]], track[0]))
    drift = 1000 * (max(places) - min(places)) / RATE
    record_property("drift_ms", drift)
    print(f"drift between four tracks after 200 seeks, {held}: {drift:.6f} ms")
    assert drift < 1


@pytest.mark.parametrize("gains", [{}, {"vocals": 0.25, "drums": 0.8, "bass": 0, "other": 0.5}])
def test_the_mix_of_a_song_is_the_sum_of_its_stems(open_player, page, held, gains):
    open_player(f"song={SONG}", loaded=held == "decoded")
    press(page, "voice-mix")
    for name, gain in gains.items():
        page.get_by_test_id(f"volume-{name}").fill(str(gain))
    play(page, 0.3)
    heard = record(page, ["master"], 2.0)[0]
    stems = stems_of(SONG)
    expected = sum(gains.get(name, 1) * stems[name] for name in STEM_NAMES)
    print(f"mix, {held}, {gains}: off by {error(expected, heard):.1e}")
    assert np.abs(heard).max() > 0.02 and error(expected, heard) < 1e-4


@pytest.mark.parametrize("blend", [0, 0.25, 0.5, 1])
@pytest.mark.parametrize("version", ["version", "mix"])
def test_a_blend_is_the_weighted_sum_of_the_original_and_the_version(open_player, page, blend, version):
    query = "versions=noise&stems=hiss,wind" if version == "mix" else "versions=noise,hiss"
    open_player(query)
    press(page, "voice-mix" if version == "mix" else "voice-hiss")
    page.get_by_test_id("blend").fill(str(blend))
    play(page, 0.3)
    other = sound("hiss") + sound("wind") if version == "mix" else sound("hiss")
    heard = record(page, ["master"], 1.0)[0]
    assert error((1 - blend) * sound("noise") + blend * other, heard) < 1e-4


def test_versions_switch_without_a_gap(open_player, page, held):
    """Two files of the same noise: while one takes over from the other, nothing at all may be heard of it."""
    open_player("versions=noise,copy", loaded=held == "decoded")
    play(page, 0.2)
    switch = "".join(CLICK.format(f"voice-{name}") + PAUSE.format(400) for name in ["copy", "noise", "copy"])
    heard = record(page, ["master"], 1.6, during=switch)[0]
    print(f"switching, {held}: off by {error(sound('noise'), heard):.1e}")
    assert error(sound("noise"), heard) < 1e-4
    wait(page, "me.gains.copy === 1 && me.gains.noise === 0")
    assert ask(page, "me.voice") == "copy"


def test_a_decoded_voice_takes_over_unheard(open_player, page):
    """Playing begins with pieces, while the whole files are still on their way; then memory takes over."""
    page.add_init_script("""const { fetch } = window;
        const arrived = new Promise((resolve) => window.arrive = resolve);
        window.fetch = async (url, options) => {
            if (String(url).endsWith('.flac') && !options) await arrived;
            return fetch(url, options); };""")
    open_player("versions=noise,hiss", loaded=False)
    press(page, "voice-hiss")
    page.get_by_test_id("blend").fill("0.5")
    play(page, 0.2)
    assert ask(page, "me.sources") == {"noise": "windowed", "hiss": "windowed"}
    arrive = PAUSE.format(200) + "window.arrive();" + PAUSE.format(1500)
    heard = record(page, ["master"], 2.0, during=arrive, takes=1)[0]  # it happens once
    wait(page, "Object.values(me.sources).every((kind) => kind === 'decoded')")
    assert error(0.5 * sound("noise") + 0.5 * sound("hiss"), heard) < 1e-4


def test_a_version_is_heard_as_soon_as_it_is_chosen(open_player, page, held):
    open_player(loaded=held == "decoded")
    play(page, 0.2)
    before = ask(page, "me.time")
    press(page, "voice-high")
    wait(page, "me.voice === 'high' && " + SOUNDS.format(880))
    assert ask(page, "me.gains") == {"low": 0, "high": 1}
    assert 0 < ask(page, "me.time") - before < 10
    assert page.get_by_test_id("voice-high").get_attribute("aria-pressed") == "true"


def test_a_voice_that_is_chosen_before_it_runs_is_heard(open_player, page):
    """On a busy page, whose timers come late."""
    page.add_init_script("const { setInterval } = window; window.setInterval = (act, ms) => setInterval(act, 100 * ms);")
    open_player("versions=low,high&seconds=120")
    play(page)
    page.get_by_text("a third voice").click()
    press(page, "voice-late")
    wait(page, SOUNDS.format(1760))


def test_a_loop_repeats_to_the_sample(open_player, page, held):
    """The region lies over the edge between two pieces of a windowed voice."""
    open_player("versions=noise", loaded=held == "decoded")
    loop_over(page, 0.19, 0.22)
    press(page, "play")
    wait(page, "me.playing && me.level() > 0.05")
    listen(page, 1.5)  # more than once around
    start, end = (value * RATE for value in ask(page, "me.loop"))
    assert start == pytest.approx(round(start), abs=1e-6) and start < 6.03 * RATE < end
    heard = record(page, ["master"], 2.5)[0]
    around = np.tile(sound("noise")[:, round(start):round(end)], 6)
    print(f"loop, {held}: off by {error(around, heard):.1e}")
    assert error(around, heard) < 1e-4


def test_solo_and_mute(open_player, page, held):
    open_player("stems=low,high", loaded=held == "decoded")
    play(page)
    assert ask(page, "[me.voice, me.gains]") == ["mix", {"low": 1, "high": 1}]
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
    press(page, "reset")
    assert ask(page, "me.gains") == {"low": 1, "high": 1} and not page.get_by_test_id("reset").is_visible()


def test_a_fader_that_is_moved_is_heard(open_player, page):
    open_player("versions=low&stems=high,late")
    assert ask(page, "me.voice") == "low"
    press(page, "solo-late")
    assert ask(page, "[me.voice, me.part]") == ["mix", "late"]
    play(page)
    wait(page, SOUNDS.format(1760))


def test_stems_stay_locked_while_one_jumps(open_player, page):
    """A sine and its opposite cancel only while they run together exactly; a sample apart they would be heard."""
    open_player("stems=low,anti")
    press(page, "play")
    for i in range(20):
        click_at(page, (i * 7 % 19 + 0.5) / 20)
    settle(page)
    listen(page, 0.1)  # the meter looks back as far
    assert ask(page, "me.playing") and ask(page, "me.level()") < 1e-3
    press(page, "mute-anti")
    wait(page, SOUNDS.format(440))


def test_a_voice_can_change_its_file_while_it_plays(open_player, page):
    open_player()
    press(page, "play")
    wait(page, SOUNDS.format(440))
    before = ask(page, "me.time")
    page.get_by_text("another file").click()
    wait(page, "me.playing && " + SOUNDS.format(1760))
    assert 0 < ask(page, "me.time") - before < 15


def test_another_song_starts_from_its_beginning(open_player, page):
    open_player("stems=low")
    page.get_by_test_id("volume-low").fill("0.5")
    play(page, 0.5)
    page.get_by_text("another song").click()
    wait(page, "!me.playing && me.time === 0 && me.sources.late")
    assert ask(page, "me.gains") == {"late": 1}
    press(page, "play")
    wait(page, "me.time < 10 && " + SOUNDS.format(1760))


def test_the_same_song_on_another_page_goes_on_from_its_place(open_player, page):
    open_player()
    play(page, 0.5)
    press(page, "play")
    left = ask(page, "me.time")
    page.get_by_text("another page").click()
    wait(page, "Object.values(me.sources).every(Boolean)", key="other")
    assert left > 15 and ask(page, "me.time", key="other") == left
    press(page, "play")
    wait(page, f"me.time > {left} && " + SOUNDS.format(440), key="other")


def test_leaving_stops_the_sound(open_player, page):
    open_player()
    press(page, "play")
    wait(page, "me.playing")
    page.evaluate("window.gone = merPlayers.test")
    page.get_by_text("hide", exact=True).click()
    page.wait_for_function("() => !window.gone.playing && !('test' in window.merPlayers)")
    page.get_by_text("hide", exact=True).click()
    wait(page, "Object.values(me.sources).every(Boolean)")
    press(page, "play")
    wait(page, SOUNDS.format(440))

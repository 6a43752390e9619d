"""A real song with its stems, driven as a listener would: after each act it is the files that sound."""

import numpy as np
import pytest
import soundfile as sf

from mer_core.schema import STEM_NAMES
from tests.browser.playing import NO_MEMORY, ask, click_at, listen, loop_over, play, press, settle, wait
from tests.browser.sounds import DEMOS, sound
from tests.browser.tape import RATE, error, found, record

APP = "tests/browser/apps/player_app.py"
SONG = "iron_stairwell"
QUIET = 1e-4  # the files are of 16 bits


@pytest.fixture(scope="module")
def files() -> dict[str, np.ndarray]:
    """name -> (2, samples)."""
    return {name: sf.read(DEMOS / SONG / f"{name}.flac", always_2d=True)[0].T for name in ("mix", *STEM_NAMES)}


def heard(page, seconds: float = 1.0) -> np.ndarray:
    settle(page)
    y = record(page, ["master"], seconds)[0]
    assert np.abs(y).max() > 0.02, "there is something to hear"
    return y


def test_seek_switch_blend_solo_mute_and_faders(open_player, page, files):
    open_player(f"song={SONG}")
    duration, stems = files["mix"].shape[1] / RATE, {name: files[name] for name in STEM_NAMES}
    play(page, 0.2)
    assert error(files["mix"], heard(page)) < QUIET
    click_at(page, 0.6)
    wait(page, f"me.time > {0.6 * duration - 0.1}")
    y = heard(page)
    assert error(files["mix"], y) < QUIET
    assert 0 <= found(files["mix"], y) / RATE - 0.6 * duration < 20  # it went on from there
    press(page, "voice-mix")
    assert error(sum(stems.values()), heard(page)) < QUIET
    page.get_by_test_id("blend").fill("0.25")
    assert error(0.75 * files["mix"] + 0.25 * sum(stems.values()), heard(page)) < QUIET
    page.get_by_test_id("blend").fill("1")
    click_at(page, 0.3)  # well before the end
    press(page, "solo-drums")
    assert error(stems["drums"], heard(page)) < QUIET
    press(page, "solo-drums")
    press(page, "mute-drums")
    page.get_by_test_id("volume-vocals").fill("0.25")
    rest = 0.25 * stems["vocals"] + stems["bass"] + stems["other"]
    assert error(rest, heard(page)) < QUIET


@pytest.mark.parametrize("memory", ["", NO_MEMORY], ids=["decoded", "windowed"])
def test_what_is_heard_can_be_taken_away(open_player, page, files, memory):
    page.add_init_script(memory)
    open_player(f"song={SONG}", loaded=not memory)
    press(page, "voice-mix")
    page.get_by_test_id("blend").fill("0.4")
    page.get_by_test_id("volume-bass").fill("0.5")
    press(page, "mute-drums")
    with page.expect_download() as download:
        press(page, "save-wav")
    assert download.value.suggested_filename == "a_song.wav"
    y, rate = sf.read(download.value.path(), always_2d=True)
    expected = 0.6 * files["mix"] + 0.4 * (files["vocals"] + 0.5 * files["bass"] + files["other"])
    assert rate == RATE and np.abs(expected).max() < 1
    np.testing.assert_allclose(y.T, expected, atol=QUIET)


def test_a_mix_that_would_clip_is_turned_down(open_player, page):
    open_player("stems=low,noise,hiss,wind,rain")
    with page.expect_download() as download:
        press(page, "save-wav")
    y = sf.read(download.value.path(), always_2d=True)[0].T
    parts = [np.round(sound(name, 30) * 32768) / 32768 for name in ("low", "noise", "hiss", "wind", "rain")]
    expected = np.tile(sum(parts), (2, 1))
    assert np.abs(expected).max() > 1.2
    np.testing.assert_allclose(y, expected / np.abs(expected).max(), atol=QUIET)


def test_a_region_of_a_song_loops(open_player, page, files):
    open_player(f"song={SONG}")
    loop_over(page, 0.4, 0.43)
    press(page, "play")
    wait(page, "me.playing && me.level() > 0.01")
    listen(page, 2)
    start, end = (round(second * RATE) for second in ask(page, "me.loop"))
    around = np.tile(files["mix"][:, start:end], 8)
    assert error(around, heard(page, 2.5)) < QUIET

"""A real song with its stems, driven as a listener would: after each act it is the files that sound."""

import numpy as np
import pytest
import soundfile as sf

from mer_core.schema import STEM_NAMES
from tests.browser.playing import ask, click_at, listen, loop_over, play, press, settle, wait
from tests.browser.sounds import DEMOS
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


def test_a_region_of_a_song_loops(open_player, page, files):
    open_player(f"song={SONG}")
    loop_over(page, 0.4, 0.43)
    press(page, "play")
    wait(page, "me.playing && me.level() > 0.01")
    listen(page, 2)
    start, end = (round(second * RATE) for second in ask(page, "me.loop"))
    around = np.tile(files["mix"][:, start:end], 8)
    assert error(around, heard(page, 2.5)) < QUIET

"""What a harmonics network adds to a page, from profiles that are known: lanes, sentences, figures, tables."""

from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from components import theme
from components.harmonics import figures, lanes, sentences
from mer_core.consonance import ConsonanceProfile, intervals, of_sound
from mer_core.exported import consonance_table
from mer_core.tiles import Tiles

A, C, E = 0, 3, 7  # places among A ... G♯


def profile(*bright: int, seconds: float = 20.0, rise: bool = True) -> ConsonanceProfile:
    """These pitch classes alike, the louder the later; nothing where there is none."""
    times = 0.05 + 0.1 * np.arange(int(seconds * 10))
    octaves = np.zeros((12, 5, len(times)))
    octaves[list(bright), 2] = 0.1 * (1 + times / seconds if rise else 1)
    classes = octaves.sum(axis=1)
    return ConsonanceProfile(times, classes, octaves, intervals(classes), classes.sum(axis=0), "contentment")


def picture(low: float = 0.0) -> Tiles:
    return Tiles(Path("o.png"), (Path("o.png"),), 2048, 200, 0.0, 0.1, 0.1, 12, None, low, 1.0, "", low < 0)


def sound(*classes: int) -> tuple[np.ndarray, np.ndarray]:
    chroma = np.zeros((12, 50))
    chroma[list(classes)] = 0.8
    return of_sound(chroma)


def test_before_anything_is_measured_the_lanes_have_their_place():
    shown = lanes.shown(lanes.Harmonies(picture()), "contentment", "m")
    assert [lane.name for lane in shown["under"]] == ["chroma"] and not shown["under"][0].hidden
    moments, = shown["more"]
    assert moments.explanation is None and moments.floor and not shown["voices"]


def test_what_lit_up_lies_over_the_chromagram_and_the_tone_row_is_one_more_voice():
    found = lanes.Harmonies(picture(), profile(A, E), {"pitch_classes": picture(-1), "intervals": picture(-1)},
                            (Path("tones.flac"), {}))
    shown = lanes.shown(found, "contentment", "m")
    chroma, apart = shown["under"]
    assert chroma.over is found.drawn["pitch_classes"] and chroma.rows[0] == "C" and chroma.rows[9] == "A"
    assert apart.rows == tuple("0123456") and apart.words[5] == "fourths or fifths"
    voice, = shown["voices"]
    assert (voice.name, voice.colour, voice.part) == ("tone-row", theme.RAISES, False) and voice.label == "the brightest tones"


def test_a_bar_is_the_mean_brightness_of_half_a_second():
    over_time = lanes.bars(profile(A, E), "m")
    assert len(over_time.values) == 40 and over_time.grid.times[0] == 0.25 and over_time.measure == "contentment log-odds"
    assert over_time.values[0] == pytest.approx(0.2 * (1 + 0.25 / 20)) and (np.diff(over_time.values) > 0).all()


def test_likeness_follows_the_correlation():
    assert "mostly what sounds" in sentences.likeness(profile(A, E), sound(A, E)[0])
    assert "not simply what sounds" in sentences.likeness(profile(A, E), sound(C, C + 1, C + 2)[0])
    assert "+0.00" in sentences.likeness(profile(*range(12)), sound(A)[0])  # nothing to correlate


def test_what_sounds_is_weighed_as_what_lit_up_is():
    shares, apart = sound(A, E)
    assert shares[[A, E]] == pytest.approx(0.5) and apart[5] == pytest.approx(0.5) and apart.sum() == pytest.approx(1)
    np.testing.assert_allclose(profile(A, E, rise=False).mean_intervals, apart, atol=1e-6)


def test_bars_are_red_where_lit_and_grey_where_heard():
    red, grey = figures.beside(["A", "B"], np.array([0.7, 0.3]), np.array([0.5, 0.5]), "share").data
    assert (red.marker.color, grey.marker.color) == (theme.RAISES, theme.QUIET) and list(red.y) == [0.7, 0.3]
    flat = figures.beside(["A", "B"], np.array([0.7, 0.3]), np.array([0.5, 0.5]), "share", flat=True)
    assert list(flat.data[0].x) == [0.7, 0.3] and flat.layout.yaxis.autorange == "reversed"


def test_the_table_to_take_away_has_every_moment():
    frame = consonance_table(profile(A, E))
    assert frame.shape == (200, 2 + 12 + 7) and {"time_s", "brightness", "A", "G♯", "fourths or fifths"} <= set(frame)
    np.testing.assert_allclose(frame[["A", "E"]].sum(axis=1), frame["brightness"], rtol=1e-5)


@pytest.mark.parametrize("bright, said", [((), "Nothing was bright for contentment"), (None, "once the song was explained")])
def test_the_section_says_what_is_lacking(bright, said):
    def page(bright):
        from components.harmonics import consonance
        from components.harmonics.lanes import Harmonies
        from mer_core.schema import TrackInfo
        from tests.components.test_harmonics import picture, profile

        found = Harmonies(picture(), None if bright is None else profile(*bright))
        consonance.show(TrackInfo("", "song", 20.0, 1), found, "m")
    shown = AppTest.from_function(page, args=(bright,)).run()
    assert not shown.exception and shown.subheader[0].value == "Consonance"
    assert said in "".join(part.value for part in (*shown.markdown, *shown.caption)) and not shown.get("plotly_chart")

"""The descriptors in rows, sentences, figures and files."""

import json

import numpy as np
import pytest

from components import figures_descriptors as figures
from components.descriptors import apart, rows, sentences, take
from mer_core.explainers._descriptor_leave_out import LeftOut
from mer_core.features.chords import Chords
from mer_core.features.mid_level import NAMES, MidLevel
from mer_core.features.mid_level_words import BY_NAME
from mer_core.schema import Explanation, Grid, TrackInfo

INFO = TrackInfo("0" * 64, "a song", 20.0, 2)
NO_KEY = "No pitch class stands out."


@pytest.fixture
def levels() -> MidLevel:
    values = np.array([0.5, 1.2, 0.7, 2.0, 1.5, np.nan, np.nan])
    curves = np.stack([values - 0.1, values + 0.1], axis=1)
    return MidLevel(values, {"tonal_stability": NO_KEY, "minorness": NO_KEY}, [5.0, 15.0], curves, {})


@pytest.fixture
def chords() -> Chords:
    times = np.arange(200) * 0.1 + 0.05
    return Chords(times, np.repeat([0, 24, 21], [100, 20, 80]), np.zeros(12), 0, 0.8)


def explanation(**more) -> Explanation:
    values = np.array([0.01, 0.05, -0.03, 0, 0, 0, 0])
    return Explanation(**{"model": "mid2e", "method": "linear", "target": "joyful_activation", "space": "features",
                          "values": values, "base": 0.3, "output": 0.33, "labels": NAMES, "unit": "share"} | more)


def left() -> LeftOut:
    song = np.full(7, 0.71)
    without = np.tile(song, (2, 1))
    without[1, 2], without[0, 6] = 0.42, np.nan
    return LeftOut(("vocals", "drums"), song, np.full((2, 7), np.nan), without, [dict.fromkeys(NAMES, NO_KEY)] * 2,
                   [{"minorness": NO_KEY}, {}])


def test_a_row_each_with_its_place_or_its_reason(levels):
    made = rows.rows(levels)
    assert made.count('class="mer-descriptor"') == 7 and made.count("mer-strip") == 5
    assert made.count("not defined here") == 2 and NO_KEY in made and "1.20 <small>detached" in made


@pytest.mark.parametrize("name", NAMES)
def test_the_strip_runs_from_low_to_high(name):
    descriptor = BY_NAME[name]
    low, high = descriptor.spread
    places = [rows.share(descriptor, v) for v in (low - 99, low, descriptor.typical, high, high + 99)]
    assert places[0] == 0 and places[-1] == 1 and places == sorted(places) and len(set(places)) == 5


def test_contributions_name_the_largest_first():
    assert sentences.contributions(explanation()).startswith(
        "**Articulation raises joyful activation by 0.05**, the largest; rhythm stability lowers it by 0.03. ")


def test_what_changed_names_what_moved_most():
    before = {"calmness": 0.4, "joyful_activation": 0.3}
    said = sentences.what_changed(before, {"joyful_activation": 0.38, "calmness": 0.35})
    assert said == "joyful activation rises by 0.08, the most; calmness falls by 0.05"
    assert sentences.what_changed(before, {"joyful_activation": 0.301, "calmness": 0.4}) == "nothing moves"


def test_a_stem_left_out_in_words():
    found = left()
    assert sentences.without(found, "rhythm_stability", 1) == "Without the drums, rhythm stability falls from 0.71 to 0.42."
    assert sentences.without(found, "rhythm_stability", 0) == "Without the vocals, rhythm stability stays at 0.71."
    assert NO_KEY in sentences.without(found, "minorness", 0)
    assert found.largest("rhythm_stability") == 1 and found.largest("minorness") == 1
    assert f"The song without the vocals: not defined. {NO_KEY}" in apart.undefined(found, "minorness")


def test_the_chain_from_emotion_to_stem():
    values = np.zeros((2, 3))
    values[1, 2] = 0.7
    regions = Explanation("signal", "descriptor_regions", "rhythm_stability", "timefreq", values, 0.0, 0.7,
                          grid=Grid([1.0, 2.0, 75.0], [100.0, 440.0]), unit="0 to 1")
    said = sentences.chain(left(), "rhythm_stability", 1, explanation(), 0.02, regions)
    assert said == ("Rhythm stability lowers joyful activation by 0.03 in this song, most of all around 1:15 and 440 Hz. "
                    "Were it as without the drums and all else as it is, the model says: joyful activation rises by 0.02.")
    assert "add up to rhythm stability 0.70 (0 to 1), with 0.00 left over" in sentences.where(regions)


def test_chords_are_blocks_with_gaps(chords):
    bars, = figures.chord_band(chords, 20).data
    assert list(bars.text) == ["C", "Am"]
    assert np.asarray(bars.x) == pytest.approx([10_000, 8000], rel=0.02)
    assert bars.marker.color == (figures.MAJOR, figures.MINOR)


def test_only_what_is_defined_has_a_curve(levels):
    assert [line.name for line in figures.over_time(levels, 20).data] == list(NAMES[:5])


def test_the_emotions_keep_their_errors_and_where_they_were():
    values = {"calmness": 0.4, "joyful_activation": 0.3}
    flat = dict.fromkeys(values, 0.2)
    bars, marks = figures.emotions(values, flat, flat, "share", {"calmness": 0.3, "joyful_activation": 0.3}).data
    assert list(bars.x) == [0.4, 0.3] and list(marks.x) == [0.3, 0.3] and list(bars.error_x.array) == [0.2, 0.2]
    assert bars.y[1] == "joyful activation"


def test_all_of_it_can_be_taken_away(levels, chords):
    assert take.table(levels)["not_defined"].tolist()[-1] == NO_KEY
    assert take.harmony(chords)["chord"].tolist() == ["C", "none", "Am"]
    facts = json.loads(take.everything(INFO, levels, chords))
    assert facts["descriptors"]["minorness"] == {"value": None, "unit": "-1 to 1", "not_defined": NO_KEY,
                                                 "curve": [None, None]}
    assert facts["key"] == "C major" and len(facts["chords"]) == 3
    assert len(apart.table(left())) == 5

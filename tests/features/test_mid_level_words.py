import numpy as np
import pytest

from mer_core.features import mid_level
from mer_core.features import mid_level_words as words
from mer_core.training.descriptors_cache import SETS


def test_every_descriptor_has_words_and_a_usual_range():
    assert tuple(words.BY_NAME) == mid_level.NAMES
    for descriptor in words.DESCRIPTORS:
        assert descriptor.unit == mid_level.UNITS[descriptor.name] and descriptor.sentence.endswith(".")
        assert len(descriptor.usual) == len(words.QUANTILES) and (np.diff(descriptor.usual) > 0).all()
        assert descriptor.asked.endswith("?") and descriptor.spread[0] < descriptor.typical < descriptor.spread[1]


@pytest.mark.parametrize("name", SETS)
def test_every_value_of_a_feature_set_has_words(name):
    for value in SETS[name]:
        found = words.info(value, name)
        assert found.name == value and found.unit and found.sentence.endswith(".")


def test_a_name_means_a_pitch_class_in_one_set_and_a_chord_in_another():
    assert "pitch class" in words.info("C", "19").sentence and "triad" in words.info("C", "34").sentence
    assert "minor triad on ♭III" in words.info("♭iii").sentence and "triad" in words.info("F♯m").sentence


def test_a_value_is_ranked_among_the_clips():
    usual = words.BY_NAME["dissonance"].usual
    assert [words.percent_below("dissonance", v) for v in usual] == pytest.approx(words.QUANTILES)
    assert words.percent_below("dissonance", -9) == 1 and words.percent_below("dissonance", 99) == 99
    assert "higher than in about 75 of 100 songs. High: clusters" in words.said("dissonance", usual[3])
    assert "lower than in almost all songs. Low: " in words.said("dissonance", usual[0] - 1)
    assert "as in most songs" in words.said("dissonance", usual[2])


def test_what_is_not_defined_is_said_with_its_reason():
    found = mid_level.of_sound(np.zeros(5 * mid_level.SR, np.float32))
    assert words.said("minorness", found["minorness"], found.reasons["minorness"]) == \
        "Minorness: not defined here. There is nothing to hear."

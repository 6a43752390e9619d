"""Consonance profiles in sentences."""

import numpy as np
import pytest

from mer_core import harmonics_words
from mer_core.consonance import ConsonanceProfile, intervals


def profiled(shares: dict[int, float], against: int | None = None, frames: int = 4) -> ConsonanceProfile:
    octaves = np.zeros((12, 2, frames))
    for place, value in shares.items():
        octaves[place, 0] = value
    octaves[:, :, 2] *= 2
    if against is not None:
        octaves[against, 1] = -1
    bright = np.maximum(octaves, 0).sum(axis=1)
    return ConsonanceProfile(60 + 5.0 * np.arange(frames), bright, octaves, intervals(bright), bright.sum(axis=0),
                             "contentment")


C_MAJOR = {3: 0.5, 7: 0.3, 10: 0.2}


def test_the_brightest_are_named_in_order():
    said = harmonics_words.brightest_sentence(profiled(C_MAJOR, against=9))
    assert said.startswith("Brightest for contentment: C (50 % of the brightness), E (30 %) and G (20 %), most of all "
                           "around 1:10.") and said.endswith("would have 8 %. F♯ speaks most against it.")
    assert harmonics_words.against_sentence(profiled(C_MAJOR)) == ""


@pytest.mark.parametrize("moments, said", [
    ([0] * 8 + [5] * 4, "A leads 67 % of the time: where it stays"), ([0, 4, 7] * 4, "A leads 33 % of the time."),
    ([0] * 4, "")])
def test_who_leads_is_said(moments, said):
    octaves = np.full((12, 1, len(moments)), 0.1)
    octaves[moments, 0, range(len(moments))] = 1.0
    bright = octaves.sum(axis=1)
    profile = ConsonanceProfile(np.arange(len(moments)), bright, octaves, intervals(bright), bright.sum(axis=0), "rage")
    found = harmonics_words.steady_sentence(profile)
    assert found.startswith(said) and bool(found) == bool(said)
    assert harmonics_words.brightest_sentence(profile).endswith(found)


def test_the_interval_that_stands_out_is_named_with_its_inversion():
    """Of a fifth alone, all; of a C major triad C-E weighs 0.15, C-G 0.10, E-G 0.06."""
    assert "100 % are fourths or fifths; were all twelve alike, it would be 18 %" in harmonics_words.interval_sentence(
        profiled({0: 0.5, 7: 0.5}))
    assert "48 % are major thirds or minor sixths" in harmonics_words.interval_sentence(profiled(C_MAJOR))
    assert "are tritones;" in harmonics_words.interval_sentence(profiled({0: 0.5, 6: 0.5}))
    assert "no intervals" in harmonics_words.interval_sentence(profiled({4: 1.0}))


def test_consonance_is_placed_on_a_scale_whose_source_is_named():
    said = harmonics_words.consonance_sentence(profiled({0: 0.5, 7: 0.5}))
    assert "+1.24 (from -1.43" in said and "Huron" in said and "sound itself" not in said
    assert "cannot be said" in harmonics_words.consonance_sentence(profiled({4: 1.0}))


@pytest.mark.parametrize("chroma, way", [
    ((0, 1), "more consonant than the sound itself: its chromagram has -1.43"), ((0, 7), "about as consonant as")])
def test_it_is_compared_with_the_sound(chroma, way):
    sound = np.zeros((12, 3))
    sound[list(chroma)] = 1
    assert way in harmonics_words.consonance_sentence(profiled({3: 0.5, 10: 0.5}), sound)
    assert "sound itself" not in harmonics_words.consonance_sentence(profiled({3: 0.5, 10: 0.5}), np.zeros((12, 3)))


def test_nothing_bright_is_one_sentence():
    assert harmonics_words.sentences(profiled({}, against=2)) == [
        "Nothing was bright for contentment: no harmonics spoke for it."]


def test_trust_names_what_fifths_have_in_common():
    shared = harmonics_words.shared_bands()
    assert shared[0] == 1 and max(shared[1:]) == shared[5] and 0 < shared[1] < 0.1
    said = harmonics_words.sentences(profiled(C_MAJOR), np.eye(12))
    assert f"a fifth apart read {100 * shared[5]:.0f} % of their bands" in said[3]
    assert len(said) == 5 and all(sentence.endswith(".") for sentence in said)


def test_a_tone_row_says_what_it_plays():
    steps = [{"start": 0.0, "end": 0.5, "tones": ["A4"]}, {"start": 0.5, "end": 1.0, "tones": []}]
    said = harmonics_words.tone_row_sentence({"steps": steps, "a4": 442.56})
    assert said.startswith("Each 0.5 s") and "A4 = 442.6 Hz" in said and "50 % of the steps" in said
    said = harmonics_words.tone_row_sentence({"steps": steps, "a4": 440.0, "standing_out": True})
    assert "brighter than on average in this song sound" in said
    assert "silent" in harmonics_words.tone_row_sentence({"steps": steps[1:], "a4": 440.0})

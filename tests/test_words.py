"""Numbers in plain sentences."""

import numpy as np
import pytest

from mer_core import words
from mer_core.schema import Explanation, Grid, Prediction


def prediction(values=(0.32, -0.5), curve=None):
    curve = np.array([[0.3, 0.34], [-0.6, -0.4]]) if curve is None else curve
    times = 10.0 + 20 * np.arange(np.shape(curve)[1])
    return Prediction("m", ("valence", "arousal"), values, times, curve, np.diag([0.04, 0.01]))


def explanation(values, labels=(), **more):
    space = "features" if np.ndim(values) == 1 else "timefreq"
    facts = {"base": 0.1, "output": 0.1 + float(np.sum(values)), "labels": labels} | more
    return Explanation("m", "x", "arousal", space, values, **facts)


@pytest.mark.parametrize(("seconds", "said"), [(0, "0:00"), (9.6, "0:10"), (59.7, "1:00"), (1200, "20:00")])
def test_clock(seconds, said):
    assert words.clock(seconds) == said


@pytest.mark.parametrize(("value", "shown"), [(-1, 1), (0, 5), (1, 9), (0.5, 7)])
def test_the_scale_1_to_9(value, shown):
    assert words.on_scale(value, "1 to 9") == pytest.approx(shown)
    assert words.on_scale(value, "-1 to +1") == pytest.approx(value)


def test_a_difference_scales_without_offset():
    assert words.span(0.25, "1 to 9") == pytest.approx(1.0)
    assert words.span(0.25, "-1 to +1") == pytest.approx(0.25)


@pytest.mark.parametrize(("v", "a", "said"), [
    (0.5, -0.5, "calm and pleasant"), (-0.5, 0.5, "energetic and unpleasant"), (0.05, 0.5, "energetic"),
    (0.05, -0.05, "neutral, near the middle of both scales")])
def test_mood(v, a, said):
    assert words.mood(prediction((v, a))) == said


def test_a_side_within_the_typical_error_is_not_named():
    assert words.mood(prediction((0.15, 0.5))) == "energetic"  # valence is typically off by 0.20


def test_the_mood_sentence_names_where_arousal_peaks():
    assert words.mood_sentence(prediction()) == "Mostly **calm and pleasant**; most intense around 0:30."


def test_a_flat_curve_has_no_most_intense_moment():
    assert words.mood_sentence(prediction(curve=np.full((2, 3), 0.1))) == "Mostly **calm and pleasant**."


def test_the_value_sentence_gives_scale_and_error():
    assert words.value_sentence(prediction(), "valence") == (
        "Valence +0.32 (from -1 unpleasant to +1 pleasant), typically off by 0.20 on songs it never saw.")
    assert words.value_sentence(prediction(), "arousal", "1 to 9") == (
        "Arousal 3.0 (from 1 calm to 9 energetic), typically off by 0.40 on songs it never saw.")


def test_moved_names_the_direction():
    assert words.moved("arousal", 0.214) == "raises arousal by 0.21"
    assert words.moved("valence", -0.04) == "lowers valence by 0.04"


def test_the_stem_sentence_names_the_largest_share_and_its_limit():
    found = explanation([0.05, -0.3, 0.1, 0.0, 0.9], ("vocals", "drums", "bass", "other", "residual"))
    said = words.stem_sentence(found, "the embedded separator")
    assert said.startswith("Drums lower arousal by 0.30, the largest share of the stems.")
    assert "the embedded separator" in said and "bleed" in said
    assert "bleed" not in words.stem_sentence(found, "the composer", bleeds=False)


def test_the_feature_sentence_names_the_two_largest_and_the_sum():
    said = words.feature_sentence(explanation([0.01, -0.2, 0.1], ("tempo", "level", "centroid")))
    assert said.startswith("Level lowers arousal by 0.20; centroid raises arousal by 0.10.")
    assert "the 3 features" in said and "+0.10 to +0.01" in said


def test_relevance_sentences_add_up_and_point_at_the_strongest_cell():
    grid = Grid(times=[5.0, 65.0], freqs=[100.0, 440.0])
    found = explanation(np.array([[0.0, 0.1], [0.0, 0.2]]), grid=grid, output=0.5)
    said = words.relevance_sentence(found)
    assert "+0.30 of arousal +0.50" in said and "base is +0.10" in said and "+0.10 belongs to no region" in said
    assert words.peak_sentence(found) == (
        "The strongest moment for arousal is around 1:05, the strongest band around 440 Hz.")


def test_the_gain_of_a_sonification_is_stated_with_what_held_it_back():
    facts = {"source": "song", "gain_db": 8.24, "limited_db": 0.0, "loudness_before": -14.1, "loudness_after": -14.15}
    assert words.gain_sentence("what mattered", facts) == (
        "What mattered was turned up by 8.2 dB to match the loudness of the song, -14.1 LUFS.")
    drums = facts | {"source": "drums", "gain_db": -1.0, "limited_db": 3.2}
    assert words.gain_sentence("what was left out", drums) == (
        "What was left out was turned down by 1.0 dB to match the loudness of the drums, -14.1 LUFS; its highest peaks "
        "were held back by 3.2 dB so that nothing clips.")
    quieter = facts | {"gain_db": 20.0, "limited_db": 12.0, "loudness_after": -17.0}
    assert words.gain_sentence("what mattered", quieter) == (
        "What mattered was turned up by 20.0 dB; it is at -17.0 LUFS, the song at -14.1 LUFS: its highest peaks were "
        "held back by 12.0 dB so that nothing clips, and more would squash them.")

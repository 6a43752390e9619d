"""Numbers in plain sentences."""

import numpy as np
import pytest

from mer_core import words
from mer_core.brush import Box, Brushed
from mer_core.schema import SHARES, Explanation, Grid, Prediction
from mer_core.steps import Steps


def prediction(values=(0.32, -0.5), curve=None):
    curve = np.array([[0.3, 0.34], [-0.6, -0.4]]) if curve is None else curve
    times = 10.0 + 20 * np.arange(np.shape(curve)[1])
    return Prediction("m", ("valence", "arousal"), values, times, curve, np.diag([0.04, 0.01]))


def explanation(values, labels=(), **more):
    space = "features" if np.ndim(values) == 1 else "timefreq"
    facts = {"base": 0.1, "output": 0.1 + float(np.sum(values)), "labels": labels} | more
    return Explanation("m", "x", "arousal", space, values, **facts)


@pytest.mark.parametrize(("target", "said"), [("contentment", "Contentment (Q4)"), ("anxiety", "Anxiety (Q2)"),
                                              ("tonal_stability", "Tonal stability"), ("valence", "Valence")])
def test_the_papers_classes_are_named_with_their_quadrant(target, said):
    assert words.target_words(target) == said


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


BOX = Box(42, 47, 200, 800)


@pytest.mark.parametrize(("boxes", "said"), [
    ([BOX], "200–800 Hz from 0:42 to 0:47"), ([Box(59.71, 60.33, 40.4, 99.6)], "40–100 Hz from 0:59.7 to 1:00.3"),
    ([Box(-1, 3, -5, 300)], "0–300 Hz from 0:00 to 0:03"),
    ([BOX, Box(44, 90, 100, 300)], "parts of 100–800 Hz from 0:42 to 1:30")])
def test_a_region_in_words(boxes, said):
    assert words.region(boxes) == said


def brushed(before, after, starts=(0, 20, 40)):
    """Arousal of windows of 20 s before and after; valence stays."""
    made = [Prediction("m", ("valence", "arousal"), (0, np.mean(c)), np.add(starts, 10.0), [[0] * len(c), c], np.eye(2))
            for c in (before, after)]
    return Brushed("only.flac", "without.flac", *made, window=20.0)


@pytest.mark.parametrize(("after", "said"), [
    ((0.5, 0.5, 0.17), "arousal falls by 0.33 around there, and by 0.11 over the whole song."),
    ((0.8, 0.5, 0.53), "arousal rises by 0.03 around there, and by 0.11 over the whole song."),
    ((0.2, 0.5, 0.6), "arousal rises by 0.10 around there; over the whole song it falls by 0.07."),
    ((0.2, 0.5, 0.504), "arousal does not move around there; over the whole song it falls by 0.10."),
    ((0.5, 0.5, 0.5), "arousal does not move over the whole song.")])
def test_the_brush_sentence_says_what_changed_here_and_over_all(after, said):
    assert words.brush_sentence(brushed((0.5, 0.5, 0.5), after), [BOX], "arousal") == (
        f"Without 200–800 Hz from 0:42 to 0:47, {said}")


def test_the_brush_sentence_of_a_short_song_has_no_around_there():
    found = brushed((0.5,), (0.4,), starts=(0,))
    assert words.brush_sentence(found, [Box(2, 7, 200, 800)], "arousal") == (
        "Without 200–800 Hz from 0:02 to 0:07, arousal falls by 0.10 over the whole song.")
    assert "falls by 0.40" in words.brush_sentence(found, [BOX], "arousal", "1 to 9")


def test_around_there_are_the_windows_that_touch_the_region():
    found = brushed((0, 0, 0), (0.1, 0.2, 0.4))
    assert found.change_around([Box(15, 19, 1, 2)])[1] == pytest.approx(0.1)
    assert found.change_around([Box(15, 21, 1, 2)])[1] == pytest.approx(0.15)
    assert found.change_around([Box(1, 2, 1, 2), Box(50, 51, 1, 2)])[1] == pytest.approx(0.7 / 3)
    assert found.change_around([Box(70, 71, 1, 2)])[1] == pytest.approx(0.4)  # past the last window: the nearest


def test_the_relevance_of_a_region_stands_beside_what_changed():
    grid = Grid(times=[44.0, 65.0], freqs=[100.0, 440.0])
    found = explanation(np.array([[0.3, 0.1], [0.08, 0.2]]), grid=grid)
    said = words.brush_relevance_sentence(found, brushed((0.5, 0.5), (0.5, 0.44), starts=(0, 20)), [BOX])
    assert said == ("The relevance in this region adds up to +0.08 of arousal +0.78; taking it out moved the song by "
                    "-0.03.")


@pytest.mark.parametrize(("gain_db", "said"), [
    (0, ""), (-0.01, ""), (-4.95, "The mix went 5.0 dB beyond full scale, so all of it was turned down by that.")])
def test_a_mix_that_was_turned_down_says_so(gain_db, said):
    assert words.mixdown_sentence({"gain_db": gain_db}) == said


def test_agreement_names_the_largest_stems_and_the_correlation():
    def shares(values, labels=("vocals", "drums", "bass", "other")):
        return Explanation("m", "m", "arousal", "stems", values, 0.0, float(sum(values)), labels=labels)
    exact = shares([0.1, 0.3, 0.05, 0.2, 0.9], ("vocals", "drums", "bass", "other", "residual"))
    assert words.agreement_sentence("open units", shares([0.2, 0.6, 0.1, 0.4]), exact) == (
        "By open units, both name the drums as the largest share; over the 4 stems the two correlate by 1.00.")
    other = words.agreement_sentence("leave one out", shares([-0.4, 0.1, 0.0, 0.1]), exact)
    assert "it names the vocals, the Shapley values the drums" in other
    assert "correlate" not in words.agreement_sentence("x", shares([0.1] * 4), exact)


def over_time(values, **more):
    values = np.asarray(values, float)
    grid = Grid(np.arange(len(values)) + 0.5, ())
    return Explanation("m", "x", "arousal", "time", values, 0.1, 0.1 + float(values.sum()), grid=grid, **more)


def test_moments_are_summed_and_the_strongest_tenth_is_compared_with_an_even_song():
    even = over_time(np.full(70, 0.01))
    assert words.relevance_sentence(even) == ("The moments add up to +0.70 of arousal +0.80; the base is +0.10, and +0.00 "
                                              "belongs to no moment.")
    assert words.moments_sentence(even).endswith("The tenth of the song that counted most for arousal holds 10% of all "
                                                 "relevance; were all moments alike, it would hold 10%.")
    values = np.zeros(70)
    values[64], values[3] = -0.2, 0.1
    said = words.moments_sentence(over_time(values))
    assert said.startswith("Those that raise it give +0.10, those that lower it -0.20. The strongest moment is around 1:04.")
    assert "holds 100% of all relevance" in said


def test_shares_are_not_said_to_move_the_value():
    said = words.moments_sentence(over_time(np.full(20, 0.05), unit=SHARES))
    assert "raise" not in said and "with the largest shares holds 10% of all attention" in said


def test_beats_are_called_beats_and_the_strongest_by_its_beginning():
    beats = Steps.between([0.0, 0.5, 1.0, 12.34, 13.0])
    e = Explanation("m", "x", "arousal", "time", [0.01, -0.02, 0.01, 0.3], 0.1, 0.4, grid=beats)
    said = words.moments_sentence(e)
    assert "The strongest beat is the one at 0:12.3. The tenth of the beats that counted most" in said
    assert "were all beats alike, it would hold 25%" in said
    assert "The beats add up to" in words.relevance_sentence(e) and "belongs to no beat" in words.relevance_sentence(e)

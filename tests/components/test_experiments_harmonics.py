"""The section on the harmonics CNN: its table, its sentences whatever they say, and its figures."""

import numpy as np
import pytest

from components.experiments import figures_harmonics, harmonics, harmonics_bright
from tests.components.made_harmonics import COUNTS, QUADRANTS, elsewhere, rows, stored


def test_the_table_keeps_the_papers_f1_apart_from_what_was_measured():
    frame = harmonics.whole(stored()["table"])
    own = frame.loc["harmonics CNN: each branch hears one pitch class"]
    assert own[("F1", "paper")] == 0.51 and own[("macro F1", "here")] == 0.61 and own[("", "parameters")] == 98_000
    assert own[("macro F1", "interval")] == "0.560 to 0.660"
    assert np.isnan(frame.loc["the same network on random bands", ("F1", "paper")])


def test_without_results_the_papers_figures_stand_alone():
    frame = harmonics.whole(harmonics.printed())
    assert frame[("F1", "paper")].dropna().tolist() == [0.51, 0.48] and frame[("macro F1", "here")].isna().all()
    assert set(frame[("macro F1", "interval")]) == {"–"}


def test_a_difference_says_whether_artists_may_explain_it():
    against = stored()["against"]
    assert "**higher by 0.110** (+0.040 to +0.180 on 20 songs), more than" in harmonics.compared("plain", against["plain"])
    assert "may explain" in harmonics.compared("random", against["random"])
    assert "**lower by 0.200**" in harmonics.compared("x", {"macro_f1": -0.2, "interval": [-0.3, -0.1], "clips": 4})


@pytest.mark.parametrize("d, said", [(0.6, "**Yes, by the mean of the map as it is.**"), (-0.6, "**No, the other way round here.**"),
                                     (0.1, "**Not to be told here.**")])
def test_the_verdict_follows_the_interval(d, said):
    found = harmonics_bright.verdict(rows(d, d, 0.0))
    assert found.startswith(said) and f"Cohen's d **{d:+.2f}** (90 % interval {d - 0.2:+.2f} to" in found


def test_the_other_ways_are_counted_by_their_intervals():
    assert "Of the 5 other ways to measure it, below, 3 say brighter, 2 say darker, and 0" in harmonics_bright.others(
        rows(0.6, -0.6, 0.0))
    assert "0 say darker, and 2 do not tell" in harmonics_bright.others(rows(0.6, 0.1, 0.0))


def test_effects_are_named_by_their_size():
    assert [harmonics_bright.size(d) for d in (-0.9, 0.6, -0.3, 0.1)] == [
        "a large effect", "a medium effect", "a small effect", "hardly any effect"]


def test_the_control_says_whether_the_input_alone_does_as_much():
    assert "at least as far as the maps" in harmonics_bright.control(rows(0.6, 0, 0.7))
    assert "the other way round" in harmonics_bright.control(rows(0.6, 0, -2.5))
    assert "less than the maps" in harmonics_bright.control(rows(0.6, 0, 0.2))


@pytest.mark.parametrize("same, said", [(0.55, "about as far apart"), (0.4, "much of the difference"),
                                        (0.1, "not just"), (-0.9, "not just")])
def test_the_same_songs_tell_what_is_the_networks_own_way(same, said):
    found = harmonics_bright.same_songs({"rows": rows(0.6, 0, 0), "elsewhere": elsewhere(same)})
    assert said in found and f"have d {same:+.2f}" in found


def test_every_song_is_a_dot_in_its_quadrant():
    fig = figures_harmonics.spread({"Q1": [("a", 0.1), ("b", 0.2)], "Q2": [("c", 0.3)]}, "brightness")
    assert [(len(trace.x), trace.y[0], trace.text[0]) for trace in fig.data] == [(2, "Q1", "a"), (1, "Q2", "c")]
    assert list(fig.layout.yaxis.categoryarray) == ["Q2", "Q1"]


def test_an_effect_has_its_interval():
    trace, = figures_harmonics.effects([("a", 0.5, (0.2, 0.9))], "d").data
    assert trace.error_x.array[0] == pytest.approx(0.4) and trace.error_x.arrayminus[0] == pytest.approx(0.3)


def test_the_made_results_are_whole():
    assert np.sum(COUNTS) == 40 and len(QUADRANTS) == 4 and len(stored()["brightness"]["clips"]) == 40

"""Table 3, the calibration and the curves of pre-training, from results made up."""

import pytest

from components.experiments import figures_rhythm_melody as figures
from components.experiments import rhythm_melody as view
from tests.components import made_dbn

FOUND = made_dbn.results()
ROWS = [*FOUND["table"], *FOUND["baselines"]]


def test_a_table_has_paper_and_here_before_and_after_fine_tuning():
    shown = view.numbers(ROWS, "distance")
    assert list(shown.columns) == [("before fine-tuning", "paper"), ("before fine-tuning", "here"),
                                   ("after fine-tuning", "paper"), ("after fine-tuning", "here")]
    assert shown.loc["Rhythm, layer 2"].tolist() == [0.156, 0.16, 0.128, 0.15]
    assert shown.loc["one Gaussian for all seconds"].isna().tolist() == [True, True, True, False]


def test_the_papers_rows_stand_alone_until_something_was_measured():
    rows = view.printed()
    assert len(rows) == 15 and view.cell(rows[-1], "finetuned", "paper", "distance") == (.113, .022)
    assert view.numbers(rows, "kl").iloc[:, 1].isna().all()


def test_everything_can_be_taken_away():
    whole = view.whole(ROWS)
    assert len(whole) == 5 and whole["kl finetuned here"].tolist() == [0.80, 0.95, 1.0, 0.9, 0.85]
    assert whole["distance finetuned here sd"][0] == 0.005 and whole["kl pretrained here"][2:].isna().all()


def test_a_network_that_does_no_better_than_one_ellipse_is_said_so():
    assert "**25%** less than with one ellipse for all songs (**0.200**)" in view.said(FOUND, "distance")
    worse = {**FOUND, "baselines": [{**line, "here": made_dbn.cells(0.1, 0.1)} for line in FOUND["baselines"]]}
    assert "one ellipse for all songs does no worse (**0.100**)" in view.said(worse, "distance")


@pytest.mark.parametrize("held, said", [(0.5, "a little too wide"), (0.9, "They are too wide"), (0.45, "hold what they say"),
                                        (0.30, "They are too narrow")])
def test_ellipses_that_hold_too_much_are_too_wide(held, said):
    lines = made_dbn.inside(held)
    if said.startswith("a little"):
        lines[1]["ratings_inside"], lines[2]["ratings_inside"] = 860, 990
    assert said in view.held(lines)


def test_dots_are_open_in_the_paper_and_carry_their_deviation():
    fig = figures.dots(ROWS, "distance", "mean distance")
    paper, here = fig.data
    assert paper.marker.symbol == "diamond-open" and here.marker.symbol == "circle"
    assert list(here.x) == [0.15, 0.17, 0.2, 0.16, 0.155] and list(paper.x) == [0.128, 0.128, 0.14]
    assert list(paper.error_x.array) == [0.016, 0.016, 0.004]
    assert fig.layout.yaxis.categoryarray[-1] == "Rhythm, layer 2"


def test_calibration_sets_what_is_held_against_what_is_said():
    fig = figures.calibration(FOUND["calibration"])
    lines = {t.name: t for t in fig.data}
    assert list(lines["single ratings of clips"].x) == [0.5, 0.8, 0.95]
    assert list(lines["single ratings of clips"].y) == pytest.approx([0.55, 0.83, 0.97])
    assert list(lines["mean ratings of seconds"].y) == [0.98] * 3
    assert list(lines["as it should be for single ratings"].x) == list(lines["as it should be for single ratings"].y)


def test_curves_are_of_patches_learnt_from_and_of_those_only_watched():
    fig = figures.curve(FOUND["pretraining"]["rhythm"]["layers"][0], "free_energy")
    learnt, held = fig.data
    assert list(learnt.y) == [90, 85, 80] and list(held.y) == [93, 88, 83] and learnt.line.dash == "dot"

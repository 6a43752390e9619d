"""The figures and tables of the experiments: pure functions of stored results."""

import numpy as np
import pytest

from components.experiments import (
    dots,
    emomucs,
    figures_emomucs,
    figures_networks,
    figures_quadrants,
    figures_study,
    figures_thesis_mid2e,
    happy_sad,
    happy_sad_cases,
    quadrants,
    shares,
    shown,
    tables,
    thesis,
    thesis_explained,
)
from components.experiments.figures_embeddings import embedding
from components.theme import COLOURS, LOWERS, RAISES
from mer_core.results import Row

ROWS = [Row("a", "System A", {"valence": {"r2": 0.3}}, {"valence": {"r2": 0.1, "ccc": 0.4}, "arousal": {"r2": 0.6}}),
        Row("b", "System B", {}, {})]


def test_a_table_has_paper_and_here_in_columns_of_their_own():
    shown = tables.shown(ROWS, "r2")
    assert list(shown.data.columns) == [("valence", "paper"), ("valence", "here"), ("arousal", "paper"), ("arousal", "here")]
    assert shown.data.loc["System A"].tolist()[:2] == [0.3, 0.1]
    assert "–" in shown.to_html() and "0.600" in shown.to_html()


def test_rows_that_only_the_paper_has_are_named():
    assert shown.absent(ROWS) == "Not measured here yet: System B."
    assert shown.absent(ROWS[:1]) == shown.absent(ROWS[1:]) == ""


def test_all_metrics_can_be_taken_away_but_no_empty_column():
    whole = tables.whole(ROWS)
    assert list(whole.columns) == ["system", "name", "valence r2 paper", "valence r2 here", "valence ccc here",
                                   "arousal r2 here"]


def test_dots_are_full_here_and_open_in_the_paper_in_the_colour_of_the_target():
    fig = dots.dots(ROWS, "r2")
    assert {(t.name, t.marker.color, t.marker.symbol, t.x) for t in fig.data} == {
        ("valence, paper", COLOURS["valence"], "diamond-open", (0.3,)),
        ("valence, here", COLOURS["valence"], "circle", (0.1,)), ("arousal, here", COLOURS["arousal"], "circle", (0.6,))}
    assert list(fig.layout.yaxis.categoryarray) == ["System B", "System A"]  # also the one without figures


def test_the_best_source_of_each_song_has_its_own_colour_and_place():
    tracks = [{"id": "x", "valence": 0.2, "arousal": -0.5, "best": {"valence": "drums", "both": "bass"}},
              {"id": "y", "valence": 0.4, "arousal": 0.5, "best": {"valence": "drums", "both": "vocals"}}]
    assert figures_emomucs.counted(tracks, "valence") == {"drums": 2}
    assert list(figures_emomucs.counted(tracks, "both")) == ["vocals", "bass"]  # ties in the order of the stems
    trace, = figures_emomucs.best_sources(tracks, "valence").data
    assert trace.marker.color == COLOURS["drums"] and trace.y == (-0.5, 0.5)
    assert np.allclose(trace.x, (0.2, 0.4), atol=0.008) and trace.customdata[0][0] == 0.2


def test_the_strongest_correlations_come_first_whatever_their_sign():
    pearson = {"features": ["a", "b", "c"], "valence": [0.1, -0.5, 0.3]}
    assert figures_study.strongest(pearson, "valence", 2) == [("b", -0.5), ("c", 0.3)]
    fig = figures_study.pearson_bars(pearson, "valence", {"b": "bass", "c": "bass"})
    assert list(fig.layout.yaxis.ticktext) == ["bass", "bass", "a"]  # two of one name keep a row each
    assert fig.data[0].x == (-0.5, 0.3, 0.1)


def test_a_swarm_is_widest_where_most_dots_are_and_keeps_to_its_row():
    x = np.r_[np.zeros(50), 1.0]
    offsets = figures_study.swarm(x)
    assert offsets[-1] == 0 and np.abs(offsets).max() == pytest.approx(0.38)
    assert len(set(offsets[:50])) == 50  # no dot hides another


def test_the_beeswarm_colours_by_the_rank_of_the_value():
    rows = [{"name": "a", "values": [1.0, 1000.0, 2.0], "shap": [-0.1, 0.2, 0.0]}]
    trace, = figures_study.beeswarm(rows, "arousal", {}).data
    assert trace.marker.color.tolist() == [0.0, 1.0, 0.5] and trace.x.tolist() == [-0.1, 0.2, 0.0]


def test_the_users_song_is_a_line_and_a_diamond_on_the_dependence_plot():
    values, shap = np.array([1.0, 2.0]), np.array([0.1, -0.1])
    assert len(figures_study.dependence(values, shap, "valence", "tempo").layout.shapes) == 1  # the zero line
    with_song = figures_study.dependence(values, shap, "valence", "tempo", own=(1.5, 0.3))
    assert [s.x0 for s in with_song.layout.shapes] == [0, 1.5] and with_song.layout.annotations[0].text == "this song"
    assert (with_song.data[1].x, with_song.data[1].y, with_song.data[1].marker.symbol) == ((1.5,), (0.3,), "diamond")


def test_families_are_in_the_order_of_their_strength():
    row = {"features": 3}
    found = {"valence": {"timbre": {"importance": 0.1, **row}, "rhythm": {"importance": 0.3, **row}},
             "arousal": {"timbre": {"importance": 0.2, **row}, "rhythm": {"importance": 0.1, **row}}}
    valence, arousal = figures_study.families(found).data
    assert valence.y == ("rhythm", "timbre") and valence.x == (0.3, 0.1) and arousal.marker.color == COLOURS["arousal"]


def test_the_users_song_lies_among_the_rated_clips():
    clip = {"id": "x", "genre": "jazz", "valence": 0.2, "arousal": -0.5}
    clips, song = figures_study.ratings([clip], ("My song", 0.1, 0.9)).data
    assert clips.y == (-0.5,) and (song.x, song.y) == ((0.1,), (0.9,)) and "My song" in song.hovertemplate


def test_bars_of_a_histogram_stand_between_their_edges():
    bars, = figures_study.histogram({"edges": [-1, 0, 1], "counts": [3, 5]}, "valence", "v").data
    assert bars.x.tolist() == [-0.5, 0.5] and bars.y == (3, 5)


def test_a_learning_curve_marks_the_epoch_that_was_kept():
    fold = [{"epoch": 1, "loss": 1.0, "validation": 0.9}, {"epoch": 2, "loss": 0.5, "validation": 0.4},
            {"epoch": 3, "loss": 0.2, "validation": 0.6}]
    *_, kept = figures_networks.learning_curves([fold]).data
    assert kept.x == (2,) and kept.y == (0.4,)
    assert len(figures_networks.learning_curves([[{"epoch": 1, "loss": 1.0}]]).data) == 1  # nothing was held out


def test_a_point_of_an_embedding_tells_artist_title_and_rating():
    tracks = [{"id": "c1", "artist": "Somebody", "title": "Song", "genre": "jazz", "valence": 0.3, "arousal": 0.1},
              {"id": "c2", "artist": "", "title": "", "genre": "folk", "valence": -0.3, "arousal": 0.2}]
    trace, = embedding({"x": [0, 1], "y": [1, 0]}, tracks, "valence").data
    assert trace.text == ("Somebody: Song (jazz)", "c2 (folk)") and trace.marker.color == (0.3, -0.3)


def test_the_sources_are_set_against_the_mix_only_where_both_were_measured():
    mix = Row("c2d-M", "C2D mix", {"valence": {"r2": 0.41}}, {"valence": {"r2": 0.25}})
    fused = [Row("a", "early", {"valence": {"r2": 0.46}}, {"valence": {"r2": 0.24}}),
             Row("b", "late", {"valence": {"r2": 0.48}}, {})]
    assert emomucs.ahead(fused, [mix]) == ("In valence, the best of them against C2D on the mix: paper R² 0.480 (late) against "
                                           "0.410; here R² 0.240 (early) against 0.250.")
    assert emomucs.ahead(fused[1:], [mix]) == ""
    assert emomucs.network("c2d-late-freeze-VBO") == "C2D late, freeze: vocals, bass, other"
    assert emomucs.network("c1d-M") == "C1D: mix"
    gain = {"name": "c2d-late-freeze-VBDO", "valence": {"r2": 0.01, "low": -0.02, "high": 0.05}}
    assert "+0.010" in emomucs.sure(gain) and "may be chance" in emomucs.sure(gain) and emomucs.sure(None) == ""
    assert "hardly chance" in emomucs.sure({**gain, "valence": {"r2": 0.04, "low": 0.01, "high": 0.05}})


def test_shares_of_the_stems_are_in_their_colours_with_their_agreement():
    cells = {"valence": [0.1, 0.3], "arousal": [0.2, 0.1]}
    found = {"stems": ["vocals", "drums"], "size": {way: cells for way in shares.WAYS},
             "agreement_with_shapley": {"fusion_layer": {"valence": [0.8, 1.0], "arousal": [0.5, 0.5]},
                                        "leave_one_out": {"valence": [0.6, 0.8], "arousal": [0.5, 0.5]}}}
    exact, *_ = shares.bars(found, "valence").data
    assert list(exact.marker.color) == [COLOURS["vocals"], COLOURS["drums"]] and exact.y == (0.1, 0.3)
    assert "**Drums** moves valence most, by 0.30" in shares.said(found, "valence")
    assert "r = 0.90" in shares.said(found, "valence") and "r = 0.70" in shares.said(found, "valence")
    assert len(shares.table(found)) == 12 and shares.table(found)["r with Shapley"].notna().sum() == 8


def test_a_confusion_matrix_is_coloured_by_the_share_of_its_row_and_says_the_counts():
    counts = np.array([[30, 10], [0, 20]])
    heat, = figures_quadrants.confusion(counts, ["Q1", "Q2"]).data
    assert heat.z.tolist() == [[0.75, 0.25], [0, 1]] and heat.text.tolist() == counts.tolist()
    assert heat.colorbar.title.text and (heat.zmin, heat.zmax) == (0, 1)


def test_the_worst_mistake_of_a_matrix_is_named():
    said = quadrants.mistaken(np.array([[30, 10], [0, 20]]), ["Q1 a", "Q2 b"])
    assert said == "**Q2 b** is found most surely, 100% of its songs. Taken for another most: **Q1 a** for Q2 b, 25% of its songs."


def test_quadrants_keep_the_papers_figure_apart():
    rows = [{"title": "theirs", "paper": {"macro_f1": 0.7}, "here": {"macro_f1": 0.6}},
            {"title": "ours", "here": {"macro_f1": 0.5, "accuracy": 0.55}}]
    frame = quadrants.whole(rows)
    assert frame.loc["theirs", ("macro F1", "paper")] == 0.7 and frame.loc["ours", ("accuracy", "here")] == 0.55
    assert np.isnan(frame.loc["ours", ("macro F1", "paper")]) and len(frame.columns) == 7


def test_columns_of_a_feature_set_are_called_what_they_are():
    called = figures_thesis_mid2e.called
    assert (called("C♯", "19"), called("C♯", "34"), called("Cm", "34")) == ("chroma C♯", "chord C♯", "chord Cm")
    assert (called("♭vi", "33 relative"), called("chroma ♭VI", "19 relative")) == ("chord ♭vi", "chroma ♭VI")
    assert called("rhythm_stability is not defined", "7") == "rhythm stability: none"
    assert called("melodiousness x tonal_stability", "7") == "melodiousness ×<br>tonal stability"


def test_coefficients_share_one_symmetric_scale_and_small_flags_stay_in_the_csv():
    found = {"features": ["dissonance", "minorness is not defined", "articulation is not defined"],
             "targets": ["joyful_activation", "tension"], "values": [[-0.1, 0.4], [0.01, 0.0], [0.1, -0.2]], "sd": None}
    fig = figures_thesis_mid2e.coefficients(found, "7")
    heat, = fig.data
    assert heat.z.tolist() == [[-0.1, 0.4], [0.1, -0.2]] and (heat.zmin, heat.zmax) == (-0.4, 0.4)
    assert fig.layout.yaxis.ticktext == ("dissonance", "articulation: none") and heat.x[0] == "joyful activation"
    red, blue = (tuple(int(c[i:i + 2], 16) for i in (1, 3, 5)) for c in (RAISES, LOWERS))
    assert heat.colorscale[-1][1] == f"rgba({','.join(map(str, red))},1)"
    assert heat.colorscale[0][1] == f"rgba({','.join(map(str, blue))},1)" and "spread" in heat.colorbar.title.text
    assert thesis_explained.strongest(found, "7") == (
        "**Dissonance** raises **tension** most, by 0.40 of its spread. "
        "**Articulation: none** lowers **tension** most, by 0.20 of its spread.")


def test_marks_of_the_thesis_are_open_for_the_paper_and_as_long_as_their_deviation():
    points = [("A2E", "paper", 0.7, 0.05), ("A2E", "here", 0.5, 0.02), ("A2Mid2E", "here", 0.4, np.nan)]
    fig = figures_thesis_mid2e.dots(points, "Pearson r (1 is best)")
    paper, here = fig.data
    assert (paper.marker.symbol, here.marker.symbol) == ("diamond-open", "circle")
    assert here.x == (0.5, 0.4) and here.error_x.array == (0.02, 0)  # one seed has no deviation
    assert fig.layout.yaxis.categoryarray == ("A2Mid2E", "A2E") and fig.layout.xaxis.title.text
    table = thesis.by_row(points)
    assert table.loc["A2E", ("paper", "r")] == 0.7 and np.isnan(table.loc["A2Mid2E", ("paper", "r")])


def test_one_seed_has_no_deviation_and_the_papers_mean_is_that_of_what_it_prints():
    printed = {"r": {"happy": [0.4, 0.1], "sad": [0.6, 0.1]}, "r_total": [0.7, 0.02], "mse": [2.0, 0.1]}
    here = {"r": {"sadness": [0.3, 0.0]}, "r_mean": [0.3, 0.0], "r_total": [0.35, 0.0], "mse": [0.03, 0.0], "seeds": 1}
    rows = [{"title": "A2E", "paper": printed, "here": here}, {"title": "more", "paper": None, "here": None}]
    frame = thesis.frame(rows, "r_mean")
    assert frame.loc["A2E", ("paper", "mean")] == 0.5 and np.isnan(frame.loc["A2E", ("paper", "±")])
    assert frame.loc["A2E", ("here", "mean")] == 0.3 and np.isnan(frame.loc["A2E", ("here", "±")])
    assert frame.loc["A2E", ("here", "seeds")] == 1 and frame.loc["more"].isna().all()
    assert thesis.frame(rows, "mse").loc["A2E", ("paper", "±")] == 0.1
    assert thesis.each(rows)[["of", "sad", "sadness"]].fillna(0).values.tolist() == [["paper", 0.6, 0], ["here", 0, 0.3]]


def test_the_leader_of_each_side_is_named():
    rows = [{"title": "a", "paper": {"mse": [2.0, 0.1]}, "here": None},
            {"title": "b", "paper": {"mse": [1.5, 0.1]}, "here": {"mse": [0.02, 0.0], "r_total": [0.4, 0.1]}}]
    assert thesis.best(rows, "mse") == "Best: paper **b**, 1.500; here **b**, 0.020."
    assert thesis.best(rows, "r_total") == "Best: here **b**, 0.400." and thesis.best(rows, "r_mean") == ""


def test_the_cost_of_explainability_says_who_is_ahead():
    told = thesis.costs([{"title": "A2Mid2E", "cost": [0.02, 0.01, 4]}, {"title": "joint", "cost": [-0.03, 0.0, 1]}])
    assert told == "**A2Mid2E** loses 0.020 ± 0.010 over 4 seeds; **joint** gains 0.030, one seed."


def test_a_swarm_leaves_out_clips_on_which_the_descriptor_is_not_defined():
    found = {"features": ["a", "b"], "values": [[1.0, None], [2.0, 5.0]], "shap": {"tension": [[0.1, 9.0], [-0.1, 0.4]]}}
    first, second = figures_thesis_mid2e.swarm_rows(found, "tension")
    assert first == {"name": "b", "values": [5.0], "shap": [0.4]} and second["shap"] == [0.1, -0.1]
    fig = figures_study.beeswarm([first, second], "joyful_activation", {}, "share of listeners")
    assert fig.layout.xaxis.title.text == "moves joyful activation by<br>(share of listeners)"


def test_moves_of_the_network_are_means_over_the_ratings_from_the_largest():
    assert figures_thesis_mid2e.moves({"a": {"x": 0.1, "y": 0.2}, "b": {"x": 0.5, "y": 0.3}}) == [
        ("b", pytest.approx(0.4)), ("a", pytest.approx(0.15))]


def test_the_surest_clips_of_a_cell_come_first_with_the_probability_of_their_answer():
    answers = [{"id": "x", "truth": "sad", "happy": 0.4}, {"id": "y", "truth": "sad", "happy": 0.1},
               {"id": "z", "truth": "sad", "happy": 0.9}, {"id": "w", "truth": "happy", "happy": 0.2}]
    right = happy_sad_cases.surest(answers, "sad", "sad")
    assert [(c["id"], c["probability"]) for c in right] == [("y", 0.9), ("x", 0.6)]
    assert [c["id"] for c in happy_sad_cases.surest(answers, "happy", "sad")] == ["w"]
    assert happy_sad_cases.surest(answers, "happy", "happy") == []


def test_no_network_is_certain():
    assert (happy_sad_cases.chance(0.9996), happy_sad_cases.chance(0.9994)) == ("over 99.9%", "99.9%")


def test_happy_or_sad_is_told_beside_what_the_commoner_answer_would_reach():
    paper = {"accuracy": 0.776, "confusion": [[62, 40], [13, 122]]}
    assert "paper **77.6%** of 237 clips (always the commoner answer: 57.0%)" in happy_sad.said({"paper": paper})
    assert happy_sad.mistaken(np.array(paper["confusion"])) == (
        "39% of the **happy** clips are taken for sad, 10% the other way.")

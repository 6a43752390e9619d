"""The plane: geometry of the error ellipse, units on the axes, quadrant names, one scale."""

import numpy as np
import pytest

from components import figures_plane
from components.theme import COLOURS, EPOCH
from mer_core.schema import TARGETS, Prediction
from mer_core.words import QUADRANTS

COVARIANCE = np.array([[0.09, 0.03], [0.03, 0.04]])


def prediction(model: str = "a", windows: int = 8) -> Prediction:
    times = 10.0 + 5 * np.arange(windows)
    curve = np.stack([0.3 + 0.1 * np.sin(times), -0.4 + 0.2 * np.cos(times)])
    return Prediction(model, TARGETS, curve.mean(axis=1), times, curve, COVARIANCE)


def test_the_ellipse_is_the_one_sigma_contour():
    mean = np.array([0.2, -0.1])
    away = figures_plane.ellipse(mean, COVARIANCE) - mean[:, None]
    squared = np.einsum("in,ij,jn->n", away, np.linalg.inv(COVARIANCE), away)  # Mahalanobis distance
    assert np.allclose(squared, 1, atol=1e-9)


def test_the_ellipse_reaches_as_far_as_the_eigenvalues_say():
    points = figures_plane.ellipse(np.zeros(2), COVARIANCE, points=1441)
    radii = np.hypot(*points)
    # for a 2 x 2 matrix the eigenvalues are trace / 2 +- sqrt(trace^2 / 4 - det)
    half, det = np.trace(COVARIANCE) / 2, np.linalg.det(COVARIANCE)
    root = np.sqrt(half ** 2 - det)
    assert radii.max() ** 2 == pytest.approx(half + root, rel=1e-4)
    assert radii.min() ** 2 == pytest.approx(half - root, rel=1e-4)
    assert points[0].max() == pytest.approx(0.3, rel=1e-4) and points[1].max() == pytest.approx(0.2, rel=1e-4)


def test_without_an_error_the_ellipse_is_the_point():
    assert np.allclose(figures_plane.ellipse(np.array([0.5, 0.5]), np.zeros((2, 2))), 0.5)


@pytest.mark.parametrize("scale, low, high, middle", [("-1 to +1", -1, 1, 0), ("1 to 9", 1, 9, 5)])
def test_axes_say_their_scale_and_hold_it(scale, low, high, middle):
    fig = figures_plane.plane([prediction()], {}, scale)
    assert fig.layout.xaxis.range[0] < low and fig.layout.xaxis.range[1] > high
    assert fig.layout.xaxis.range == fig.layout.yaxis.range
    for axis, words in ((fig.layout.xaxis, ("valence", "unpleasant", "pleasant")),
                        (fig.layout.yaxis, ("arousal", "calm", "energetic"))):
        assert all(word in axis.title.text for word in (*words, str(abs(low)), str(high)))
    assert {shape.x0 for shape in fig.layout.shapes} | {shape.y0 for shape in fig.layout.shapes} >= {middle}


def test_the_point_lies_where_the_prediction_says():
    one = prediction()
    points = [t for t in figures_plane.plane([one], {"a": "Model A"}, "1 to 9").data if t.name == "Model A"]
    assert points[0].x[0] == pytest.approx(5 + 4 * one.values[0])
    assert points[0].y[0] == pytest.approx(5 + 4 * one.values[1])


def test_corners_carry_the_names_and_on_hover_the_papers_names():
    fig = figures_plane.plane([prediction()], {}, "-1 to +1")
    for (v, a), (name, paper) in QUADRANTS.items():
        note = next(n for n in fig.layout.annotations if n.text == name)
        assert np.sign(note.x) == v and np.sign(note.y) == a and note.hovertext == paper


def test_two_models_differ_by_shape_not_by_colour():
    fig = figures_plane.plane([prediction("a"), prediction("b")], {"a": "A", "b": "B"}, "-1 to +1")
    points = [t for t in fig.data if t.name in ("A", "B")]
    assert len({p.marker.symbol for p in points}) == 2 and len({p.marker.color for p in points}) == 1


def test_start_and_end_are_the_ends_of_the_path():
    one = prediction()
    marks = {t.name: t for t in figures_plane.plane([one], {}, "-1 to +1").data if t.name in ("start", "end")}
    assert marks["start"].y[0] == pytest.approx(one.curve[1, 0])
    assert marks["end"].y[0] == pytest.approx(one.curve[1, -1])


def test_a_song_of_one_window_has_a_point_and_no_path():
    fig = figures_plane.plane([prediction(windows=1)], {}, "-1 to +1")
    assert "path over time" not in {t.name for t in fig.data}
    assert figures_plane.curves([prediction(windows=1)], {}, "-1 to +1", 12).data[0].mode == "markers"


def test_curves_run_in_clock_time_in_the_colours_of_their_targets():
    one = prediction()
    fig = figures_plane.curves([one], {}, "-1 to +1", 60)
    assert [t.line.color for t in fig.data] == [COLOURS["valence"], COLOURS["arousal"]]
    assert fig.layout.xaxis.title.text == "time (m:ss)" and fig.layout.xaxis.tickformat == "%-M:%S"
    assert fig.data[0].x[0] - EPOCH == pytest.approx(10_000)
    assert np.allclose(fig.data[1].y, one.curve[1])
    assert "−1" in fig.layout.yaxis.title.text


def test_the_ring_is_put_in_words_on_the_chosen_scale():
    assert "0.30 in valence and 0.20 in arousal" in figures_plane.ellipse_sentence(prediction(), "-1 to +1")
    assert "1.20 in valence and 0.80 in arousal" in figures_plane.ellipse_sentence(prediction(), "1 to 9")

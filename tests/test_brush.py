"""A painted region: what is in it, what is left, and what both add up to."""

import numpy as np
import pytest
import soundfile

from mer_core import brush
from mer_core.brush import Box, inside, relevance, split
from mer_core.errors import ParameterError
from mer_core.schema import SAMPLE_RATE, Explanation, Grid, Track, TrackInfo
from mer_core.service import Service
from mer_core.store import Store

TONES = (300.0, 1000.0, 5000.0)  # Hz


def track(y: np.ndarray) -> Track:
    y = np.atleast_2d(y)
    return Track(TrackInfo(id="t", title="t", duration=y.shape[1] / SAMPLE_RATE, channels=len(y)), y)


@pytest.fixture(scope="module")
def chord() -> Track:
    """12 s of three tones in stereo, the right channel half as loud."""
    t = np.arange(12 * SAMPLE_RATE) / SAMPLE_RATE
    y = sum(0.2 * np.sin(2 * np.pi * f * t) for f in TONES)
    return track(np.stack([y, y / 2]).astype(np.float32))


def level(y: np.ndarray, hertz: float, start: float, end: float) -> float:
    """Amplitude of a tone in (samples,) between two times."""
    y = y[round(start * SAMPLE_RATE):round(end * SAMPLE_RATE)]
    return 2 * abs(np.dot(y, np.exp(-2j * np.pi * hertz * np.arange(len(y)) / SAMPLE_RATE))) / len(y)


@pytest.mark.parametrize("boxes", [
    [Box(4, 6, 800, 1200)], [Box(0, 12, 0, 22_050)], [Box(-5, 100, -10, 1e6)], [Box(5, 5.001, 1000, 1000.1)],
    [Box(0, 0.5, 200, 400), Box(11.5, 12, 4000, 6000)], [Box(1, 3, 100, 500), Box(2, 8, 300, 2000)]])
def test_both_parts_add_up_to_the_song(chord, boxes):
    only, without = split(chord, boxes)
    assert only.dtype == without.dtype == np.float32 and np.isfinite(only).all()
    np.testing.assert_allclose(only + without, chord.y, atol=1e-6)
    assert np.abs(only).max() > 1e-4


def test_a_box_takes_its_tone_and_leaves_the_others(chord):
    only, without = split(chord, [Box(4, 6, 800, 1200)])
    for channel, loud in zip((0, 1), (0.2, 0.1)):
        assert level(only[channel], 1000, 4.2, 5.8) == pytest.approx(loud, rel=0.01)
        assert level(without[channel], 1000, 4.2, 5.8) < 0.01 * loud
        assert level(without[channel], 1000, 7, 11) == pytest.approx(loud, rel=0.01)
        for other in (300, 5000):
            assert level(only[channel], other, 4.2, 5.8) < 0.01 * loud


def test_nothing_is_touched_far_from_the_box(chord):
    only, _ = split(chord, [Box(4, 6, 800, 1200)])
    near = slice(round(3.9 * SAMPLE_RATE), round(6.1 * SAMPLE_RATE))
    assert np.abs(np.delete(only, np.r_[near], axis=1)).max() == 0


def test_all_of_it_is_the_song(chord):
    only, without = split(chord, [Box(0, 12, 0, 22_050)])
    np.testing.assert_allclose(only, chord.y, atol=1e-5)
    assert np.abs(without).max() < 1e-5


def test_an_excerpt_gives_what_the_whole_song_would(chord, monkeypatch):
    boxes = [Box(3.21, 3.9, 250, 1100), Box(8, 8.5, 900, 7000)]
    only, _ = split(chord, boxes)
    monkeypatch.setattr(brush, "_MARGIN", chord.y.shape[1])
    np.testing.assert_allclose(only, split(chord, boxes)[0], atol=1e-6)


def test_edges_do_not_click(chord):
    only, without = split(chord, [Box(4, 6, 900, 1100)])
    steepest = np.abs(np.diff(chord.y[0])).max()
    for y in (only, without):  # a cut in the middle of the wave would jump by up to 0.2
        assert np.abs(np.diff(y[0])).max() < 1.3 * steepest
    edge = slice(round(3.9 * SAMPLE_RATE), round(4.1 * SAMPLE_RATE))
    assert np.abs(np.diff(only[0, edge])).max() < 1.1 * 0.2 * 2 * np.pi * 1000 / SAMPLE_RATE


def test_a_stroke_of_many_boxes_is_their_union(chord):
    edges = np.linspace(4, 6, 41)
    stroke = [Box(a, b, 800, 1200) for a, b in zip(edges, edges[1:])]
    np.testing.assert_allclose(split(chord, stroke)[0], split(chord, [Box(4, 6, 800, 1200)])[0], atol=1e-6)


def test_a_quiet_region_stays_quiet(chord):
    assert np.abs(split(chord, [Box(4, 6, 12_000, 16_000)])[0]).max() < 1e-3


@pytest.mark.parametrize(("edges", "said"), [
    ((2, 2, 100, 200), "2 to 2 s"), ((3, 2, 100, 200), "3 to 2 s"), ((1, 2, 200, 200), "200 to 200 Hz"),
    ((1, 2, 300, 200), "300 to 200 Hz"), ((float("nan"), 2, 1, 2), "nan"), ((1, float("inf"), 1, 2), "inf")])
def test_a_box_that_is_none_is_refused(edges, said):
    with pytest.raises(ParameterError, match=said):
        Box(*edges)


@pytest.mark.parametrize("boxes", [[], [Box(1, 2, 3, 4)] * (brush.MOST + 1), [Box(13, 14, 100, 200)],
                                   [Box(-3, -1, 100, 200)], [Box(1, 2, 30_000, 40_000)]])
def test_regions_that_cannot_be_heard_are_refused(chord, boxes):
    with pytest.raises(ParameterError, match="boxes|outside the song"):
        split(chord, boxes)


def test_cells_by_their_centres_and_small_boxes_by_where_they_lie():
    grid = Grid(times=[0.5, 1.5, 2.5, 3.5], freqs=[100, 200, 400])
    found = inside(grid, [Box(1, 3, 150, 250)])
    np.testing.assert_array_equal(np.argwhere(found), [[1, 1], [1, 2]])
    np.testing.assert_array_equal(np.argwhere(inside(grid, [Box(2.9, 2.95, 290, 295)])), [[1, 2]])
    assert not inside(grid, [Box(1, 3, 600, 900)]).any()


def test_relevance_in_a_region_counts_each_cell_once():
    grid = Grid(times=[0.5, 1.5, 2.5], freqs=[100, 200])
    values = np.array([[1, 2, 3], [10, 20, 30]], np.float32)
    found = Explanation("m", "x", "arousal", "timefreq", values, base=0, output=66, grid=grid)
    assert relevance(found, [Box(1, 3, 150, 250), Box(1, 2, 50, 250)]) == 52
    assert relevance(found, [Box(0, 3, 0, 300)]) == 66
    with pytest.raises(ParameterError, match="features"):
        relevance(Explanation("m", "treeshap", "arousal", "features", values[0], base=0, output=6), [Box(0, 1, 0, 1)])


@pytest.fixture(scope="module")
def service(tmp_path_factory) -> Service:
    return Service(Store(tmp_path_factory.mktemp("store")))


def test_the_service_brushes_once(service, song_file, monkeypatch):
    info, boxes = service.add(song_file, song_file.name), [Box(2, 4, 200, 900), Box(3, 5, 500, 2000)]
    assert service.stored("brush", info, boxes, "handcrafted_xgb") is None
    found = service.brush(info, boxes, "handcrafted_xgb")
    song = service.track(info)
    only, without = (soundfile.read(path, dtype="float32", always_2d=True)[0].T for path in (found.only, found.without))
    np.testing.assert_allclose(only + without, song.y, atol=2e-6)
    truth = service.model("handcrafted_xgb").predict(Track(info, split(song, boxes)[1]))
    np.testing.assert_array_equal(found.after.values, truth.values)
    np.testing.assert_array_equal(found.before.values, service.predict(info, "handcrafted_xgb").values)
    monkeypatch.setattr(service.store, "create", None)  # from here on nothing can be computed
    nearly = [Box(2.0001, 4, 200.01, 900), boxes[1]]
    again = service.stored("brush", info, nearly[::-1], "handcrafted_xgb")
    assert again.only == found.only and np.array_equal(again.after.values, found.after.values)


def test_two_models_share_the_sounds(service, song_file):
    info, boxes = service.add(song_file, song_file.name), [Box(1, 2, 200, 900)]
    assert service.brush(info, boxes, "handcrafted_xgb").only == service.brush(info, boxes, "c2d_mix").only

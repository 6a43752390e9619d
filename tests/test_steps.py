"""Moments of any length, and what they sound like: every beat holds its own gain."""

import numpy as np
import pytest

from mer_core.masking import stft_grid
from mer_core.schema import Explanation, Grid
from mer_core.sonify import SonifyParams, mask, sonify
from mer_core.steps import Steps
from tests.explanations import SR, noise, track_of

EDGES = np.array([0.4, 0.9, 1.5, 1.8, 2.9, 3.4, 3.8])  # s; uneven, with one beat missed
RELEVANT = np.array([0, 1, 0, 1, 0, 0], bool)


def beats(values, edges=EDGES) -> Explanation:
    values = np.asarray(values, np.float32)
    return Explanation("toy", "beats", "valence", "time", values, 0.0, float(values.sum()), grid=Steps.between(edges))


def clicks(seconds=4.0):
    """A burst of noise of 5 ms at each beat, all equally loud, over next to nothing."""
    y, burst = noise(seconds, level=1e-4), noise(0.005, level=0.03, seed=5)
    for edge in EDGES[:-1]:
        start = round(edge * SR)
        y[:, start:start + burst.shape[1]] += burst
    return y


def test_steps_hold_from_edge_to_edge():
    found = Steps.between(EDGES)
    np.testing.assert_allclose(found.times[:2], [0.65, 1.2])
    assert found.shape == (0, 6) and isinstance(found, Grid) and not found.edges.flags.writeable


@pytest.mark.parametrize("edges", [[0.0, 1.0, 1.0], [0.0, 2.0, 1.0]])
def test_edges_that_do_not_increase_are_refused(edges):
    with pytest.raises(ValueError, match="edges that increase"):
        Steps.between(edges)


@pytest.mark.parametrize("smooth", [0.0, 0.02, 0.05, 10.0])
def test_a_gain_holds_for_the_whole_beat(smooth):
    grid, params = stft_grid(4 * SR, SR), SonifyParams(smooth_s=smooth)
    gain = mask(beats(RELEVANT), grid, params)
    fade = min(smooth, np.diff(EDGES).min() / 2) + 0.03
    for start, end, relevant in zip(EDGES, EDGES[1:], RELEVANT):
        inside = (grid.times > start) & (grid.times < end - fade)
        np.testing.assert_allclose(gain[:, inside], 1 if relevant else params.floor, atol=1e-5)
    outside = (grid.times < EDGES[0]) | (grid.times > EDGES[-1])
    np.testing.assert_allclose(gain[:, outside], params.floor, atol=1e-5)
    assert np.abs(np.diff(gain[0])).max() < (0.3 if smooth > 0.04 else 1.0)


def test_a_loud_neighbour_leaves_a_beat_alone():
    gain = mask(beats([0, 1, 0.5, 1, 0, 0]), stft_grid(4 * SR, SR), SonifyParams(curve="linear", full=1.0))
    middle = gain[0, np.searchsorted(stft_grid(4 * SR, SR).times, 1.65)]
    assert middle == pytest.approx(0.5, abs=0.02)


@pytest.mark.parametrize("curve", ["squared", "linear", "binary"])
def test_clicks_of_irrelevant_beats_are_turned_down_by_the_floor_and_others_kept(curve):
    song = track_of(clicks())
    made = sonify(song, beats(RELEVANT), SonifyParams(curve=curve, keep=0.4, strength_db=30.0))
    for edge, relevant in zip(EDGES, RELEVANT):
        moved = energy(made.y, edge) - energy(song.y, edge) - made.gain_db
        assert moved == pytest.approx(0 if relevant else -30, abs=1.0), f"the beat at {edge} s"


def test_the_complement_turns_the_relevant_beats_down():
    song = track_of(clicks())
    left = sonify(song, beats(RELEVANT), SonifyParams(complement=True))
    loud = np.array([energy(left.y, edge) - energy(song.y, edge) for edge in EDGES[:-1]])
    assert (loud[~RELEVANT].min() - loud[RELEVANT].max()) > 20


def energy(y, start, seconds=0.005):
    """dB of a click."""
    part = y[:, round(start * SR):round((start + seconds) * SR)]
    return 10 * np.log10((part.astype(float) ** 2).mean() + 1e-15)

"""Consonance profiles of brightness that is known."""

import sys
from pathlib import Path

import numpy as np
import pytest

from mer_core import consonance
from mer_core.consonance import EVEN, HURON, profile
from mer_core.explainers.grad_cam import song_maps

sys.path.insert(0, str(Path(__file__).parent / "explainers"))
import harmonic_nets as nets  # noqa: E402


def bright(*classes: int) -> np.ndarray:
    found = np.zeros((12, 1))
    found[list(classes)] = 1.0
    return found


def test_intervals_are_counted_as_pairs_are():
    rng = np.random.default_rng(0)
    weights = rng.random((12, 3)) * (rng.random((12, 3)) > 0.3)
    expected = np.zeros((7, 3))
    for t in range(3):
        for a in range(12):
            for b in range(12):
                apart = min((a - b) % 12, (b - a) % 12)
                expected[apart, t] += weights[a, t] * weights[b, t] / weights[:, t].sum() ** 2
    np.testing.assert_allclose(consonance.intervals(weights), expected, atol=1e-12)


@pytest.mark.parametrize("apart", range(1, 7))
def test_two_tones_have_the_consonance_of_their_interval(apart):
    found = consonance.intervals(bright(3, (3 + apart) % 12))
    assert found[0] == pytest.approx(0.5) and found[apart] == pytest.approx(0.5)
    assert consonance.consonance(found)[0] == pytest.approx(HURON[apart - 1])


def test_triads_order_as_they_sound():
    major, diminished, cluster = (consonance.consonance(consonance.intervals(bright(*chord)))[0]
                                  for chord in ((3, 7, 10), (2, 5, 8), (0, 1, 2)))
    assert major > 0.5 > diminished > 0 > cluster


def test_even_brightness_is_zero_and_one_tone_has_no_consonance():
    even = consonance.intervals(np.ones((12, 1)))
    np.testing.assert_allclose(even[:, 0], EVEN)
    assert consonance.consonance(even)[0] == pytest.approx(0, abs=0.005)
    found = consonance.intervals(np.hstack([bright(4), np.zeros((12, 1))]))
    assert np.isnan(consonance.consonance(found)).all() and found[0].tolist() == [1, 0]


@pytest.fixture(scope="module")
def model():
    return nets.TwoSided(nets.Listening(good=(0, 4, 7), bad=(9,)), a4=440.0)


@pytest.fixture(scope="module")
def maps(model):
    return song_maps(model, nets.chord((440.0, 554.37, 659.26, 739.99), start=1.0, end=3.0))


def test_the_pitch_classes_of_a_chord_are_bright(maps):
    """A major with an F sharp that speaks against it."""
    found = profile(maps, 0, "contentment")
    assert found.pitch_classes.shape == found.octaves.shape[::2] == (12, len(found.times))
    assert set(np.argsort(-found.shares)[:3]) == {0, 4, 7} and found.shares[9] < 0.01
    assert found.octaves[9].min() < -0.01 and (found.pitch_classes >= 0).all()
    assert found.shares.sum() == pytest.approx(1) and found.mean_intervals.sum() == pytest.approx(1)
    against = profile(maps, 1, "anxiety")
    assert against.shares.argmax() == 9
    np.testing.assert_allclose(against.octaves, -found.octaves, atol=1e-6)


def test_brightness_is_of_a_window_like_this_moment(model, maps):
    """The chord is steady: inside it every moment has what a window of nothing else has."""
    found = profile(maps, 0, "contentment")
    steady = (found.times > 1.3) & (found.times < 2.7)
    np.testing.assert_allclose(found.brightness[steady], np.median(found.brightness[steady]), rtol=0.02)
    assert np.diff(found.times).max() < 0.15 and found.brightness[found.times < 0.7].max() == 0
    alone = song_maps(model, nets.chord((440.0, 554.37, 659.26, 739.99), seconds=1.1))
    signed = found.octaves[..., steady].sum(axis=(0, 1)).mean()
    assert signed == pytest.approx((alone.output - alone.base)[0], rel=0.1)


def test_the_tuning_moves_the_fundamentals(maps):
    found = profile(maps, 0, "contentment")
    assert found.hertz[0, 3] == pytest.approx(440) and found.hertz.shape == (12, 5)
    moved = consonance.ConsonanceProfile(found.times, found.pitch_classes, found.octaves, found.intervals,
                                         found.brightness, found.target, a4=432.0)
    np.testing.assert_allclose(moved.hertz / found.hertz, 432 / 440)


def test_names():
    assert [consonance.name(p) for p in (0, 3, 9)] == ["A", "C", "F♯"]

"""The ellipses of the plane: how much of a Gaussian they hold, where their axes point, and what lies inside."""

import numpy as np
import pytest

from mer_core.ellipse import COVERAGES, EllipsePath, axes, distance, inside, radius
from mer_core.errors import ParameterError

TILTED = np.array([[0.05, 0.03], [0.03, 0.04]])


def path(covariances, means=None):
    seconds = len(covariances)
    means = np.zeros((seconds, 2)) if means is None else means
    return EllipsePath(np.arange(seconds) + 0.5, means, covariances, np.arange(2 * seconds) / 2, "rhythm", 2, "tracked")


@pytest.mark.parametrize("coverage", COVERAGES)
def test_an_ellipse_holds_its_share_of_a_gaussian(coverage):
    drawn = np.random.default_rng(0).multivariate_normal([0.2, -0.3], TILTED, 40_000)
    held = inside(drawn, np.array([0.2, -0.3]), TILTED, coverage).mean()
    assert held == pytest.approx(coverage, abs=0.008)


def test_known_radii():
    assert radius(0.95) ** 2 == pytest.approx(5.991, abs=1e-3)  # the chi-squared table, two degrees of freedom
    assert radius(0.5) ** 2 == pytest.approx(1.386, abs=1e-3)
    for wrong in (0.0, 1.0, 95):
        with pytest.raises(ParameterError, match="between 0 and 1"):
            radius(wrong)


@pytest.mark.parametrize("degrees", [-89.0, -30.0, 0.0, 20.0, 45.0, 90.0])
def test_axes_are_those_that_the_gaussian_was_made_of(degrees):
    turn = np.deg2rad(degrees)
    along = np.array([np.cos(turn), np.sin(turn)])
    across = np.array([-np.sin(turn), np.cos(turn)])
    covariance = 0.09 * np.outer(along, along) + 0.01 * np.outer(across, across)
    half, angle = axes(covariance, 0.8)
    np.testing.assert_allclose(half, [0.3 * radius(0.8), 0.1 * radius(0.8)], rtol=1e-6)
    assert abs(np.sin(angle - turn)) < 1e-6 and -np.pi / 2 < angle <= np.pi / 2


def test_the_ends_of_the_axes_lie_on_the_edge():
    found = path(np.stack([TILTED, 0.1 * np.eye(2)]), np.array([[0.1, 0.2], [-0.5, 0.0]]))
    half, angle = found.axes(0.8)
    for size, off in ((half[:, 0], 0), (half[:, 1], np.pi / 2)):
        for share, expected in ((0.999, True), (1.001, False)):
            ends = found.means + share * size[:, None] * np.stack([np.cos(angle + off), np.sin(angle + off)], axis=1)
            assert (found.inside(ends, 0.8) == expected).all()


def test_the_outline_is_closed_and_as_far_away_all_along():
    found = path(TILTED[None], np.array([[0.1, 0.2]]))
    line = found.outline(0, 0.5)
    assert line.shape == (65, 2)
    np.testing.assert_allclose(line[0], line[-1], atol=1e-9)
    np.testing.assert_allclose(distance(line, found.means[0], TILTED), radius(0.5), rtol=1e-5)


def test_a_wider_share_is_a_wider_ellipse():
    point = np.array([0.35, 0.0])
    assert [bool(path(0.04 * np.eye(2)[None]).inside(point, c)[0]) for c in COVERAGES] == [False, True, True]


def test_shapes_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="do not fit"):
        path(TILTED[None], np.zeros((2, 2)))
    assert not path(TILTED[None]).means.flags.writeable

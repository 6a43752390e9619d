"""How relevance becomes a gain: each curve against its formula written out, signs, smoothing, shares, limits."""

from dataclasses import replace

import numpy as np
import pytest

from mer_core.errors import ParameterError
from mer_core.schema import Explanation, Grid
from mer_core.sonify import CURVES, SIGNS, SonifyParams, mask
from tests.explanations import explained, planted

PLAIN = SonifyParams(smooth_s=0)
RANDOM = explained(np.random.default_rng(5).standard_normal((20, 30)))


def gains(explanation, **choices):
    """The mask on the explanation's own cells, without smoothing unless it is asked for."""
    return mask(explanation, explanation.grid, replace(PLAIN, **choices))


def quantile(values, q):
    values = sorted(values)
    at = q * (len(values) - 1)
    low = int(at)
    return values[low] + (at - low) * (values[min(low + 1, len(values) - 1)] - values[low])


def counted(r, sign):
    return max({"absolute": abs(r), "positive": r, "negative": -r}[sign], 0.0)


def by_hand(values, p):
    """A(R) of equation 15, cell by cell, as SonifyParams says it."""
    cells = [[counted(float(r), p.sign) for r in row] for row in values]
    flat = [r for row in cells for r in row]
    full = quantile([r for r in flat if r > 1e-3 * max(flat)], p.full)
    half = p.knee / 2 if p.curve == "soft knee" else 0.0
    low, high = (quantile(flat, min(max(1 - p.keep + side, 0), 1)) for side in (-half, half))

    def curve(r):
        if p.curve == "squared":
            return min(r / full, 1) ** 2
        if p.curve == "linear":
            return min(r / full, 1)
        if p.curve == "binary" or high <= low:
            return 1.0 if r >= low and r > 0 else 0.0
        x = min(max((r - low) / (high - low), 0), 1)
        return 3 * x ** 2 - 2 * x ** 3
    floor = 10 ** (-p.strength_db / 20)
    return np.array([[floor + (1 - floor) * curve(r) for r in row] for row in cells])


@pytest.mark.parametrize("sign", SIGNS)
@pytest.mark.parametrize("curve", CURVES)
def test_each_curve_is_its_formula(curve, sign):
    for choices in ({}, {"strength_db": 6.0, "full": 0.7, "keep": 0.4, "knee": 0.5},
                    {"full": 1.0, "keep": 0.02, "knee": 1.0}):
        p = replace(PLAIN, curve=curve, sign=sign, **choices)
        np.testing.assert_allclose(mask(RANDOM, RANDOM.grid, p), by_hand(RANDOM.values, p), atol=2e-6)


def test_squared_is_the_papers_equation_24():
    r = np.abs(RANDOM.values)  # equation 14: not negative
    gain = gains(explained(r), full=1.0, strength_db=120.0)
    np.testing.assert_allclose(gain, (r / r.max()) ** 2, atol=2e-6)


@pytest.mark.parametrize("sign", SIGNS)
@pytest.mark.parametrize("curve", CURVES)
def test_the_gain_rises_with_the_relevance(curve, sign):
    gain = gains(RANDOM, curve=curve, sign=sign, strength_db=40.0)
    order = np.argsort([counted(r, sign) for r in RANDOM.values.ravel()], kind="stable")
    assert (np.diff(gain.ravel()[order]) >= -1e-7).all()
    assert gain.min() == pytest.approx(0.01, abs=1e-4) and gain.max() == pytest.approx(1)
    left = gains(RANDOM, curve=curve, sign=sign, strength_db=40.0, complement=True)
    np.testing.assert_allclose(gain + left, 1, atol=1e-6)


def test_strength_zero_changes_nothing():
    np.testing.assert_allclose(gains(planted(), strength_db=0.0), 1)


def test_signs():
    values = np.zeros((60, 100), np.float32)
    values[10], values[40] = 1, -1
    heard = {sign: tuple(gains(explained(values), sign=sign)[[10, 40], 50] > 0.5) for sign in SIGNS}
    assert heard == {"absolute": (True, True), "positive": (True, False), "negative": (False, True)}


def test_the_signs_belong_together():
    turned, r = explained(-RANDOM.values), RANDOM.values
    for curve in CURVES:
        alone = {sign: gains(RANDOM, curve=curve, sign=sign) for sign in SIGNS}
        np.testing.assert_array_equal(gains(turned, curve=curve, sign="positive"), alone["negative"])
        np.testing.assert_array_equal(gains(turned, curve=curve), alone["absolute"])
        above = {sign: gain > PLAIN.floor + 1e-6 for sign, gain in alone.items()}
        assert not (above["positive"] & (r <= 0)).any() and not (above["negative"] & (r >= 0)).any()
    shape = {sign: gains(RANDOM, curve="linear", sign=sign, full=1.0, strength_db=120.0) for sign in SIGNS}
    together = shape["positive"] * r.max() + shape["negative"] * -r.min()
    np.testing.assert_allclose(together, shape["absolute"] * np.abs(r).max(), atol=1e-5)


def spread(line, step):
    """Standard deviation of an impulse's answer, in the unit of `step`."""
    at = np.arange(len(line)) * step
    centre = (line * at).sum() / line.sum()
    return np.sqrt((line * (at - centre) ** 2).sum() / line.sum()), centre


@pytest.mark.parametrize("columns", [100, 200])
@pytest.mark.parametrize("seconds", [0.05, 0.1, 0.4])
def test_smoothing_over_time_is_in_seconds(columns, seconds):
    values = np.zeros((60, columns), np.float32)
    values[30, columns // 2] = 1
    gain = gains(explained(values), curve="linear", full=1.0, strength_db=120.0, smooth_s=seconds)
    width, centre = spread(gain[30], 4 / columns)
    assert width == pytest.approx(seconds, rel=0.03) and centre == pytest.approx(2.0, abs=0.001)
    assert gain[[29, 31]].max() < 2e-6  # no other band hears of it


@pytest.mark.parametrize("bands", [1.0, 3.0])
def test_smoothing_over_frequency_is_in_bands(bands):
    values = np.zeros((60, 100), np.float32)
    values[30, 50] = 1
    gain = gains(explained(values), curve="linear", full=1.0, strength_db=120.0, smooth_bands=bands)
    assert spread(gain[:, 50], 1) == pytest.approx((bands, 30), rel=0.03)
    assert gain[:, [49, 51]].max() < 2e-6


def test_full_says_how_much_is_heard_in_full():
    for full in (0.5, 0.8, 0.95):
        assert (gains(RANDOM, curve="linear", full=full) > 1 - 1e-6).mean() == pytest.approx(1 - full, abs=0.005)


def test_keep_says_which_share_stays():
    for keep in (0.05, 0.3, 0.9):
        gain = gains(RANDOM, curve="binary", keep=keep)
        assert (gain == 1).mean() == pytest.approx(keep, abs=0.005)
        assert np.abs(RANDOM.values)[gain == 1].min() > np.abs(RANDOM.values)[gain < 1].max()
    positive = (RANDOM.values > 0).mean()
    assert (gains(RANDOM, curve="binary", keep=0.9, sign="positive") == 1).mean() == positive < 0.9
    equal = explained(np.repeat([1.0, 2.0, 2.0, 2.0], 5)[None].repeat(20, axis=0))
    assert (gains(equal, curve="binary", keep=0.1) == 1).mean() == 0.75


def test_the_soft_knee_fades_around_the_share_that_stays():
    gain = gains(RANDOM, curve="soft knee", keep=0.3, knee=0.2, strength_db=120.0)
    assert (gain > 1 - 1e-6).mean() == pytest.approx(0.2, abs=0.005)
    assert (gain > 2e-6).mean() == pytest.approx(0.4, abs=0.005)
    np.testing.assert_array_equal(gains(RANDOM, curve="soft knee", keep=0.3, knee=0.0),
                                  gains(RANDOM, curve="binary", keep=0.3))


def test_one_extreme_cell_does_not_hide_the_rest():
    values = np.full((60, 100), 0.5, np.float32)
    values[0, 0] = 1000
    assert np.median(gains(explained(values))) == pytest.approx(PLAIN.floor, abs=0.01)  # below a thousandth
    values[0, 0] = 50
    assert np.median(gains(explained(values))) == pytest.approx(1, abs=0.01)
    assert np.median(gains(explained(values), full=1.0)) == pytest.approx(PLAIN.floor, abs=0.01)


def test_interpolation_is_bilinear_on_the_grid():
    values = np.add.outer(np.arange(4.0), 2 * np.arange(5.0))
    own = Grid(times=np.arange(5) * 0.5, freqs=100 + 100 * np.arange(4))
    explanation = Explanation("toy", "toy", "valence", "timefreq", values, 0, 0, grid=own)
    target = Grid(times=[0.0, 0.25, 1.9, 7.0], freqs=[0.0, 150.0, 333.0])
    gain = mask(explanation, target, SonifyParams(curve="linear", smooth_s=0, strength_db=120))
    full = np.quantile(values[values > 0.011], 0.95)
    cells = np.minimum(values / full, 1)
    for f, row in enumerate([0, 0.5, 2.33]):
        for t, column in enumerate([0, 0.5, 3.8, 4.0]):
            r, c = int(row), min(int(column), 3)
            square, dr, dc = cells[r:r + 2, c:c + 2], row - r, column - c
            assert gain[f, t] == pytest.approx(np.array([1 - dr, dr]) @ square @ np.array([1 - dc, dc]), abs=1e-5)


@pytest.mark.parametrize("choice", [{"curve": "cubic"}, {"sign": "both"}, {"source": "flute"}, {"strength_db": -1},
                                    {"strength_db": 121}, {"strength_db": np.nan}, {"smooth_s": -0.1},
                                    {"smooth_bands": 99}, {"keep": 0}, {"knee": 1.5}, {"full": 0.3}])
def test_choices_outside_what_is_allowed(choice):
    with pytest.raises(ParameterError, match=next(iter(choice))):
        SonifyParams(**choice)

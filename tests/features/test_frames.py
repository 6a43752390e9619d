"""The quick ways of frames.py against the plain ones."""

import numpy as np
import pytest
from scipy.ndimage import median_filter

from mer_core.features import frames


@pytest.fixture(scope="module")
def power() -> np.ndarray:
    """(50, bins) of very different levels, one row silent."""
    rng = np.random.default_rng(3)
    found = rng.exponential(size=(50, len(frames.BINS))) * 10.0 ** rng.uniform(-6, 3, (50, 1))
    found[7] = 0
    return found.astype(np.float32)


@pytest.mark.parametrize("share", [0.0, 0.01, 0.5, 0.85, 1.1])
def test_where_a_sum_is_reached(power, share):
    goal = share * power.sum(axis=1, dtype=float) + 1e-6
    plain = (np.cumsum(power, axis=1, dtype=float) < goal[:, None]).sum(axis=1).clip(max=len(frames.BINS) - 1)
    np.testing.assert_array_equal(frames.reached(power, goal), plain)


@pytest.mark.parametrize(("width", "axis"), [(11, 1), (7, 0), (3, 1)])
def test_the_running_median_is_scipys(power, width, axis):
    size = tuple(width if a == axis else 1 for a in (0, 1))
    np.testing.assert_array_equal(frames.running_median(power, width, axis), median_filter(power, size, mode="nearest"))


def test_contrast_is_the_loudest_over_the_quietest_bins(power):
    found = frames.contrast(power)
    for column, (first, last, count) in enumerate(frames.contrast_bands()):
        amplitude = np.sqrt(np.sort(power[:, first:last].astype(float), axis=1))
        valley, peak = amplitude[:, :count].mean(axis=1) ** 2, amplitude[:, -count:].mean(axis=1) ** 2
        plain = 10 * np.log10(np.maximum(peak, frames.FLOOR)) - 10 * np.log10(np.maximum(valley, frames.FLOOR))
        np.testing.assert_allclose(found[:, column], plain, atol=1e-4)


def test_blocks_leave_no_seam(monkeypatch):
    y = np.random.default_rng(0).standard_normal(frames.SR * 8).astype(np.float32) * 0.1
    found = frames.measure(y).values
    monkeypatch.setattr(frames, "BLOCK", 10_000)
    np.testing.assert_allclose(found, frames.measure(y).values, atol=2e-3)  # a bin of the roll-off at most

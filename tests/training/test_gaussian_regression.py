"""The divergence against numerical integration, and regressions to planted Gaussians."""

import numpy as np
import pytest

from mer_core.models._gaussian import to_gaussians, to_numbers
from mer_core.training import gaussian_regression as regression


def planted(count=400, noise=0.05, seed=0):
    """Two columns move the mean, a third the spread."""
    dice = np.random.default_rng(seed)
    z = dice.normal(size=(count, 3))
    numbers = np.column_stack([0.3 * z[:, 0], -0.2 * z[:, 1] + 0.1, -1 + 0.2 * z[:, 2], -1.2 + 0 * z[:, 0],
                               np.full(count, 0.5)])
    return z, to_gaussians(numbers + noise * dice.normal(size=numbers.shape))


def density(points, mean, covariance):
    apart = points - mean
    return np.exp(-np.einsum("ni,ij,nj->n", apart, np.linalg.inv(covariance), apart) / 2) / (
        2 * np.pi * np.sqrt(np.linalg.det(covariance)))


def test_divergence_is_the_integral():
    p = np.array([[0.2, -0.1]]), np.array([[[0.2, 0.05], [0.05, 0.1]]])
    q = np.array([[-0.1, 0.2]]), np.array([[[0.15, -0.03], [-0.03, 0.3]]])
    line = np.linspace(-4, 4, 801)
    points = np.stack(np.meshgrid(line, line), axis=-1).reshape(-1, 2)
    a, b = density(points, p[0][0], p[1][0]), density(points, q[0][0], q[1][0])
    wanted = np.sum(a * (np.log(np.maximum(a, 1e-300)) - np.log(np.maximum(b, 1e-300)))) * 0.01 ** 2
    assert regression.divergence(p, q)[0] == pytest.approx(wanted, abs=1e-4)
    assert regression.divergence(p, p)[0] == pytest.approx(0, abs=1e-12)
    half = tuple((p[0] / 2, p[1] / 4)), tuple((q[0] / 2, q[1] / 4))
    assert regression.divergence(*half)[0] == pytest.approx(wanted, abs=1e-4)  # the paper's plane


def test_distance_is_in_the_papers_plane():
    p, q = (np.array([[1.0, 1.0]]), None), (np.array([[-1.0, 1.0]]), None)
    assert regression.distance(p, q)[0] == 1.0  # from edge to edge


def test_a_regression_finds_what_moves_the_ellipse():
    z, truth = planted()
    found = regression.read(z, truth, 0.0)
    np.testing.assert_allclose(found.slopes[:, :3], np.diag([0.3, -0.2, 0.2]), atol=0.02)
    means, covariances = found(z)
    assert regression.divergence(truth, (means, covariances)).mean() < 0.1
    assert (np.linalg.eigvalsh(found(1e6 * z)[1]) > 0).all()


def test_the_penalty_is_chosen_where_nothing_was_learnt():
    dice = np.random.default_rng(1)
    z, truth = planted(120, noise=0.3)
    wide = np.column_stack([z, dice.normal(size=(120, 70))])
    learn, held = np.arange(120) < 80, np.arange(120) >= 80
    found = regression.chosen(wide, truth, learn, held)
    plain = regression.read(wide[learn], regression.part(truth, learn), 0.0)
    assert found.penalty > 0
    wanted = regression.part(truth, held)
    assert (regression.divergence(wanted, found(wide[held])).mean()
            < regression.divergence(wanted, plain(wide[held])).mean())


def test_the_papers_regression_may_leave_what_is_a_gaussian():
    z, truth = planted(noise=0.0)
    inside, wild = np.abs(z[:, 2]) < 1, z[:, 2] > 2
    assert regression.direct(z, truth, inside, inside, 0.0)["not_positive"] == 0
    far = np.vstack([z, 40 * z[wild]])
    both = tuple(np.concatenate([v, v[wild]]) for v in truth)
    train, test = np.arange(len(far)) < len(z), np.arange(len(far)) >= len(z)
    steep = -far  # the same slopes, walked the other way: variances below zero
    found = regression.direct(np.where(test[:, None], steep, far), both, train, test, 0.0)
    assert found["not_positive"] == 1 and np.isnan(found["kl"])


def test_one_gaussian_for_all_is_the_best_one():
    truth = planted()[1]
    mean, covariance = regression.same_for_all(truth)

    def error(m, c):
        return regression.divergence(truth, regression.repeated((m, c), len(truth[0]))).mean()
    best, dice = error(mean, covariance), np.random.default_rng(0)
    for _ in range(50):
        numbers = to_numbers(mean, covariance) + 0.05 * dice.normal(size=5)
        assert error(*to_gaussians(numbers)) > best


def test_a_perfect_ellipse_holds_its_share_and_a_narrow_one_less():
    truth = planted(300)[1]
    right = regression.coverage(truth, truth, (0.5, 0.8, 0.95), 200, seed=0)
    for row in right:
        assert row["of"] == 300 and row["ratings"] == 60_000 and row["means_inside"] == 300
        assert row["ratings_inside"] / row["ratings"] == pytest.approx(row["share"], abs=0.01)
    narrow = regression.coverage(truth, (truth[0], truth[1] / 4), (0.5, 0.8, 0.95), 200, seed=0)
    assert narrow[0]["ratings_inside"] / narrow[0]["ratings"] == pytest.approx(1 - 0.5 ** 0.25, abs=0.01)
    apart = regression.coverage(truth, (truth[0] + 5, truth[1]), (0.95,), 20, seed=0)[0]
    assert apart["means_inside"] == apart["ratings_inside"] == 0
    assert regression.coverage(truth, truth, (0.5,), 50, seed=3) == regression.coverage(truth, truth, (0.5,), 50, seed=3)


def test_slopes_are_those_of_ridge_regression():
    from mer_core.training.mid2e import fit_linear

    z, truth = planted(60)
    z = np.column_stack([5 * z + 1, np.full(60, 2.0)])  # the last column never moves
    for penalty, (slopes, bias) in zip((0.0, 0.3), regression.affine(z, truth[0], (0.0, 0.3)), strict=True):
        wanted = fit_linear(z, truth[0], ["a", "b", "c", "d"], penalty * 60)
        np.testing.assert_allclose(z @ slopes + bias, wanted(z), atol=1e-9)
        assert not slopes[3].any()


def test_the_mean_variance_is_that_of_the_labels():
    z, truth = planted(3000, noise=0.4)
    covariances = regression.read(z, truth, 0.01)(z)[1]
    for i in (0, 1):
        assert covariances[:, i, i].mean() == pytest.approx(truth[1][:, i, i].mean(), rel=0.03)

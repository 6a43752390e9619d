import numpy as np
import pytest
from scipy import stats
from sklearn import metrics as sk

from mer_core.errors import ParameterError
from mer_core.training import evaluate


@pytest.fixture
def pair():
    rng = np.random.default_rng(0)
    truth = rng.normal(size=200)
    return truth, 0.6 * truth + 0.3 * rng.normal(size=200) + 0.1


def test_metrics_agree_with_sklearn_and_scipy(pair):
    assert evaluate.r2(*pair) == pytest.approx(sk.r2_score(*pair))
    assert evaluate.rmse(*pair) == pytest.approx(sk.root_mean_squared_error(*pair))
    assert evaluate.mae(*pair) == pytest.approx(sk.mean_absolute_error(*pair))
    assert evaluate.pearson(*pair) == pytest.approx(stats.pearsonr(*pair).statistic)


def test_concordance_agrees_with_its_other_form(pair):
    truth, predicted = pair
    r, sy, sp = np.corrcoef(*pair)[0, 1], truth.std(), predicted.std()
    shift = truth.mean() - predicted.mean()
    assert evaluate.ccc(*pair) == pytest.approx(2 * r * sy * sp / (sy ** 2 + sp ** 2 + shift ** 2))
    assert evaluate.ccc(truth, truth) == pytest.approx(1)
    assert evaluate.ccc(truth, truth + 1) < 1 and evaluate.pearson(truth, truth + 1) == pytest.approx(1)


def test_the_mean_earns_nothing(pair):
    constant = np.full(200, pair[0].mean())
    assert evaluate.r2(pair[0], constant) == pytest.approx(0)
    assert evaluate.pearson(pair[0], constant) == 0


def test_the_errors_diagonal_is_the_squared_rmse(pair):
    truth, predicted = np.stack(pair, axis=1), np.stack(pair[::-1], axis=1) * 0.9
    covariance = evaluate.error_covariance(truth, predicted)
    for k in range(2):
        assert np.sqrt(covariance[k, k]) == pytest.approx(evaluate.rmse(truth[:, k], predicted[:, k]))
    slow = sum(np.outer(e, e) for e in truth - predicted) / len(truth)
    np.testing.assert_allclose(covariance, slow)
    assert "valence" in evaluate.table(evaluate.metrics(truth, predicted, ("valence", "arousal")))


@pytest.mark.parametrize("seed", range(3))
def test_no_group_is_split_and_each_clip_is_tested_once(seed):
    rng = np.random.default_rng(seed)
    groups = np.array([f"artist {k}" for k in rng.integers(0, 30, 100)])
    folds = evaluate.grouped_folds(groups, 5, seed)
    for train, test in folds:
        assert not set(groups[train]) & set(groups[test])
        assert len(train) + len(test) == 100 and 15 <= len(test) <= 25
    assert sorted(np.concatenate([test for _, test in folds])) == list(range(100))


def test_folds_depend_on_the_seed_alone():
    groups = [str(k // 2) for k in range(60)]
    same = [evaluate.grouped_folds(groups, 5, seed) for seed in (1, 1, 2)]
    assert all((a[1] == b[1]).all() for a, b in zip(same[0], same[1]))
    assert not all(len(a[1]) == len(b[1]) and (a[1] == b[1]).all() for a, b in zip(same[0], same[2]))


def test_too_few_groups_are_refused():
    with pytest.raises(ParameterError, match="at least 5 groups; there are 2"):
        evaluate.grouped_folds(["a", "b", "a"], 5)

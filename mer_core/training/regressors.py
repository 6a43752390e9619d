"""The six regressors of the paper (Arousal and valence on DEAM, section 2), by name: fit(params, x, y, weight, seed).

Each returns a function from (N, C) to (N,). What needs standardised values standardises them by its own training clips.
"""

from collections.abc import Callable

import numpy as np

Predict = Callable[[np.ndarray], np.ndarray]


def ridge(params: dict, x, y, weight, seed: int) -> Predict:
    from sklearn.linear_model import Ridge

    return _standardised(Ridge(**params), x, y, weight)


def lasso(params: dict, x, y, weight, seed: int) -> Predict:
    from sklearn.linear_model import Lasso

    return _standardised(Lasso(**params, max_iter=3000, tol=1e-3), x, y, weight)


def svr(params: dict, x, y, weight, seed: int) -> Predict:
    from sklearn.svm import SVR

    return _standardised(SVR(**params), x, y, weight)


def random_forest(params: dict, x, y, weight, seed: int) -> Predict:
    from sklearn.ensemble import RandomForestRegressor

    return RandomForestRegressor(**params, random_state=seed).fit(x, y, sample_weight=weight).predict


def gradient_boosting(params: dict, x, y, weight, seed: int) -> Predict:
    from sklearn.ensemble import GradientBoostingRegressor

    return GradientBoostingRegressor(**params, random_state=seed).fit(x, y, sample_weight=weight).predict


def xgboost(params: dict, x, y, weight, seed: int) -> Predict:
    booster = boost(params, x, y, weight, seed)
    return lambda given: booster.inplace_predict(np.ascontiguousarray(given, np.float32))


def boost(params: dict, x, y, weight, seed: int, names: list[str] | None = None):
    """The trained xgboost.Booster itself; `rounds` of the parameters is the number of trees. One thread, so that the
    same data and seed give the same trees on any machine."""
    import xgboost as xgb

    params = {"nthread": 1, "tree_method": "hist", **params, "seed": seed}
    rounds = params.pop("rounds")
    data = xgb.DMatrix(np.asarray(x, np.float32), y, weight=weight, feature_names=names)
    return xgb.train(params, data, rounds)


REGRESSORS = {f.__name__: f for f in (ridge, lasso, svr, random_forest, gradient_boosting, xgboost)}


def _standardised(model, x, y, weight) -> Predict:
    mean, scale = x.mean(axis=0), x.std(axis=0)
    scale = np.where(scale > 1e-9, scale, 1)
    model.fit((x - mean) / scale, y, sample_weight=weight)
    return lambda given: model.predict((given - mean) / scale)

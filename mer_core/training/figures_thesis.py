"""What the thesis draws of Mid2E: standardised coefficients, their ranking, and global SHAP values of the network."""

from __future__ import annotations

import numpy as np

from mer_core.schema import Progress, silent
from mer_core.training.evaluate import grouped_folds
from mer_core.training.fit_mid2e import Study, network
from mer_core.training.mid2e import fit_linear

BACKGROUND = 100  # clips of the training part that SHAP compares with
KEPT = 20  # terms of a ranking; with interactions there are many


def coefficients(study: Study, name: str, interactions: bool = False) -> dict:
    """Of the regression on all clips, in spreads of a rating for one spread of a feature: features (D,), targets (K,),
    values (D, K), sd (D, K) over regressions that each lack a grouped fifth, and ranking, [feature, mean |value|] from
    the largest."""
    table, width = study.tables[name], study.ratings.std(axis=0)
    whole = fit_linear(table.x, study.ratings, table.names, 0.0, interactions)
    folds = [fit_linear(table.x[learn], study.ratings[learn], table.names, 0.0, interactions)
             for learn, _ in grouped_folds(study.groups, study.recipe["outer"], study.recipe["seeds"]["mid2e"][0])]
    values = whole.coefficients / width
    same = [f.coefficients / width for f in folds if f.labels == whole.labels]  # a rare flag may lack in a part
    order = np.argsort(-np.abs(values).mean(axis=1))
    order = order[:KEPT] if interactions else order
    shown = sorted(order) if not interactions else order
    return {"features": [whole.labels[i] for i in shown], "targets": list(study.targets),
            "values": values[shown].round(4).tolist(),
            "sd": np.std(same, axis=0)[shown].round(4).tolist() if len(same) > 1 else None,
            "ranking": [[whole.labels[i], round(float(np.abs(values[i]).mean()), 4)] for i in order]}


def shap_of_network(study: Study, name: str, points: bool, progress: Progress = silent) -> dict:
    """mean: feature -> target -> mean |SHAP|, in the unit of the ratings, of clips that the network did not know; and
    with `points`, measured values (N, C) and shap target -> (N, C), clips in the order of the set, for a beeswarm."""
    table, seed = study.tables[name], study.recipe["seeds"]["mid2e"][0]
    found = np.zeros((len(table.x), len(table.names), len(study.targets)))
    folds = grouped_folds(study.groups, study.recipe["outer"], seed)
    for k, (learn, test) in enumerate(folds):
        progress(k / len(folds), f"SHAP of {name} features, fold {k + 1}")
        found[test] = _shap(study, name, learn, test, seed, k)
    mean = np.abs(found).mean(axis=0)
    drawn = {"mean": {f: dict(zip(study.targets, row.round(5).tolist(), strict=True))
                      for f, row in zip(table.names, mean, strict=True)}}
    if points:
        values = [[None if np.isnan(v) else round(float(v), 4) for v in row] for row in table.x]
        drawn |= {"features": list(table.names), "values": values,
                  "shap": {t: found[:, :, k].round(4).tolist() for k, t in enumerate(study.targets)}}
    return drawn


def _shap(study: Study, name: str, learn: np.ndarray, test: np.ndarray, seed: int, fold: int) -> np.ndarray:
    """(n, C, K) of one fold's test part. What the flag of a missing value adds is its descriptor's."""
    import shap
    import torch

    from mer_core.models.nets.a2e import Mid2E

    run = network(study, name, learn, seed, f"fold{fold}")
    weights = dict(run.weights)
    z, width = weights.pop("z"), weights.pop("width").numpy()
    net = Mid2E(z.shape[1], len(study.targets), study.recipe["network"]["hidden"]).eval()
    net.load_state_dict(weights)
    background = np.random.default_rng(seed).permutation(learn)[:BACKGROUND]
    torch.manual_seed(seed)
    values = shap.DeepExplainer(net, z[background]).shap_values(z[test], check_additivity=False)
    values = np.asarray(values, float) * width  # (n, D, K)
    count = len(study.tables[name].names)
    for flag, label in enumerate(run.metrics["labels"][count:]):
        owner = study.tables[name].names.index(label.removesuffix(" is not defined"))
        values[:, owner] += values[:, count + flag]
    return values[:, :count]

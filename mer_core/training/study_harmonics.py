"""The harmonics CNN beside networks without its structure, and whether its maps are bright for Q4 and dark for Q2.

    python -m mer_core evaluate harmonics --data DIR [--dataset soundtracks_deam]

Writes assets/results/harmonics.json. Every network is kept (nested.py), so that a run that was stopped goes on.
Brightness is measured on each fold's test songs with the network that never heard their artists.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from mer_core.errors import ParameterError
from mer_core.explainers._grad_cam_maps import maps
from mer_core.schema import Progress, part, silent
from mer_core.training import fit_harmonics, results_harmonics, run
from mer_core.training.fit_harmonics import Study
from mer_core.training.nested import Fitted, Outer, split_hash
from mer_core.training.results_harmonics import DRAWS, resampled

CONTENTMENT, ANXIETY = 3, 1  # Q4 and Q2, from 0
MEASURES = {  # of one song's map for one quadrant
    "relu": "mean of the map after its ReLU, in log-odds, before any scaling",
    "drawn": "the same divided by the song's brightest cell: how much of a heat map is bright as heat maps are drawn",
    "signed": "mean of the map without the ReLU, in log-odds: what speaks against the quadrant counts as dark"}
PICTURE = "mean of the input picture itself, without any network: how loud and how full the song is"
TOWARDS = {"said": "for the quadrant that the network says", "true": "for the quadrant that is true"}
ELSEWHERE = ("songs of Q1 and Q3: their map for Q4 against their map for Q2. What is as bright there is the network's "
             "way of saying Q4, and nothing of the song")


def train(data: Path, recipe: dict, out: Path, progress: Progress = silent) -> None:
    """A study has no weights of its own; raises ParameterError that says what there is."""
    raise ParameterError("the harmonics study compares networks and ships no weights; train harmonics_cnn")


def evaluate(data: Path, recipe: dict, progress: Progress = silent) -> dict:
    """row -> metric -> value; writes the stored results."""
    recipe = {**run.recipe(recipe["base"]), **recipe}
    study = fit_harmonics.opened(data, recipe, part(progress, 0, 0.1))
    found, rows = {}, recipe["rows"]
    for k, name in enumerate(rows):
        step = part(progress, 0.1 + 0.8 * k / len(rows), 0.1 + 0.8 * (k + 1) / len(rows))
        found[name] = fit_harmonics.measure(study, name, step, None if name == "harmonics" else recipe["compared"])
    bright = brightness(study, found["harmonics"], part(progress, 0.9, 1.0))
    table = [results_harmonics.row(name, study, of, size(name, recipe), fit_harmonics.plan_of(recipe, name))
             for name, of in found.items()]
    for one in table:
        if one["name"] == "plain":
            before = unsettled(study, recipe["compared"])
            one["before_settling"] = results_harmonics.figures(study.truth, before)["macro_f1"]
    against = {name: results_harmonics.difference(study, found["harmonics"], of) for name, of in found.items()
               if name != "harmonics"}
    results_harmonics.write(results_harmonics.results(study, table, against, bright))
    progress(1.0, "written")
    return {**{r["name"]: r["here"] for r in table},
            "brightness": {f"{r['name']} {r['of']}": {k: r[k] for k in ("d", "auc")} for r in bright["rows"]}}


def unsettled(study: Study, folds: int) -> np.ndarray:
    """(N, 4) what the plain networks said before their norms were measured anew."""
    found = np.full((len(study.clips), len(results_harmonics.QUADRANTS)), np.nan)
    for k, outer in enumerate(study.folds[:folds]):
        found[outer.test] = study.runs.stored(f"plain/outer{k}/final").predicted[outer.test]
    return found


def size(variant: str, recipe: dict) -> int:
    return sum(p.numel() for p in fit_harmonics.network(variant, recipe).parameters())


# brightness -----------------------------------------------------------------------------------------------------------


def brightness(study: Study, found: np.ndarray, progress: Progress = silent) -> dict:
    """Q4 against Q2 by each measure, towards the predicted and the true quadrant, and by the picture alone."""
    said, groups = found.argmax(axis=1), np.array([clip.group for clip in study.clips])
    shone = np.empty((len(said), 4, len(MEASURES)))
    for k, outer in enumerate(study.folds):
        progress(k / len(study.folds), f"brightness, fold {k + 1} of {len(study.folds)}")
        shone[outer.test] = of_fold(study, f"outer{k}", outer)[outer.test].reshape(-1, 4, len(MEASURES))
    plain, rows = np.array([float(np.mean(p, dtype=np.float64)) for p in study.pictures]), []
    for of, quadrant in (("said", said), ("true", study.truth)):
        own = shone[np.arange(len(said)), quadrant]
        rows += [{"name": name, "of": of, **contrast(own[:, m], quadrant, groups)} for m, name in enumerate(MEASURES)]
        rows.append({"name": "picture", "of": of, **contrast(plain, quadrant, groups)})
    clips = [{"id": c.id, "title": c.title, "truth": int(t), "said": int(s), "drawn": round(float(own[s, 1]), 5),
              "relu": round(float(own[s, 0]), 6)}
             for c, t, s, own in zip(study.clips, study.truth, said, shone, strict=True)]
    return {"measures": {**MEASURES, "picture": PICTURE}, "of": TOWARDS, "rows": rows,
            "elsewhere": {"words": ELSEWHERE, "rows": elsewhere(study, shone, groups)}, "clips": clips}


def elsewhere(study: Study, shone: np.ndarray, groups: np.ndarray) -> list[dict]:
    """A control: songs that are of neither quadrant, brightness towards Q4 against towards Q2."""
    others = ~np.isin(study.truth, (CONTENTMENT, ANXIETY))
    towards, artists = np.repeat([CONTENTMENT, ANXIETY], others.sum()), np.tile(groups[others], 2)
    return [{"name": name, **contrast(shone[others][:, [CONTENTMENT, ANXIETY], m].T.ravel(), towards, artists)}
            for m, name in enumerate(MEASURES)]


def of_fold(study: Study, name: str, outer: Outer) -> np.ndarray:
    """(N, 12): the three measures towards each of the four quadrants, of the fold's test songs."""
    def work() -> Fitted:
        made = fit_harmonics.network("harmonics", study.recipe)
        made.load_state_dict(study.runs.stored(f"harmonics/{name}/final").weights)
        found = np.full((len(study.clips), 4 * len(MEASURES)), np.nan)
        for i in outer.test:
            found[i] = np.concatenate([of_map(made.eval(), study.pictures[i], quadrant) for quadrant in range(4)])
        return Fitted([], {"table": made.table}, found)
    config = {"network": study.recipe["network"], "plan": fit_harmonics.plan_of(study.recipe, "harmonics"),
              "split": split_hash([clip.id for clip in study.clips], [outer]), "measures": list(MEASURES)}
    return study.runs.once(f"brightness/{name}", config, work).predicted


def of_map(made, picture: np.ndarray, quadrant: int) -> tuple[float, float, float]:
    """MEASURES of a whole song: Grad-CAM of each window (12, O, W'), all cells alike."""
    found = maps(made, fit_harmonics.windows(picture), quadrant, "map")
    lit = torch.relu(found)
    return float(lit.mean()), float(lit.mean() / lit.max().clamp(min=1e-12)), float(found.mean())


def contrast(values: np.ndarray, quadrant: np.ndarray, groups: np.ndarray) -> dict:
    """Means of Q4 and Q2, Cohen's d (Q4 above Q2, pooled deviation), the chance that a song of Q4 is brighter than one
    of Q2 (AUC), each with its 90 % interval over artists."""
    drawn = [effect(values[i], quadrant[i]) for i in resampled(groups, DRAWS)]
    d, auc = effect(values, quadrant)
    low, high = np.percentile(drawn, [5, 95], axis=0).round(3).tolist()
    one, other = (values[quadrant == q] for q in (CONTENTMENT, ANXIETY))
    return {"q4": float(f"{one.mean():.4g}"), "q2": float(f"{other.mean():.4g}"), "clips": [len(one), len(other)],
            "d": round(d, 3), "d_interval": [low[0], high[0]], "auc": round(auc, 3), "auc_interval": [low[1], high[1]]}


def effect(values: np.ndarray, quadrant: np.ndarray) -> tuple[float, float]:
    """Cohen's d and AUC of the songs of Q4 over those of Q2."""
    from scipy.stats import rankdata

    one, other = (values[quadrant == q] for q in (CONTENTMENT, ANXIETY))
    pooled = np.sqrt(((len(one) - 1) * one.var(ddof=1) + (len(other) - 1) * other.var(ddof=1))
                     / (len(one) + len(other) - 2))
    above = rankdata(np.concatenate([one, other]))[:len(one)].sum() - len(one) * (len(one) + 1) / 2
    return float((one.mean() - other.mean()) / max(pooled, 1e-12)), float(above / (len(one) * len(other)))

"""Which quadrant of the plane a clip of 4Q is in, from several views of its sound; nested by artist.

    MER_WEIGHTS=FOLDER python -m mer_core evaluate quadrants --data DIR

Writes assets/results/quadrants.json. Each learner is kernel ridge regression of four indicators, one a quadrant (the
least-squares form of a support vector machine: Suykens, Vandewalle, Neural Processing Letters 9, 1999). Kernel width,
penalty, the weights of a stack (Breiman, Machine Learning 24, 1996) and the row to trust are chosen on inner folds of
each outer training part; its test part is predicted once.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np

from mer_core import registry
from mer_core.datasets._base import Clip
from mer_core.errors import ParameterError
from mer_core.features.handcrafted import PAPER
from mer_core.models._hearing import ears
from mer_core.schema import Progress, part, silent
from mer_core.training import embeddings_cache, features_cache, results_quadrants, stored
from mer_core.training.evaluate import grouped_folds
from mer_core.training.fit_c2d import _plain
from mer_core.training.nested import FOLDER
from mer_core.training.results_quadrants import CHOSEN, macro_f1
from mer_core.training.study_handcrafted import _keep, settings

Learner = tuple[str, ...]  # parts whose kernels are averaged
WIDEST = 1e-6  # a column that varies less is taken as constant


@dataclass(frozen=True, eq=False)
class Songs:
    """Clips in several views, with the quadrant (0-3) and the artist of each."""

    parts: dict[str, np.ndarray]  # name -> (N, C)
    quadrants: np.ndarray  # (N,)
    artists: np.ndarray  # (N,)

    @property
    def indicators(self) -> np.ndarray:
        """(N, 4): 1 in the column of the clip's quadrant."""
        return np.eye(4)[self.quadrants]


def train(data: Path, recipe: dict, out: Path, progress: Progress = silent) -> None:
    """A study has no weights of its own; raises ParameterError that says what there is."""
    raise ParameterError("the quadrant study compares views of the sound and ships no weights; evaluate quadrants")


def evaluate(data: Path, recipe: dict, progress: Progress = silent) -> dict:
    """row -> metric -> value, the mean of the recipe's divisions into folds; writes the stored results."""
    songs, clips = read(data, recipe, part(progress, 0.0, 0.3))
    scores, trusted = study(songs, recipe, part(progress, 0.3, 1.0))
    found = results_quadrants.results(clips, songs.quadrants, scores, trusted, recipe)
    stored.write("quadrants", found, results_quadrants.FOLDER, home="4q")
    progress(1.0, "written")
    return {row["title"]: row["here"] for row in found["table"]}


# what is heard --------------------------------------------------------------------------------------------------------


def read(data: Path, recipe: dict, progress: Progress = silent) -> tuple[Songs, list[Clip]]:
    """The set's clips in every view that a row of the recipe asks for."""
    clips = registry.get("datasets", recipe["rated"])(data).clips()
    names = sorted({name for learner in learners(recipe) for name in learner})
    nets = ears(tuple(names))
    steps = [part(progress, i / (len(nets) + 1), (i + 1) / (len(nets) + 1)) for i in range(len(nets))]
    heard = {net: embeddings_cache.cached(net, clips, progress=step) for net, step in zip(nets, steps, strict=True)}
    measured = features_cache.cached(recipe["rated"], clips, workers=recipe.get("workers"))[:, 0]
    parts = {name: view(name, heard, measured).astype(float) for name in names}
    return Songs(parts, np.array([c.quadrant - 1 for c in clips]), np.array([_plain(c.group) for c in clips])), clips


def view(name: str, heard: dict[str, list[dict]], measured: np.ndarray) -> np.ndarray:
    """(N, C): measured values, or the mean of what a network hears over a clip's chunks, or its deviation (":sd")."""
    if name.startswith("handcrafted"):
        return measured[:, :PAPER] if name == f"handcrafted_{PAPER}" else measured
    layer, _, how = name.partition(":")
    net, _, layer = layer.partition("_")
    return np.stack([(clip[layer].std if how else clip[layer].mean)(axis=0) for clip in heard[net]])


def learners(recipe: dict) -> list[Learner]:
    """Every learner of any row, once."""
    return list(dict.fromkeys(tuple(parts) for row in recipe["rows"] for parts in row["learners"]))


# one learner ----------------------------------------------------------------------------------------------------------


def distances(x: np.ndarray, fit: np.ndarray) -> np.ndarray:
    """(N, N) squared distances of the clips, standardised by the clips `fit` and divided by the number of columns, so
    that two clips are 2 apart on average in any view."""
    spread = x[fit].std(axis=0)
    z = (x - x[fit].mean(axis=0)) / (np.where(spread > WIDEST, spread, 1) * np.sqrt(x.shape[1]))
    squares = (z ** 2).sum(axis=1)
    return np.maximum(squares[:, None] + squares - 2 * z @ z.T, 0)


def regress(kernel: np.ndarray, truth: np.ndarray, fit: np.ndarray, test: np.ndarray, alpha: float) -> np.ndarray:
    """(len(test), 4) of kernel ridge regression of truth (N, 4) with penalty alpha, around the mean of `fit`."""
    mean = truth[fit].mean(axis=0)
    weights = np.linalg.solve(kernel[np.ix_(fit, fit)] + alpha * np.eye(len(fit)), truth[fit] - mean)
    return mean + kernel[np.ix_(test, fit)] @ weights


def answers(songs: Songs, fit: np.ndarray, test: np.ndarray, wanted: dict[Learner, list[dict]]) -> dict[Learner, list]:
    """learner -> (len(test), 4) for each of its settings; nothing of `test` but its sound is used."""
    apart = {name: distances(songs.parts[name], fit) for name in {n for learner in wanted for n in learner}}
    found: dict[Learner, list] = {learner: [] for learner in wanted}
    for learner, tried in wanted.items():
        for setting in tried:
            kernel = np.mean([np.exp(-setting["gamma"] * apart[name] / 2) for name in learner], axis=0)
            found[learner].append(regress(kernel, songs.indicators, fit, test, setting["alpha"]))
    return found


# one outer fold -------------------------------------------------------------------------------------------------------


def one_fold(songs: Songs, learn: np.ndarray, test: np.ndarray, recipe: dict) -> dict:
    """{"scores": row -> (len(test), 4), "trusted": the row that the inner folds found best}."""
    folds = grouped_folds(songs.artists[learn], recipe["inner"], 1000)
    held, best = inner(songs, learn, folds, recipe)
    tested = answers(songs, learn, test, {learner: [setting] for learner, setting in best.items()})
    truth, scores, quality = songs.indicators[learn], {}, {}
    for row in recipe["rows"]:
        ours = np.stack([held[tuple(parts)] for parts in row["learners"]])
        weight = weights(row["combine"], ours, truth)
        scores[row["name"]] = np.tensordot(weight, [tested[tuple(parts)][0] for parts in row["learners"]], 1)
        said = crossed(row["combine"], ours, truth, folds).argmax(axis=1)
        quality[row["name"]] = macro_f1(songs.quadrants[learn], said)
    trusted = max(quality, key=quality.get)
    return {"scores": {**scores, CHOSEN: scores[trusted]}, "trusted": trusted}


def inner(songs: Songs, learn: np.ndarray, folds: list, recipe: dict) -> tuple[dict, dict]:
    """learner -> (len(learn), 4) answers without the clip's artist at its best setting, and learner -> that setting: the
    one with the smallest squared error."""
    tried, truth = settings(recipe["grid"]), songs.indicators[learn]
    found = {learner: np.empty((len(tried), *truth.shape)) for learner in learners(recipe)}
    for fit, out in folds:
        for learner, values in answers(songs, learn[fit], learn[out], {name: tried for name in found}).items():
            found[learner][:, out] = values
    best = {learner: int(((values - truth) ** 2).sum(axis=(1, 2)).argmin()) for learner, values in found.items()}
    return ({learner: values[best[learner]] for learner, values in found.items()},
            {learner: tried[i] for learner, i in best.items()})


def weights(combine: str, held: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """(L,) of the learners of a row from their inner answers (L, n, 4): equal, or what fits the truth best, none below
    zero."""
    if combine == "mean":
        return np.full(len(held), 1 / len(held))
    from scipy.optimize import nnls

    return nnls(held.reshape(len(held), -1).T, truth.ravel())[0]


def crossed(combine: str, held: np.ndarray, truth: np.ndarray, folds: list) -> np.ndarray:
    """(n, 4) inner answers of a row, each weighed without the clip's own inner fold."""
    found = np.empty(truth.shape)
    for fit, out in folds:
        found[out] = np.tensordot(weights(combine, held[:, fit], truth[fit]), held[:, out], 1)
    return found


# all of them ----------------------------------------------------------------------------------------------------------


def study(songs: Songs, recipe: dict, progress: Progress = silent) -> tuple[dict[str, list[np.ndarray]], list[str]]:
    """row -> (N, 4) out-of-fold scores for each division, and the rows that were trusted. Each fold is kept in
    build/runs, so that a run that was stopped goes on."""
    scores = {name: [np.empty((len(songs.quadrants), 4)) for _ in recipe["splits"]]
              for name in (*(row["name"] for row in recipe["rows"]), CHOSEN)}
    folder, trusted = run_folder(songs, recipe), []
    steps = list(product(range(len(recipe["splits"])), range(recipe["outer"])))
    for step, (i, k) in enumerate(steps):
        progress(step / len(steps), f"division {i + 1}, fold {k + 1}")
        learn, test = grouped_folds(songs.artists, recipe["outer"], recipe["splits"][i])[k]
        path = folder / f"split{recipe['splits'][i]}-outer{k}.json"
        if not path.exists():
            done = one_fold(songs, learn, test, recipe)
            _keep(path, {**done, "scores": {name: values.tolist() for name, values in done["scores"].items()}})
        known = json.loads(path.read_text())
        trusted.append(known["trusted"])
        for name, values in known["scores"].items():
            scores[name][i][test] = values
    return scores, trusted


def run_folder(songs: Songs, recipe: dict) -> Path:
    """Named by the data and by what of the recipe a fold depends on, so that another grid starts anew, but a further
    division goes on."""
    plan = {key: recipe[key] for key in ("outer", "inner", "grid", "rows")}
    given = hashlib.sha256(json.dumps([plan, songs.artists.tolist(), songs.quadrants.tolist()]).encode())
    for name, x in sorted(songs.parts.items()):
        given.update(name.encode() + np.ascontiguousarray(x).tobytes())
    return FOLDER / f"quadrants-{recipe['rated']}-{given.hexdigest()[:12]}"

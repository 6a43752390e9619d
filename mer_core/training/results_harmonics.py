"""The stored results of the harmonics CNN: four networks on four quadrants beside the paper's two, and the brightness
of their maps."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from mer_core import registry
from mer_core.registry import ASSETS
from mer_core.training import stored
from mer_core.training.nested import split_hash
from mer_core.training.results_quadrants import confusion, measures

FOLDER = ASSETS / "results"
QUADRANTS = ("exuberance", "anxiety", "sadness", "contentment")  # Q1 to Q4
PAPER = {"system": "harmonics CNN, about 100,000 parameters", "f1": 0.51, "plain_f1": 0.48,
         "data": "Soundtracks (360 excerpts) and DEAM (1,802 excerpts), 6 s",
         "protocol": "10-fold cross-validation, not said whether artists or albums are kept apart",
         "where": "abstract; arXiv 2408.07113, read in a summary"}
TITLES = {"harmonics": "harmonics CNN: each branch hears one pitch class",
          "random": "the same network on random bands",
          "contiguous": "the same network on neighbouring bands",
          "plain": "plain CNN, square kernels"}
DRAWS = 1000


def figures(truth: np.ndarray, found: np.ndarray) -> dict:
    """(N,) quadrants from 0 and (N, 4) answers, NaN where there is none -> what a card states."""
    asked = np.isfinite(found[:, 0])
    counts = confusion(truth[asked], found[asked].argmax(axis=1))
    right = np.diag(counts)
    precision, recall = (right / np.maximum(counts.sum(axis=axis), 1) for axis in (0, 1))
    f1 = 2 * precision * recall / np.maximum(precision + recall, 1e-12)
    each = {name: {"precision": round(float(p), 4), "recall": round(float(r), 4), "f1": round(float(f), 4)}
            for name, p, r, f in zip(QUADRANTS, precision, recall, f1, strict=True)}
    return {**{name: round(float(v), 4) for name, v in measures(counts).items()}, "confusion": counts.tolist(), **each}


def row(name: str, study, found: np.ndarray, parameters: int, plan: dict) -> dict:
    """A row of the table: one variant's figures, with the 90 % interval of its macro-F1 over artists."""
    asked = np.isfinite(found[:, 0])
    here = figures(study.truth, found)
    groups = np.array([clip.group for clip in study.clips])[asked]
    said, truth = found[asked].argmax(axis=1), study.truth[asked]
    spread = [measures(confusion(truth[i], said[i]))["macro_f1"] for i in resampled(groups, DRAWS)]
    return {"name": name, "title": TITLES[name], "parameters": parameters, "epochs": plan["epochs"],
            "paper": {"f1": {"harmonics": PAPER["f1"], "plain": PAPER["plain_f1"]}.get(name)},
            "here": {k: v for k, v in here.items() if isinstance(v, float)},
            "interval": np.percentile(spread, [5, 95]).round(4).tolist(), "clips": int(asked.sum()),
            "confusion": here["confusion"], "quadrants": {name: here[name] for name in QUADRANTS}}


def difference(study, ours: np.ndarray, theirs: np.ndarray) -> dict:
    """Macro-F1 of one network minus another's on the clips that both answered, with its 90 % interval over artists."""
    both = np.isfinite(ours[:, 0]) & np.isfinite(theirs[:, 0])
    groups, truth = np.array([clip.group for clip in study.clips])[both], study.truth[both]
    a, b = ours[both].argmax(axis=1), theirs[both].argmax(axis=1)

    def apart(i) -> float:
        return measures(confusion(truth[i], a[i]))["macro_f1"] - measures(confusion(truth[i], b[i]))["macro_f1"]
    spread = [apart(i) for i in resampled(groups, DRAWS)]
    return {"macro_f1": round(float(apart(slice(None))), 4), "clips": int(both.sum()),
            "interval": np.percentile(spread, [5, 95]).round(4).tolist()}


def resampled(groups: np.ndarray, draws: int, seed: int = 0):
    """`draws` times the indices of all clips of as many artists as there are, drawn with replacement."""
    rng, (names, member) = np.random.default_rng(seed), np.unique(groups, return_inverse=True)
    clips = [np.flatnonzero(member == k) for k in range(len(names))]
    for _ in range(draws):
        yield np.concatenate([clips[k] for k in rng.integers(len(names), size=len(names))])


def results(study, table: list[dict], against: Mapping[str, dict], bright: dict) -> dict:
    """All that a page needs; `table` the rows, `against` other row -> `difference`, `bright` study_harmonics' part."""
    known, recipe = registry.get("datasets", study.recipe["rated"]), study.recipe
    here = {"data": known.title, "dataset": known.name, "clips": len(study.clips), "citation": known.citation,
            "licence": known.licence, "seed": recipe["seed"],
            "split": split_hash([clip.id for clip in study.clips], study.folds), "protocol": protocol(recipe),
            "reduced": reduced(recipe)}
    curves = {row["name"]: study.runs.stored(f"{row['name']}/outer0/final").curve for row in table}
    return {"system": "harmonics", "command": "python -m mer_core evaluate harmonics --data DIR", "paper": PAPER,
            "here": here, "quadrants": list(QUADRANTS), "table": table, "against": dict(against), "curves": curves,
            "brightness": bright}


def protocol(recipe: dict) -> str:
    title = registry.get("datasets", recipe["rated"]).title
    return (f"artist-grouped {recipe['outer']}-fold cross-validation on {title}; {recipe['tune']['epochs']} epochs, "
            "fixed in advance; a clip's answer is the mean of its windows of 6 s, one every 3 s")


def reduced(recipe: dict) -> list[str]:
    """Plain sentences for the reader of a table."""
    plan, plain = recipe["tune"], recipe.get("plain", {})
    elsewhere = "trained on Soundtracks and DEAM, which are not at hand; only a summary of it is"
    said = [f"The paper {elsewhere if recipe['rated'] == '4q' else 'is known from a summary'}, so sizes of kernels and "
            "pools are ours.",
            f"An epoch hears {plan['views']} random window of 6 s of each clip. How to train was settled once for all "
            "rows, on the harmonics network, by clips held out inside the training parts of two folds. Other folds "
            "test those clips, which may flatter the figures a little. The number of epochs was set by the time at "
            "hand."]
    if "rows" in recipe:
        said.append("After training, the norms of the plain CNN are measured anew without dropout, on clips it learnt "
                    "from: as they stood it leaned to one quadrant.")
    if "epochs" in plain:
        said.append(f"The plain CNN learns for {plain['epochs']} epochs in the place of {plan['epochs']}.")
    if recipe.get("compared", recipe["outer"]) < recipe["outer"]:
        said.append(f"The networks it is compared with were tested on {recipe['compared']} of the {recipe['outer']} "
                    "folds; a difference is between the same clips.")
    return said


def write(found: dict, folder: Path | None = None) -> Path:
    """assets/results/harmonics.json for 4Q; harmonics-DATASET.json for another set."""
    return stored.write("harmonics", found, folder or FOLDER, home="4q")

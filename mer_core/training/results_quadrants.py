"""The stored results of the quadrant study: measures of four classes, and what others measured on the same clips."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from mer_core import registry
from mer_core.datasets._base import Clip
from mer_core.registry import ASSETS

FOLDER = ASSETS / "results"
CHOSEN = "chosen"
PLEASANT, ENERGETIC = (0, 3), (0, 1)  # the quadrants with valence, and with arousal, above zero
REFERENCES = [  # the same clips; "here" is artist-grouped and untuned, measured before this study and by no command of it
    {"name": "authors_100", "title": "the authors' 100 selected features, SVM", "paper": {"macro_f1": .764},
     "here": {"macro_f1": .751, "valence_side": .824, "arousal_side": .896}},
    {"name": "musicnn_svm", "title": "untuned: MusiCNN's embedding, SVM", "here": {"macro_f1": .718}},
    {"name": "mn04_svm", "title": "untuned: mn04's embedding, SVM", "here": {"macro_f1": .728}},
    {"name": "both_svm", "title": "untuned: both embeddings, SVM", "here": {"macro_f1": .741}},
]
NOTE = ("Paper: Panda, Malheiro and Paiva 2018, 20 times 10 folds that do not keep artists apart. Their 100 features were "
        "selected on these very clips, which flatters both of their figures. The first four rows were measured once before "
        "this study, with nothing tuned.")


def confusion(truth: np.ndarray, said: np.ndarray, classes: int = 4) -> np.ndarray:
    """(K, K) counts: a row is the true class, a column the answer; both (N,) from 0."""
    found = np.zeros((classes, classes), int)
    np.add.at(found, (truth, said), 1)
    return found


def macro_f1(truth: np.ndarray, said: np.ndarray) -> float:
    """The mean of the four quadrants' F1."""
    return measures(confusion(truth, said))["macro_f1"]


def measures(counts: np.ndarray) -> dict[str, float]:
    """(4, 4) counts -> accuracy, macro precision, recall and F1 (the mean of the classes' own), and the shares whose
    valence side and arousal side are right. A class that is never answered has precision 0."""
    right = np.diag(counts).astype(float)
    precision, recall = (right / np.maximum(counts.sum(axis=axis), 1) for axis in (0, 1))
    f1 = 2 * precision * recall / np.maximum(precision + recall, 1e-12)
    return {"accuracy": right.sum() / counts.sum(), "macro_precision": precision.mean(), "macro_recall": recall.mean(),
            "macro_f1": f1.mean(), "valence_side": side(counts, PLEASANT), "arousal_side": side(counts, ENERGETIC)}


def side(counts: np.ndarray, positive: Sequence[int]) -> float:
    """The share of clips whose answer is on the true side; `positive` are the quadrants of one side."""
    above = np.isin(np.arange(len(counts)), positive)
    return float(counts[above[:, None] == above].sum() / counts.sum())


def results(clips: list[Clip], truth: np.ndarray, scores: dict[str, list[np.ndarray]], trusted: list[str],
            recipe: dict) -> dict:
    """All that a page needs. `scores`: row -> (N, 4) out-of-fold scores for each division; `trusted`: the row that each
    outer fold's inner folds found best."""
    known, titles = registry.get("datasets", recipe["rated"]), {row["name"]: row["title"] for row in recipe["rows"]}
    here = {"data": known.title, "dataset": known.name, "clips": len(clips), "citation": known.citation,
            "licence": known.licence, "splits": recipe["splits"], "protocol": protocol(recipe), "reduced": reduced(recipe)}
    table = [row(name, titles.get(name, "whichever row the inner folds trust"), truth, of, recipe["splits"])
             for name, of in scores.items()]
    return {"system": "quadrants", "command": "python -m mer_core evaluate quadrants --data DIR", "here": here,
            "table": table, "trusted": dict(Counter(trusted).most_common())}


def row(name: str, title: str, truth: np.ndarray, scores: Sequence[np.ndarray], splits: Sequence[int]) -> dict:
    """Mean measures of the divisions, macro-F1 of each, and the mean counts."""
    counts = [confusion(truth, of.argmax(axis=1)) for of in scores]
    each = [measures(c) for c in counts]
    return {"name": name, "title": title, "here": {m: round(float(np.mean([e[m] for e in each])), 4) for m in each[0]},
            "splits": {str(s): round(e["macro_f1"], 4) for s, e in zip(splits, each, strict=True)},
            "confusion": np.mean(counts, axis=0).round(1).tolist()}


def protocol(recipe: dict) -> str:
    return (f"artist-grouped nested cross-validation: {recipe['outer']} outer folds measure; {recipe['inner']} inner folds "
            "of each training part choose every learner's kernel width and penalty, the weights of a stack, and the row "
            f"to trust; mean of {len(recipe['splits'])} divisions into folds")


def reduced(recipe: dict) -> list[str]:
    """Plain sentences for the reader of a table."""
    seeds = " and ".join(map(str, recipe.get("settled", [])))
    return [*([f"Rows and grid were settled while looking at divisions {seeds} of the same clips, which may flatter the "
               f"figures a little; the table is of divisions {', '.join(map(str, recipe['splits']))}."] if seeds else []),
            "The student is left out: it was taught on the quadrants and tags of these clips.",
            "Tried and left out, as they were no better there: support vector machines with the same kernels, and the "
            "ratings of MUSIFEAST-17 as further training clips."]

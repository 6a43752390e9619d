"""The stored results of the perceptual route: happy against sad here beside the thesis' own, and each clip's answer."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from mer_core import registry
from mer_core.registry import ASSETS
from mer_core.schema import TARGETS
from mer_core.training import distil_vit, stored
from mer_core.training.evaluate import error_covariance, metrics
from mer_core.training.nested import outer_folds, split_hash
from mer_core.training.results_quadrants import confusion
from mer_core.training.source_models import Study

FOLDER = ASSETS / "results"
CLASSES = ("happy", "sad")
QUADRANTS = (1, 3)  # in the order of CLASSES
PAPER = {"system": "ViT-Base/16 from ImageNet weights, fine-tuned",
         "data": "Musical Emotions Classification (Kaggle), 237 test clips of 10 s",
         "protocol": "one split; 60 epochs at most, early stopping with a patience of 10",
         "accuracy": 0.776, "confusion": [[62, 40], [13, 122]], "happy": {"precision": 0.83, "recall": 0.61},
         "sad": {"precision": 0.75, "recall": 0.90}, "where": "section 5.2.2, figure 21"}


def truth(study: Study) -> np.ndarray:
    """(N,) place of each clip's mood in CLASSES."""
    return np.array([QUADRANTS.index(clip.quadrant) for clip in study.clips])


def figures(study: Study, found: Mapping[int, np.ndarray]) -> dict:
    """division -> (N, K) out-of-fold answers -> what a card states. Ratings: the mean of the divisions. Classes: all
    figures are of the first division, whose counts are whole clips; the accuracy of each is beside them."""
    if study.recipe["kind"] == "classes":
        known, first = truth(study), found[study.recipe["splits"][0]]
        each = {str(seed): round(float((p.argmax(axis=1) == known).mean()), 4) for seed, p in found.items()}
        return {**of_counts(confusion(known, first.argmax(axis=1), len(CLASSES))), "splits": each,
                "mean_accuracy": round(float(np.mean(list(each.values()))), 4)}
    each = {str(seed): metrics(study.ratings, p, TARGETS) for seed, p in found.items()}
    mean = {t: {m: round(float(np.mean([e[t][m] for e in each.values()])), 4) for m in values}
            for t, values in next(iter(each.values())).items()}
    covariance = np.mean([error_covariance(study.ratings, p) for p in found.values()], axis=0)
    return {**mean, "covariance": covariance.round(6).tolist(),
            "splits": {seed: {t: e[t]["r2"] for t in TARGETS} for seed, e in each.items()}}


def of_counts(counts: np.ndarray) -> dict:
    """(2, 2) clips, rows the truth -> accuracy, the counts, and precision, recall and F1 of each class."""
    right = np.diag(counts)
    precision, recall = (right / np.maximum(counts.sum(axis=axis), 1) for axis in (0, 1))
    f1 = 2 * precision * recall / np.maximum(precision + recall, 1e-12)
    return {"accuracy": round(float(right.sum() / counts.sum()), 4), "confusion": counts.tolist(),
            **{name: {"precision": round(float(p), 4), "recall": round(float(r), 4), "f1": round(float(f), 4)}
               for name, p, r, f in zip(CLASSES, precision, recall, f1, strict=True)}}


def results(study: Study, found: Mapping[int, np.ndarray]) -> dict:
    """All that a page needs."""
    known, recipe, seed = registry.get("datasets", study.recipe["rated"]), study.recipe, study.recipe["splits"][0]
    folds = outer_folds([c.group for c in study.clips], recipe["outer"], recipe["inner"], seed)
    here = {"data": known.title, "dataset": known.name, "clips": len(study.clips), "citation": known.citation,
            "licence": known.licence, "seed": recipe["seed"], "split": split_hash([c.id for c in study.clips], folds),
            "protocol": protocol(recipe), "reduced": reduced(recipe), **figures(study, found)}
    curves = {"distil": [] if known.name in recipe["start"] else [point for name in distil_vit.lessons(recipe)
                                                  for point in study.runs.stored(name).curve],
              "folds": [study.runs.stored(f"{recipe['model']}-{known.name}/split{seed}/{o.inner[0].name}").curve
                        for o in folds]}
    clips = [{"id": c.id, "title": c.title, "truth": CLASSES[t], "happy": round(float(p[0]), 4)}
             for c, t, p in zip(study.clips, truth(study), found[seed], strict=True)]
    return {"system": "vit", "command": f"python -m mer_core evaluate {recipe['model']} --data DIR", "paper": PAPER,
            "here": here, "classes": list(CLASSES), "cases": cases(clips), "curves": curves, "clips": clips}


def cases(clips: list[dict]) -> list[dict]:
    """The most confident clip of each cell of the confusion matrix, the thesis' figures 22 to 25."""
    found = []
    for said in CLASSES:
        for actual in CLASSES:
            sure = {c["id"]: c["happy"] if said == "happy" else 1 - c["happy"] for c in clips if c["truth"] == actual}
            best = max(sure, key=sure.get, default="")
            if best and sure[best] > 0.5:
                found.append({"id": best, "title": next(c["title"] for c in clips if c["id"] == best), "truth": actual,
                              "said": said, "probability": round(sure[best], 4)})
    return found


def protocol(recipe: dict) -> str:
    title = registry.get("datasets", recipe["rated"]).title
    clips = f"the clips of Q1 (happy) and Q3 (sad) of {title}" if recipe["rated"] == "4q" else title
    return (f"artist-grouped {recipe['outer']}-fold cross-validation on {clips}; "
            f"{recipe['inner_used']} of {recipe['inner']} artist-grouped folds inside each training part say when to "
            "stop, then one network learns the whole part; a clip's answer is the mean of "
            f"{recipe['windows']} windows of 10 s")


def reduced(recipe: dict) -> list[str]:
    """Plain sentences for the reader of a table."""
    size, lesson, plan = recipe["network"], recipe["distil"], recipe["tune"]
    fixed, heard = plan["frozen"], [registry.get("datasets", name).title for name in lesson["sets"]]
    taught = ("only its last norm and its head learn" if fixed == size["depth"] else
              f"its first {fixed} blocks stay as they are" if fixed else "all of it learns")
    tutored = ["Beside the labels it learnt what a linear answer of both larger networks, fitted to the labels of the "
               "same training part, says of the lesson's clips that have no label here. That was settled by held-out "
               "clips too: for moods by their accuracy, though their cross-entropy was a little better without."]
    epochs = " + ".join(str(one["epochs"]) for one in (lesson, *recipe["again"]))
    return [f"A transformer {size['width']} wide and {size['depth']} deep takes the place of ViT-Base/16, and what two "
            "larger audio networks hear takes the place of ImageNet: it learnt to say that, without labels, in "
            f"{epochs} epochs over {', '.join(heard)}, {lesson['keep']} of the 196 patches of a picture at a time.",
            "Of 4Q it heard only Q2 and Q4 there, among them other songs of some artists of Q1 and Q3; of MUSIFEAST-17 "
            "every clip, without its ratings.",
            f"With the labels {taught}: at most {plan['epochs']} epochs of {plan['chunks']} of {plan['views']} altered "
            "chunks of each clip. How to alter and how long to learn was settled by clips held out inside training "
            "parts.", *(tutored if "tutor" in plan else [])]


def write(found: dict, folder: Path | None = None) -> Path:
    """assets/results/vit.json for 4Q; vit-DATASET.json for another set."""
    return stored.write("vit", found, folder or FOLDER, home="4q")

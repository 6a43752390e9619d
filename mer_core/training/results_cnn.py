"""The stored results of the networks on chunks: the paper's tables 3 to 10 beside what is measured here."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from mer_core import registry
from mer_core.models.nets.cnn_family import NETWORKS
from mer_core.registry import ASSETS
from mer_core.schema import TARGETS
from mer_core.training import stored
from mer_core.training.evaluate import metrics
from mer_core.training.nested import Outer, split_hash
from mer_core.training.source_models import Study

FOLDER = ASSETS / "results"
TITLES = {"cnn": "CNN", "cnn_se_temporal": "CNN + SE + temporal convolution", "cnn_se_gru": "CNN + SE + GRU",
          "cnn_se_gru_attention": "CNN + SE + GRU + attention"}
# best epoch on the split that was reported: R2, RMSE and MAE on 1-9, of V and of A
PRINTED = {"cnn": ((.4350, .8565, .6781), (.4830, .9061, .7220)),
           "cnn_se_temporal": ((.4642, .8340, .6688), (.5273, .8665, .6834)),
           "cnn_se_gru": ((.4599, .8374, .6627), (.5119, .8805, .6853)),
           "cnn_se_gru_attention": ((.4561, .8404, .6685), (.4990, .8920, .7087))}
PAPER = {"system": "Networks on 3 s log-mel chunks", "data": "DEAM, 1744 songs", "scale": "1 to 9",
         "protocol": "one split; a network for each target; the best epoch by the split that is reported",
         "note": "In the published notebooks the GRU, the attention and the temporal convolution ran over mel bands, "
                 "and only the first 3 s of a song were read. The text says time and chunks; that is what is done here."}


def printed(name: str) -> dict:
    return {t: dict(zip(("r2", "rmse_1_9", "mae_1_9"), values, strict=True))
            for t, values in zip(TARGETS, PRINTED[name], strict=True)}


def figures(truth: np.ndarray, predicted: np.ndarray) -> dict[str, dict[str, float]]:
    """target -> metrics on [-1, 1], and the errors on the paper's scale of 1 to 9, which is four times as wide."""
    found = metrics(truth, predicted, TARGETS)
    return {t: {**m, "rmse_1_9": round(4 * m["rmse"], 4), "mae_1_9": round(4 * m["mae"], 4)} for t, m in found.items()}


def results(study: Study, folds: Sequence[Outer], tables: dict[str, np.ndarray]) -> dict:
    """All that a page needs; `tables` holds network -> (N, 2) out-of-fold predictions."""
    known, recipe = registry.get("datasets", study.recipe["rated"]), study.recipe
    here = {"data": known.title, "dataset": known.name, "clips": len(study.clips), "citation": known.citation,
            "licence": known.licence, "seed": recipe["seed"],
            "split": split_hash([c.id for c in study.clips], folds), "scale": "-1 to 1",
            "protocol": protocol(recipe), "reduced": reduced(recipe)}
    rows = [{"name": name, "title": TITLES[name], "parameters": sum(p.numel() for p in NETWORKS[name]().parameters()),
             "paper": printed(name), "here": figures(study.ratings, predicted)} for name, predicted in tables.items()]
    curves = {name: {"pretrain": study.runs.stored(f"{name}/pretrain").curve,
                     "folds": [study.runs.stored(f"{name}/{o.inner[0].name}").curve for o in folds]} for name in tables}
    return {"system": "cnn_family", "command": "python -m mer_core evaluate cnn_family --data DIR", "paper": PAPER,
            "here": here, "table": rows, "curves": curves,
            "predicted": {n: p.round(3).tolist() for n, p in tables.items()}, "ids": [c.id for c in study.clips],
            "truth": study.ratings.round(4).tolist()}


def protocol(recipe: dict) -> str:
    return (f"artist-grouped nested cross-validation: {recipe['outer']} outer folds measure, {recipe['inner_used']} of "
            f"{recipe['inner']} inner folds choose the number of epochs, then one network learns the whole training "
            f"part; a clip's answer is the mean of {recipe['chunks']} chunks of 3 s")


def reduced(recipe: dict) -> list[str]:
    """Plain sentences for the reader of a table."""
    before, after = recipe["pretrain"], recipe["finetune"]
    return [f"{recipe['inner_used']} of the {recipe['inner']} inner folds is used, at most {after['epochs']} epochs, "
            "and one seed.",
            f"Each network starts from {before['epochs']} epochs on the quadrants of one in {before['every']} clips of "
            f"4Q, without the artists of the rated set, {before['chunks']} chunks of a clip in an epoch; the paper has "
            "none.",
            f"Its first {after['frozen']} blocks then stay as they are, and it sees {after['chunks']} of "
            f"{after['views']} altered chunks of each clip in an epoch.",
            "One network answers valence and arousal; the paper trains one for each."]


def write(found: dict, folder: Path | None = None) -> Path:
    """assets/results/cnn_family.json for the set the recipe names; cnn_family-DATASET.json for another."""
    return stored.write("cnn_family", found, folder or FOLDER)

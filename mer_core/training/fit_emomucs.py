"""EmoMucs and its baselines: all tables and figures of the paper, measured here, and the weights that ship.

    python -m mer_core train emomucs --data DIR
    python -m mer_core evaluate emomucs --data DIR --dataset musifeast17
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from itertools import combinations
from pathlib import Path

import numpy as np

from mer_core import registry
from mer_core.models.c2d_mix import INPUT
from mer_core.models.nets.emomucs import TAPS, EmoMucs
from mer_core.schema import STEM_NAMES, TARGETS, ModelCard, Progress, part, silent
from mer_core.training import card_emomucs, results_emomucs, weights_file
from mer_core.training.evaluate import error_covariance, metrics
from mer_core.training.fit_c2d import _plain
from mer_core.training.fusion import fit_fusion, letters
from mer_core.training.nested import FOLDER, Fitted, Outer, Runs, outer_folds, split_hash, whole
from mer_core.training.shares_emomucs import shares
from mer_core.training.source_models import LETTERS, Study, fit_source
from mer_core.training.stems_cache import SOURCES, cached, version

TRAININGS = ("freeze", "finetune", "full")
Variant = tuple[str, str, str, tuple[str, ...]]  # network, fusion, training, stems


def train(data: Path, recipe: dict, out: Path, progress: Progress = silent) -> ModelCard:
    """Writes model.safetensors and card.json of the variant the recipe ships to `out`. The card's errors come from the
    outer folds, the weights from all rated clips by the same steps."""
    study, folds = opened(data, recipe, part(progress, 0, 0.1))
    variant, predicted = shipped_variant(recipe), np.zeros_like(study.ratings)
    parts = [*folds, whole([clip.group for clip in study.clips], recipe["inner"], recipe["seed"])]
    for i, outer in enumerate(parts):
        progress(0.1 + 0.9 * i / len(parts), f"{variant_name(variant)}, {outer.final.name}")
        for stem in STEM_NAMES if variant[2] != "full" else ():
            source_run(study, variant[0], stem, outer)
        run = fusion_run(study, variant, outer)
        predicted[outer.test] = run.predicted[outer.test]
    return shipped(study, run, predicted, out)


def shipped(study: Study, run: Fitted, predicted: np.ndarray, out: Path) -> ModelCard:
    """The weights of `run` and their card, with the errors of the out-of-fold `predicted` (N, 2)."""
    digest = weights_file.write(out, run.weights, INPUT)
    parameters = sum(p.numel() for p in EmoMucs.like(run.weights).parameters())
    made = card_emomucs.card(study.clips, study.weak, report(study, predicted), study.recipe, parameters,
                             weights_file.NAME, digest)
    made.write(out / "card.json")
    return made


def report(study: Study, predicted: np.ndarray) -> dict:
    return {**metrics(study.ratings, predicted, TARGETS),
            "covariance": error_covariance(study.ratings, predicted).round(6).tolist()}


def evaluate(data: Path, recipe: dict, progress: Progress = silent) -> dict:
    """The cells of tables 1 and 2 that are measured here; all stored results are written to assets/results."""
    study, folds = opened(data, recipe, part(progress, 0, 0.1))
    tables = measure(study, folds, part(progress, 0.1, 1))
    results_emomucs.write(stored_results(study, folds, tables))
    return {name: results_emomucs.cell(study.ratings, predicted) for name, predicted in tables.items()}


def stored_results(study: Study, folds: list[Outer], tables: dict[str, np.ndarray]) -> dict:
    """As results_emomucs.results has them, from finished runs."""
    curves = {name: study.runs.stored(f"{family(name)}/{name}/{folds[0].inner[0].name}").curve for name in tables}
    found = results_emomucs.results(study.recipe["rated"], [clip.id for clip in study.clips], study.ratings, folds,
                                    study.recipe, tables, curves)
    joined = variant_name(shipped_variant(study.recipe))
    return found | {"shares": shares(study, folds, joined) if joined in tables else None}


def shipped_variant(recipe: dict) -> Variant:
    return (*(recipe["shipped"][k] for k in ("network", "fusion", "training")), STEM_NAMES)


def family(name: str) -> str:
    """The folder of a model's runs."""
    return "fusion" if name.count("-") > 1 else "source"


def opened(data: Path, recipe: dict, progress: Progress = silent) -> tuple[Study, list[Outer]]:
    """The study with its stems made, and its outer folds. The weak set goes without any artist of the rated set."""
    rated, weak = (registry.get("datasets", recipe[k])(data).clips() for k in ("rated", "weak"))
    artists = {_plain(clip.group) for clip in rated}
    weak = [clip for clip in weak if _plain(clip.group) not in artists]
    share = len(rated) / (len(rated) + len(weak))
    pictures = cached(recipe["rated"], rated, progress=part(progress, 0, share))
    weak_pictures = cached(recipe["weak"], weak, tuple(recipe["weak_sources"]), progress=part(progress, share, 1))
    folds = outer_folds([clip.group for clip in rated], recipe["outer"], recipe["inner"], recipe["seed"])
    split = split_hash([clip.id for clip in rated], folds)
    facts = {"seed": recipe["seed"], "split": split, "pictures": version()}
    runs = Runs(FOLDER / f"emomucs-{recipe['rated']}", facts)
    return Study(rated, pictures, weak, weak_pictures, recipe, runs), folds


# every run -----------------------------------------------------------------------------------------------------------


def measure(study: Study, folds: list[Outer], progress: Progress = silent) -> dict[str, np.ndarray]:
    """name of a model -> (N, 2) out-of-fold predictions. Finished runs are not done again."""
    steps, found = plan(study), {}
    for i, (name, work) in enumerate(steps.items()):
        for k, outer in enumerate(folds):
            progress((i + k / len(folds)) / len(steps), f"{name}, fold {k + 1} of {len(folds)}")
            _put(found, name, outer, work(outer), len(study.clips))
    return found


def so_far(study: Study, folds: list[Outer]) -> dict[str, np.ndarray]:
    """What `measure` would give of the models whose folds are all finished; nothing is trained."""
    found = {}
    for name in plan(study):
        with suppress(FileNotFoundError):
            kept = [study.runs.stored(f"{family(name)}/{name}/{outer.final.name}") for outer in folds]
            for outer, run in zip(folds, kept, strict=True):
                _put(found, name, outer, run, len(study.clips))
    return found


def plan(study: Study) -> dict[str, Callable[[Outer], Fitted]]:
    """name -> what trains it on an outer fold; sources before what they are joined in, the dearest last."""
    steps = {}
    for kind in ("c2d", "c1d"):
        for source in SOURCES:
            steps[f"{kind}-{LETTERS[source]}"] = lambda outer, k=kind, s=source: source_run(study, k, s, outer)
        steps |= {variant_name(v): lambda outer, v=v: fusion_run(study, v, outer)
                  for v in all_variants() if v[0] == kind and v[2] == "freeze"}
    order = sorted((v for v in all_variants() if v[2] != "freeze"), key=lambda v: (v[2] == "full", v[0] == "c2d"))
    return steps | {variant_name(v): lambda outer, v=v: fusion_run(study, v, outer) for v in order}


def _put(found: dict, name: str, outer: Outer, run: Fitted, clips: int) -> None:
    found.setdefault(name, np.full((clips, 2), np.nan, np.float32))[outer.test] = run.predicted[outer.test]


def all_variants() -> list[Variant]:
    """Table 2, and the subsets of stems of figure 4 on the fusion that the paper used there."""
    table = [(kind, fusion, training, STEM_NAMES) for kind in TAPS for fusion in TAPS[kind] for training in TRAININGS
             if results_emomucs.in_table(kind, fusion, training)]
    subsets = [("c2d", "late", "freeze", stems) for n in (1, 2, 3) for stems in combinations(STEM_NAMES, n)]
    return table + subsets


def variant_name(variant: Variant) -> str:
    kind, fusion, training, stems = variant
    return f"{kind}-{fusion}-{training}-{letters(stems)}"


def source_run(study: Study, kind: str, source: str, outer: Outer) -> Fitted:
    recipe = study.recipe
    config = {"network": kind, "source": source, "plan": recipe["source"][kind], "pretrain": recipe["pretrain"][kind]}
    return study.runs.chosen(f"source/{kind}-{LETTERS[source]}", config, outer, recipe["inner_used"],
                             lambda p, epochs: fit_source(study, kind, source, p, epochs))


def fusion_run(study: Study, variant: Variant, outer: Outer) -> Fitted:
    kind, fusion, training, stems = variant
    settings = study.recipe["fusion"]
    config = {"network": kind, "fusion": fusion, "training": training, "stems": list(stems), "plan": settings[training],
              "hidden": settings["hidden"][fusion], "dropout": settings["dropout"]}
    if training != "full":
        config |= {"source": study.recipe["source"][kind], "pretrain": study.recipe["pretrain"][kind]}
    return study.runs.chosen(f"fusion/{variant_name(variant)}", config, outer, study.recipe["inner_used"],
                             lambda p, epochs: fit_fusion(study, kind, fusion, training, stems, p, epochs))

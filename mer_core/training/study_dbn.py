"""Table 3 of paper 5 on the clips at hand, and errors and ellipses over grouped folds.

A division is 50 % training, 20 % verification and 30 % test, grouped by artist. The verification part chooses how long
a machine was pre-trained, when fine-tuning stops and the penalty of the regression; the test part chooses nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from mer_core.features.beats import FEATURES
from mer_core.models._dbn import COMBINATIONS, LAYERS
from mer_core.models.nets.dbn import DBN
from mer_core.schema import Progress, silent
from mer_core.training import mfcc_seconds
from mer_core.training.dbn_runs import Study, pretrained, tuned
from mer_core.training.evaluate import grouped_folds
from mer_core.training.gaussian_regression import (Gaussians, Reading, chosen, direct, distance, divergence, part, read,
                                                   repeated, same_for_all)
from mer_core.training.loop import best_epoch
from mer_core.training.nested import Fitted, Outer, Part, outer_folds, whole
from mer_core.training.pretrain_dbn import from_tensors

STAGES = ("pretrained", "finetuned")
BASELINES = ("constant", "mfcc", *(f"input {name}" for name in COMBINATIONS), "untrained")
UNTRAINED = "rhythm+fourier", 2  # the row that is fine-tuned from random weights too
Layers = dict[str, list[np.ndarray]]  # feature -> (T, width) of each layer
Row = tuple[str, int]  # a combination of features, a layer


def division(groups: np.ndarray, seed: int) -> tuple[Part, np.ndarray]:
    """Clips to learn from (50 %) and to verify on (20 %), and the test clips (30 %); a group is in one of them."""
    tenths = [test for _, test in grouped_folds(groups, 10, seed)]
    learn, held, test = (np.sort(np.concatenate(tenths[a:b])) for a, b in ((0, 5), (5, 7), (7, 10)))
    return Part(f"division{seed}", learn, held), test


# networks of a part ---------------------------------------------------------------------------------------------------


def layers_of(study: Study, feature: str, network: DBN) -> list[np.ndarray]:
    """(T, width) of each layer: its mean over the patches of each second."""
    with torch.no_grad():
        return [study.material.pool @ hidden.numpy() for hidden in network.layers(study.material.x[feature])]


def variants(recipe: dict) -> list[tuple[int, float]]:
    """Every pre-training that is tried: epochs and rate."""
    return [(epochs, rate) for epochs in recipe["pretrain"]["epochs"] for rate in recipe["pretrain"]["rates"]]


def before(study: Study, feature: str, variant: tuple[int, float]) -> list[np.ndarray]:
    """Layers of the network as pre-training left it."""
    key = feature, variant
    if key not in study.kept:
        network = DBN((study.material.x[feature].shape[1], *study.recipe["sizes"]))
        study.kept[key] = layers_of(study, feature, network.start_from(from_tensors(
            pretrained(study, feature, *variant).weights)))
    return study.kept[key]


def start(study: Study, feature: str, learn: Part) -> tuple[int, float]:
    """The pre-training whose layers verify best: smallest mean divergence over the three layers."""
    def error(variant: tuple[int, float]) -> float:
        return float(np.mean([judged(study, z, learn)[1] for z in before(study, feature, variant)]))
    return min(variants(study.recipe), key=error)


def judged(study: Study, z: np.ndarray, learn: Part) -> tuple[Reading, float]:
    """A regression from the training seconds and its mean divergence on the verification ones."""
    material = study.material
    inside, held = material.seconds_of(learn.learn), material.seconds_of(learn.held)
    found = chosen(z, material.truth, inside, held)
    return found, float(divergence(part(material.truth, held), found(z[held])).mean())


def after(study: Study, feature: str, learn: Part, name: str, variant: tuple[int, float] | None,
          epochs: int | None = None) -> Fitted:
    """The fine-tuned network of a part, once; from random weights where `variant` is None."""
    recipe = study.recipe
    config = {"feature": feature, "part": name, "variant": variant, "tune": recipe["tune"], "epochs": epochs,
              "pretrain": recipe["pretrain"], "learn": learn.learn.tolist(), "held": learn.held.tolist()}
    machines = variant and from_tensors(pretrained(study, feature, *variant).weights)
    return study.runs.once(f"tune/{name}/{feature}{'' if variant else '-untrained'}", config, lambda: tuned(
        study.material, feature, recipe["sizes"], machines, learn, recipe["tune"], recipe["seed"], epochs))


def layers_after(study: Study, feature: str, run: Fitted) -> list[np.ndarray]:
    network = DBN((study.material.x[feature].shape[1], *study.recipe["sizes"]))
    network.load_state_dict(run.weights)
    return layers_of(study, feature, network)


def joined(layers: Layers, row: Row) -> np.ndarray:
    """(T, width) of a combination, side by side."""
    return np.concatenate([layers[name][row[1]] for name in row[0].split("+")], axis=1)


# table 3 --------------------------------------------------------------------------------------------------------------


def rows() -> list[Row]:
    return [(features, layer) for features in COMBINATIONS for layer in LAYERS]


def table(study: Study, progress: Progress = silent) -> dict:
    """"rows": (features, layer) -> stage -> measures of each division; "baselines": name -> the same; "variants": for
    each feature the pre-training that each division chose."""
    found = {"rows": {row: {stage: [] for stage in STAGES} for row in rows()},
             "baselines": {name: [] for name in BASELINES}, "variants": {name: [] for name in FEATURES}}
    seeds = study.recipe["divisions"]
    for i, seed in enumerate(seeds):
        learn, test = division(study.material.groups, seed)
        one_division(study, learn, test, found)
        progress((i + 1) / len(seeds), f"table 3: division {i + 1} of {len(seeds)}")
    return found


def one_division(study: Study, learn: Part, test: np.ndarray, found: dict) -> None:
    """Adds what this division measures to `found`."""
    starts = {name: start(study, name, learn) for name in FEATURES}
    stages = {"pretrained": {name: before(study, name, starts[name]) for name in FEATURES},
              "finetuned": tuned_layers(study, learn, starts.get)}
    untrained = tuned_layers(study, learn, lambda name: None, UNTRAINED[0].split("+"))
    for row, measured in found["rows"].items():
        for stage in STAGES:
            measured[stage].append(measures(study, joined(stages[stage], row), learn, test))
    for name, chosen_start in starts.items():
        found["variants"][name].append(chosen_start)
    for name, values in baselines(study, learn, test).items():
        found["baselines"][name].append(values)
    found["baselines"]["untrained"].append(measures(study, joined(untrained, UNTRAINED), learn, test))


def tuned_layers(study: Study, learn: Part, variant: Callable[[str], tuple[int, float] | None],
                 names: Sequence[str] = FEATURES) -> Layers:
    return {name: layers_after(study, name, after(study, name, learn, learn.name, variant(name))) for name in names}


def measures(study: Study, z: np.ndarray, learn: Part, test: np.ndarray) -> dict[str, float]:
    """Of the test seconds: mean distance and divergence; the same without penalty, as the paper regresses; and what the
    regression on variances and covariance gives. Of the verification seconds: the divergence."""
    material = study.material
    inside, tested = material.seconds_of(learn.learn), material.seconds_of(test)
    found, verified = judged(study, z, learn)
    plain = read(z[inside], part(material.truth, inside), 0.0)
    return {**errors(study, found(z[tested]), tested), "verification_kl": verified, "penalty": found.penalty,
            **{f"plain_{k}": v for k, v in errors(study, plain(z[tested]), tested).items()},
            **{f"direct_{k}": v for k, v in direct(z, material.truth, inside, tested, found.penalty).items()}}


def errors(study: Study, said: Gaussians, seconds: np.ndarray) -> dict[str, float]:
    wanted = part(study.material.truth, seconds)
    return {"distance": float(distance(wanted, said).mean()), "kl": float(divergence(wanted, said).mean())}


def baselines(study: Study, learn: Part, test: np.ndarray) -> dict[str, dict]:
    """One Gaussian for all; and the same regression on MFCC of each second and on what the networks are given."""
    material = study.material
    inside, tested = material.seconds_of(learn.learn), material.seconds_of(test)
    constant = repeated(same_for_all(part(material.truth, inside)), int(tested.sum()))
    found = {"constant": errors(study, constant, tested), "mfcc": measures(study, mfcc(study), learn, test)}
    inputs = {name: [material.pool @ material.x[name].numpy()] for name in FEATURES}
    return found | {f"input {name}": measures(study, joined(inputs, (name, 0)), learn, test) for name in COMBINATIONS}


def mfcc(study: Study) -> np.ndarray:
    """(T, 20)."""
    if "mfcc" not in study.kept:
        each = mfcc_seconds.cached(study.dataset.name, study.material.clips)
        study.kept["mfcc"] = np.concatenate([
            values[np.clip(np.ceil(ends).astype(int) - 1, 0, len(values) - 1)]
            for values, ends in zip(each, study.material.ends, strict=True)])
    return study.kept["mfcc"]


# over folds, and the model that ships ---------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Ship:
    """Networks and regressions of a whole training part, and which of them answers."""

    features: str
    layer: int
    networks: dict[str, dict]  # feature -> weights of its DBN
    readings: dict[Row, Reading]
    variants: dict[str, tuple[int, float]]
    layers: Layers


@dataclass(frozen=True, eq=False)
class Tested:
    """Gaussians of every second, each by a model that knew no clip of its artist; one entry a division into folds."""

    said: list[Gaussians]
    answered: list[Row]  # what the inner part of each outer fold chose


def final(study: Study, outer: Outer, name: str, answers: Row | None = None) -> Ship:
    """Chosen on the first inner part and learnt again from the whole training part: pre-training, epochs, penalties,
    and, where `answers` names none, the combination and layer."""
    inner, learn = outer.inner[0], outer.final
    variants = {feature: start(study, feature, inner) for feature in FEATURES}
    runs = {f: after(study, f, inner, f"{name}/{inner.name}", variants[f]) for f in FEATURES}
    layers = {f: layers_after(study, f, run) for f, run in runs.items()}
    tried = {row: judged(study, joined(layers, row), inner) for row in rows()}
    answers = answers or min(tried, key=lambda row: tried[row][1])
    last = {f: after(study, f, learn, f"{name}/{learn.name}", variants[f], best_epoch(run.curve))
            for f, run in runs.items()}
    layers = {f: layers_after(study, f, run) for f, run in last.items()}
    inside = study.material.seconds_of(learn.learn)
    wanted = part(study.material.truth, inside)
    readings = {row: read(joined(layers, row)[inside], wanted, found.penalty) for row, (found, _) in tried.items()}
    return Ship(*answers, {f: run.weights for f, run in last.items()}, readings, variants, layers)


def tested(study: Study, progress: Progress = silent) -> Tested:
    """Every clip's seconds foretold once in each division into folds."""
    material, recipe, answered, said = study.material, study.recipe, [], []
    for i, seed in enumerate(recipe["splits"]):
        means, covariances = (np.zeros_like(values) for values in material.truth)
        for k, outer in enumerate(outer_folds(material.groups, recipe["outer"], recipe["inner"], seed)):
            ship = final(study, outer, f"split{seed}")
            row, seconds = (ship.features, ship.layer), material.seconds_of(outer.test)
            means[seconds], covariances[seconds] = ship.readings[row](joined(ship.layers, row)[seconds])
            answered.append(row)
            progress((i + (k + 1) / recipe["outer"]) / len(recipe["splits"]), f"division {seed}, fold {k + 1}")
        said.append((means, covariances))
    return Tested(said, answered)


def shipped(study: Study, found: dict) -> Ship:
    """Learnt from all clips. What answers is what verified best in the divisions of the table."""
    verified = {row: np.mean([m["verification_kl"] for m in stages["finetuned"]])
                for row, stages in found["rows"].items()}
    everything = whole(study.material.groups, study.recipe["inner"], study.recipe["seed"])
    return final(study, everything, "ship", min(verified, key=verified.get))

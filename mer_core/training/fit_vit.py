"""Trains and evaluates the vision transformers: distilled without labels, then taught moods or ratings.

    MER_WEIGHTS=FOLDER python -m mer_core train vit_happy_sad --data DIR
    MER_WEIGHTS=FOLDER python -m mer_core evaluate vit_happy_sad --data DIR [--dataset kaggle_moods]

The distilled network and every run are kept, and not done twice (nested.py).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from mer_core import registry
from mer_core.models._base import probabilities
from mer_core.models._vit import INPUT
from mer_core.models.nets.vit import PLAIN, ViT
from mer_core.schema import ModelCard, Progress, part, silent
from mer_core.training import card_vit, distil_vit, results_vit, run, vit_tutor, weights_file
from mer_core.training.card_ridge import source
from mer_core.training.loop import fit
from mer_core.training.nested import FOLDER, Fitted, Outer, Part, Runs, outer_folds, whole
from mer_core.training.pictures_cache import cached
from mer_core.training.source_models import Labels, Study, Views
from mer_core.training.vit_pictures import batch, places
from mer_core.training.vit_tutor import Tutor


@dataclass(frozen=True, eq=False)
class Course:
    """The labelled clips, the distilled network, and what its fixed first blocks make of each clip."""

    study: Study
    start: dict[str, Tensor]
    heard: tuple[dict, ...]  # what that network learnt from, as cards have it
    tutor: Tutor | None = None

    def network(self, dropout: float = 0.0) -> ViT:
        made = distil_vit.fresh(self.study.recipe, dropout=dropout)
        made.load_state_dict(self.start)
        return made

    @cached_property
    def seen(self) -> Views:
        """Tokens (N, views, 1 + P, D) of altered chunks to learn from, and (N, windows, ...) of plain ones; the class
        token only where all blocks are fixed."""
        plan, network, pictures = self.study.recipe["tune"], self.network().eval(), self.study.pictures
        judge = [_even(places([picture], 0.5), self.study.recipe["windows"]) for picture in pictures]
        return Views(self._altered(pictures, plan["views"]),
                     torch.stack([_front(network, batch([p], where), plan["frozen"])
                                  for p, where in zip(pictures, judge, strict=True)]))

    @cached_property
    def aside(self) -> Tensor:
        """As what is learnt from in `seen`, of the tutor's clips, which have no label."""
        return self._altered(self.tutor.pictures, self.study.recipe["tune"]["tutor"]["views"])

    def _altered(self, pictures: list[np.ndarray], views: int) -> Tensor:
        plan, network, found = self.study.recipe["tune"], self.network().eval(), []
        for i, picture in enumerate(pictures):
            rng, side = np.random.default_rng([self.study.recipe["seed"], i]), places([picture])
            drawn = side[np.arange(views) % len(side)]
            found.append(_front(network, batch([picture], drawn, plan["alter"], rng), plan["frozen"]))
        return torch.stack(found)


def _even(where: np.ndarray, count: int) -> np.ndarray:
    """`count` of the places, evenly from the first to the last."""
    return where[np.linspace(0, len(where) - 1, count).round().astype(int)]


@torch.no_grad()
def _front(network: ViT, x: Tensor, done: int) -> Tensor:
    with torch.autocast("cpu", dtype=torch.bfloat16):
        tokens = distil_vit.embedded(network, x)
        for block in network.blocks[:done]:
            tokens = block(tokens, PLAIN)
    return (tokens[:, :1] if done == len(network.blocks) else tokens).to(torch.float16)


def train(data: Path, recipe: dict, out: Path, progress: Progress = silent) -> ModelCard:
    """Writes model.safetensors and card.json to `out`. The card's errors come from the outer folds, the weights from
    all labelled clips by the same steps."""
    course = opened(data, recipe, part(progress, 0, 0.6))
    study, found = course.study, measure(course, part(progress, 0.6, 0.95))
    everything = whole([clip.group for clip in study.clips], study.recipe["inner"], study.recipe["seed"])
    final = chosen(course, everything, study.recipe["seed"])
    halves = {name: value.half() if value.is_floating_point() else value for name, value in final.weights.items()}
    made = card_vit.card(study, found, course.heard, sum(v.numel() for n, v in halves.items() if n != "layout"),
                         weights_file.write(out, halves, INPUT))
    made.write(out / "card.json")
    progress(1.0, "done")
    return made


def evaluate(data: Path, recipe: dict, progress: Progress = silent) -> dict:
    """The figures of the outer folds; those of happy and sad are written to assets/results too."""
    course = opened(data, recipe, part(progress, 0, 0.6))
    study, found = course.study, measure(course, part(progress, 0.6, 1.0))
    if study.recipe["kind"] == "classes":
        results_vit.write(results_vit.results(study, found))
    return results_vit.figures(study, found)


def opened(data: Path, recipe: dict, progress: Progress = silent) -> Course:
    """The labelled clips with their pictures, and the distilled network."""
    recipe = {**run.recipe(recipe["base"]), **recipe} if "base" in recipe else recipe
    clips = registry.get("datasets", recipe["rated"])(data).clips()
    if recipe["kind"] == "classes":
        clips = [clip for clip in clips if clip.quadrant in results_vit.QUADRANTS]
    runs = Runs(FOLDER / "vit", {"seed": recipe["seed"], "input": repr(INPUT)})
    start, heard = started(data, recipe, runs, part(progress, 0, 0.8))
    pictures = cached(recipe["rated"], clips, INPUT, progress=part(progress, 0.8, 0.9))
    tutor = vit_tutor.tutor(data, recipe, clips, part(progress, 0.9, 1)) if "tutor" in recipe["tune"] else None
    return Course(Study(clips, pictures, [], [], recipe, runs), start, heard, tutor)


def started(data: Path, recipe: dict, runs: Runs, progress: Progress) -> tuple[dict[str, Tensor], tuple[dict, ...]]:
    """The tensors to start from and what they were learnt from: the recipe's lesson, or the shipped model that it names
    for this data set, with an untaught head."""
    name = recipe["start"].get(recipe["rated"])
    if not name:
        heard = distil_vit.listened(data, recipe["distil"])
        return (distil_vit.distilled(data, recipe, runs, progress),
                tuple(source(registry.get("datasets", name), len(some.clips()), "sounds, without labels")
                      for name, some in heard.items()))
    model = registry.get("models", name)()
    with model.session():
        head = {k: v for k, v in distil_vit.fresh(recipe).state_dict().items() if k.startswith("head.")}
        return {k: v.clone() for k, v in model.network.state_dict().items()} | head, model.card.trained_on


def measure(course: Course, progress: Progress = silent) -> dict[int, np.ndarray]:
    """division into folds -> (N, K) out-of-fold answers, probabilities of classes. Finished runs are not done again."""
    study, recipe, found = course.study, course.study.recipe, {}
    for i, seed in enumerate(recipe["splits"]):
        folds = outer_folds([clip.group for clip in study.clips], recipe["outer"], recipe["inner"], seed)
        answers = []
        for k, outer in enumerate(folds):
            progress((i + k / len(folds)) / len(recipe["splits"]), f"division {seed}, fold {k + 1} of {len(folds)}")
            answers.append(chosen(course, outer, seed).predicted[outer.test])
        found[seed] = np.concatenate(answers)[np.argsort(np.concatenate([o.test for o in folds]))]
    return found


def chosen(course: Course, outer: Outer, seed: int) -> Fitted:
    """The final run of an outer fold, for as many epochs as its inner folds found best."""
    recipe = course.study.recipe
    first = hashlib.sha256(b"".join(v.numpy().tobytes() for v in course.start.values())).hexdigest()[:12]
    config = {"plan": recipe["tune"], "windows": recipe["windows"], "start": first, "clips": len(course.study.clips),
              "split": seed}
    name = f"{recipe['model']}-{recipe['rated']}/split{seed}"
    return course.study.runs.chosen(name, config, outer, recipe["inner_used"],
                                    lambda among, epochs: tuned(course, among, epochs, seed))


# one run --------------------------------------------------------------------------------------------------------------


class Moods:
    """Happy or sad as the labels of one part, in the place of source_models.Labels."""

    def __init__(self, classes: np.ndarray, among: Part):
        self.classes, self.among = classes, among
        self.scaled = nn.functional.one_hot(torch.from_numpy(classes), 2).float()
        count = np.bincount(classes[among.learn], minlength=2)
        self.weight = torch.tensor(count.sum() / (2 * np.maximum(count, 1)), dtype=torch.float32)

    def loss(self, given: Tensor, wanted: Tensor) -> Tensor:
        """Cross-entropy, weighted so that both classes count alike."""
        return nn.functional.cross_entropy(given, wanted, self.weight)

    def told(self, tutor: Tutor, strength: float) -> Tensor:
        """(M, 2), what the tutor makes of its own clips."""
        return torch.from_numpy(tutor.classes(self.among.learn, self.classes, strength)).float()

    def error(self, answer: np.ndarray, among: np.ndarray) -> float:
        """Mean cross-entropy of the probabilities `answer` (n, 2) on the clips `among`."""
        return round(float(-np.log(np.maximum(answer[np.arange(len(among)), self.classes[among]], 1e-6)).mean()), 5)

    def measured(self, predicted: np.ndarray) -> dict:
        hits = predicted.argmax(axis=1) == self.classes
        return {name: {"accuracy": float(hits[i].mean())} for name, i in
                (("learn", self.among.learn), ("held", self.among.held)) if len(i)}

    def into_units(self, head: nn.Linear) -> None:
        """Log-odds are what the head gives."""


class Ratings(Labels):
    loss = staticmethod(nn.functional.mse_loss)

    def told(self, tutor: Tutor, strength: float) -> Tensor:
        """(M, 2), what the tutor makes of its own clips, in units of the spread."""
        said = tutor.ratings(self.part.learn, self.ratings, strength)
        return torch.from_numpy((said - self.mean) / self.spread).float()


def labels(study: Study, among: Part) -> Moods | Ratings:
    if study.recipe["kind"] == "classes":
        return Moods(results_vit.truth(study), among)
    return Ratings(study.ratings, among)


class Back(nn.Module):
    """A network behind its first `done` blocks, which stay as they are; it shares the weights. In training it sees
    `keep` patches at a time."""

    def __init__(self, network: ViT, done: int, keep: int):
        super().__init__()
        self.blocks, self.norm, self.head, self.keep = network.blocks[done:], network.norm, network.head, keep

    def forward(self, tokens: Tensor) -> Tensor:
        tokens = distil_vit.fewer(tokens, self.keep) if self.training and len(self.blocks) else tokens
        for block in self.blocks:
            tokens = block(tokens, PLAIN)
        return self.head(self.norm(tokens[:, 0]))


def tuned(course: Course, among: Part, epochs: int | None, seed: int) -> Fitted:
    """The distilled network taught the labels of one part and, with a tutor, what that one says of its own clips; stops
    early on the part's held clips where `epochs` is None."""
    plan, seen, wanted = course.study.recipe["tune"], course.seen, labels(course.study, among)
    clips, targets, picked_from = len(course.study.clips), wanted.scaled, np.repeat(among.learn, plan["chunks"])
    if course.tutor:
        targets = torch.cat([targets, wanted.told(course.tutor, plan["tutor"]["strength"])])
        picked_from = np.concatenate([picked_from, np.arange(clips, len(targets))])
    network = course.network(plan["dropout"])
    back = Back(network, plan["frozen"], plan["keep"])

    def sample(picked: np.ndarray, rng: np.random.Generator) -> Tensor:
        views = [seen.learn[i] if i < clips else course.aside[i - clips] for i in picked]
        return torch.stack([some[rng.integers(len(some))] for some in views]).float()

    def judge() -> float:
        return wanted.error(judged(course.study, back, seen.judge[among.held]), among.held)
    curve = fit(back, sample, targets, picked_from, plan, seed, loss=wanted.loss,
                epochs=epochs, judge=None if epochs else judge)
    wanted.into_units(network.head)
    predicted = judged(course.study, back, seen.judge)
    return Fitted(curve, network.state_dict(), predicted, wanted.measured(predicted))


@torch.no_grad()
def judged(study: Study, back: Back, seen: Tensor, size: int = 8) -> np.ndarray:
    """(N, windows, 1 + P, D) -> (N, K), the mean over the windows: of probabilities, where there are classes."""
    back.eval()
    found = []
    for some in seen.split(size):
        answer = back(some.flatten(0, 1).float()).numpy()
        answer = probabilities(answer) if study.recipe["kind"] == "classes" else answer
        found.append(answer.reshape(*some.shape[:2], -1).mean(axis=1))
    return np.concatenate(found)

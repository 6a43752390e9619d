"""System 2's networks on chunks of 3 s: all four measured by nested cross-validation, and the weights of each.

    python -m mer_core evaluate cnn_family --data DIR
    python -m mer_core train cnn_se_gru_attention --data DIR

A clip is cut into chunks that each take its rating, as the paper's text has it, and its answer is the mean over them.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from mer_core import registry
from mer_core.errors import ParameterError
from mer_core.explainers.attention import evenness
from mer_core.models._chunks import INPUT
from mer_core.models.nets.cnn_family import NETWORKS, Family
from mer_core.schema import ModelCard, Progress, part, silent
from mer_core.training import card_cnn, results_cnn, run, weights_file
from mer_core.training.fit_c2d import _plain, altered
from mer_core.training.loop import fit
from mer_core.training.nested import FOLDER, Fitted, Outer, Part, Runs, outer_folds, split_hash, whole
from mer_core.training.pictures_cache import cached
from mer_core.training.source_models import Labels, Study, Views, _sides, channels_last, judged


def train(data: Path, recipe: dict, out: Path, progress: Progress = silent) -> ModelCard:
    """Writes model.safetensors and card.json of the network the recipe names to `out`. The card's errors come from the
    outer folds, the weights from all rated clips by the same steps; `bits = 16` in the recipe halves their file."""
    if len(recipe["networks"]) != 1:
        raise ParameterError(f"{recipe['model']} is a study of {len(recipe['networks'])} networks; train one "
                             f"of them: {', '.join(recipe['networks'])}")
    study, folds = opened(data, recipe, part(progress, 0, 0.1))
    name, = recipe["networks"]
    predicted = measure(study, folds, part(progress, 0.1, 0.9))[name]
    everything = whole([clip.group for clip in study.clips], study.recipe["inner"], study.recipe["seed"])
    final = chosen(study, name, everything)
    digest = weights_file.write(out, halved(final.weights) if recipe.get("bits") == 16 else final.weights, INPUT)
    attention = attended(study, name, final) if hasattr(NETWORKS[name], "attention") else None
    made = card_cnn.card(study, name, predicted, weights_file.NAME, digest, attention, reacting(study, name, final))
    made.write(out / "card.json")
    progress(1.0, "done")
    return made


def halved(weights: dict[str, Tensor]) -> dict[str, Tensor]:
    """The weights as 16-bit numbers; counts stay as they are."""
    return {name: value.half() if value.is_floating_point() else value for name, value in weights.items()}


@torch.no_grad()
def attended(study: Study, name: str, run: Fitted) -> tuple[float, float]:
    """How even the attention is over the rated clips' chunks: the entropy of a chunk's weights over that of even
    ones (1 is even, 0 one step only), and the largest weight; both are means over chunks."""
    network = taught(study, name, run)
    weights = torch.cat([network.attention(_batch(chunks(p, study.recipe["chunks"]))) for p in study.pictures]).numpy()
    return evenness(weights), float(weights.max(axis=1).mean())


@torch.no_grad()
def reacting(study: Study, name: str, run: Fitted) -> float:
    """How many of the head's 128 hidden units are above zero in a chunk of the rated clips, on average."""
    network = taught(study, name, run)
    counts = [(network.head[:2](network.read(network.blocks(_batch(chunks(p, study.recipe["chunks"]))))) > 0).sum(dim=1)
              for p in study.pictures]
    return float(torch.cat(counts).float().mean())


def taught(study: Study, name: str, run: Fitted) -> Family:
    """The network of a finished run, at rest."""
    network = fresh(study, name)
    network.load_state_dict(run.weights)
    return network.eval()


def evaluate(data: Path, recipe: dict, progress: Progress = silent) -> dict:
    """network -> target -> metric -> value; the whole family is written to assets/results."""
    study, folds = opened(data, recipe, part(progress, 0, 0.1))
    tables = measure(study, folds, part(progress, 0.1, 1.0))
    if set(tables) == set(NETWORKS):
        results_cnn.write(results_cnn.results(study, folds, tables))
    return {name: results_cnn.figures(study.ratings, predicted) for name, predicted in tables.items()}


def opened(data: Path, recipe: dict, progress: Progress = silent) -> tuple[Study, list[Outer]]:
    """The study with its pictures, and its outer folds. The weak set goes without any artist of the rated set."""
    recipe = {**run.recipe(recipe["base"]), **recipe} if "base" in recipe else recipe
    rated, weak = (registry.get("datasets", recipe[k])(data).clips() for k in ("rated", "weak"))
    artists = {_plain(clip.group) for clip in rated}
    weak = [clip for clip in weak if _plain(clip.group) not in artists][::recipe["pretrain"]["every"]]
    pictures = cached(recipe["rated"], rated, INPUT, progress=part(progress, 0, 0.4))
    weak_pictures = cached(recipe["weak"], weak, INPUT, progress=part(progress, 0.4, 1))
    folds = outer_folds([clip.group for clip in rated], recipe["outer"], recipe["inner"], recipe["seed"])
    facts = {"seed": recipe["seed"], "split": split_hash([clip.id for clip in rated], folds), "input": repr(INPUT)}
    return Study(rated, pictures, weak, weak_pictures, recipe, Runs(FOLDER / f"cnn-{recipe['rated']}", facts)), folds


def measure(study: Study, folds: list[Outer], progress: Progress = silent) -> dict[str, np.ndarray]:
    """network -> (N, 2) out-of-fold predictions. Finished runs are not done again."""
    names = study.recipe["networks"]
    found = {name: np.full((len(study.clips), 2), np.nan) for name in names}
    for i, name in enumerate(names):
        for k, outer in enumerate(folds):
            progress((i + k / len(folds)) / len(names), f"{name}, fold {k + 1} of {len(folds)}")
            found[name][outer.test] = chosen(study, name, outer).predicted[outer.test]
    return found


def chosen(study: Study, name: str, outer: Outer) -> Fitted:
    """The final run of an outer fold, for as many epochs as the inner fold found best."""
    recipe = study.recipe
    config = {"network": name, "plan": recipe["finetune"], "pretrain": recipe["pretrain"], "chunks": recipe["chunks"]}
    return study.runs.chosen(name, config, outer, recipe["inner_used"], lambda p, epochs: tuned(study, name, p, epochs))


def pretrained(study: Study, name: str) -> Family:
    """A network taught two yes/no answers by the quadrants: is valence positive, is arousal positive."""
    plan = study.recipe["pretrain"]

    def sample(picked: np.ndarray, rng: np.random.Generator) -> Tensor:
        return _batch([altered(study.weak_pictures[i], INPUT.frames, plan["alter"], rng) for i in picked])

    def work() -> Fitted:
        network = fresh(study, name)
        curve = fit(network, sample, _sides(study.weak, plan["softness"]),
                    np.repeat(np.arange(len(study.weak)), plan["chunks"]), plan, study.recipe["seed"],
                    loss=nn.functional.binary_cross_entropy_with_logits)
        return Fitted(curve, network.state_dict(), np.zeros((0, 2)))
    kept = study.runs.once(f"{name}/pretrain", {"plan": plan, "clips": len(study.weak)}, work)
    network = fresh(study, name)
    network.load_state_dict(kept.weights)
    return network.eval()


def fresh(study: Study, name: str) -> Family:
    torch.manual_seed(study.recipe["seed"])
    return NETWORKS[name]().to(memory_format=torch.channels_last)


@lru_cache(maxsize=1)
def views(study: Study, name: str) -> Views:
    """What the fixed blocks make of each clip: altered chunks to learn from, plain ones to be judged on."""
    plan, seed, learn, judge = study.recipe["finetune"], study.recipe["seed"], [], []
    front = pretrained(study, name).blocks[:plan["frozen"]]
    for i, picture in enumerate(study.pictures):
        rng = np.random.default_rng([seed, i])
        learn.append(_seen(front, [altered(picture, INPUT.frames, plan["alter"], rng) for _ in range(plan["views"])]))
        judge.append(_seen(front, chunks(picture, study.recipe["chunks"])))
    return Views(torch.stack(learn), torch.stack(judge))


def chunks(picture: np.ndarray, count: int) -> list[np.ndarray]:
    """`count` chunks (128, 128), evenly from the start of a picture (128, T) to its end."""
    padded = np.pad(picture.astype(np.float32), ((0, 0), (0, max(INPUT.frames - picture.shape[1], 0))))
    return [padded[:, s:s + INPUT.frames] for s in np.linspace(0, padded.shape[1] - INPUT.frames, count).astype(int)]


@torch.no_grad()
def _seen(front: nn.Module, pictures: list[np.ndarray]) -> Tensor:
    with torch.autocast("cpu", dtype=torch.bfloat16):
        return front(_batch(pictures)).to(torch.float16)


def _batch(pictures: list[np.ndarray]) -> Tensor:
    return channels_last(torch.from_numpy(np.stack(pictures)[:, None].astype(np.float32)))


class Back(nn.Module):
    """A network behind its first `done` blocks, which stay as they are; it shares the weights."""

    def __init__(self, network: Family, done: int):
        super().__init__()
        self.blocks, self.network = network.blocks[done:], network
        network.blocks[:done].requires_grad_(False)

    def forward(self, x: Tensor) -> Tensor:
        return self.network.head(self.network.read(self.blocks(x)))


def tuned(study: Study, name: str, among: Part, epochs: int | None) -> Fitted:
    """The pre-trained network taught the ratings of one part; stops early on its held clips where `epochs` is None."""
    plan, seen, labels = study.recipe["finetune"], views(study, name), Labels(study.ratings, among)
    network = pretrained(study, name)
    back = Back(network, plan["frozen"])

    def sample(picked: np.ndarray, rng: np.random.Generator) -> Tensor:
        return channels_last(seen.learn[picked, rng.integers(0, plan["views"], len(picked))].float())
    curve = fit(back, sample, labels.scaled, np.repeat(among.learn, plan["chunks"]), plan, study.recipe["seed"],
                epochs=epochs, judge=None if epochs else lambda: labels.error(judged(back, seen.judge[among.held]),
                                                                              among.held))
    labels.into_units(network.head[-1])
    predicted = judged(back, seen.judge)
    return Fitted(curve, network.state_dict(), predicted, labels.measured(predicted))

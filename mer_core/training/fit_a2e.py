"""The thesis's networks from audio: A2E with four inputs, A2Mid, A2Mid2E and the joint variant (paper 3, 5.1.1-5.1.2).

    python -m mer_core evaluate a2e --data DIR [--dataset soundtracks]
    python -m mer_core evaluate a2mid2e --data DIR
    python -m mer_core evaluate a2mid --data DIR      (with the Mid-level set: descriptors learnt from listeners)

As in the thesis, a seed draws the fifth of the clips that is tested on, and everything else; here clips of a group
(album, artist) stay together, and a fifth of the training part, not the test part, tells when to stop.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from mer_core import registry
from mer_core.datasets._base import Clip
from mer_core.errors import ParameterError
from mer_core.features import mid_level
from mer_core.models._a2e_inputs import CHROMAGRAM, SPECTROGRAM, cut
from mer_core.models.nets.a2e import A2Mid2E, network_of
from mer_core.schema import Progress, part, silent
from mer_core.training import descriptors_cache, pictures_cache, run
from mer_core.training.loop import fit
from mer_core.training.mid2e import fit_linear, mean_and_sd, measured, not_zero, over_seeds, plain, split
from mer_core.training.nested import FOLDER, Fitted, Part, Runs
from mer_core.training.source_models import channels_last

SEEN = {"spectrogram": ("spectrogram",), "chromagram": ("chromagram",), "both": ("spectrogram", "chromagram"),
        "mean_chroma": ("chromagram",)}  # input -> the pictures it is made of
INPUTS = {"spectrogram": SPECTROGRAM, "chromagram": CHROMAGRAM}


@dataclass(frozen=True, eq=False)
class Study:
    """Clips with what listeners rated, their pictures, and the descriptors of the middle layer where there is one."""

    clips: list[Clip]
    targets: tuple[str, ...]
    ratings: np.ndarray  # (N, K)
    recipe: dict
    runs: Runs
    name: str = ""  # of the data set
    mids: np.ndarray | None = None  # (N, 7), NaN where not defined
    mid_names: tuple[str, ...] = ()
    made: dict = field(default_factory=dict)

    @cached_property
    def groups(self) -> np.ndarray:
        return np.array([clip.group for clip in self.clips])

    def pictures(self, kind: str, progress: Progress = silent) -> list[np.ndarray]:
        """For each clip (rows, T); made once."""
        if kind not in self.made:
            self.made[kind] = pictures_cache.cached(self.name, self.clips, INPUTS[kind], progress=progress)
        return self.made[kind]

    def part(self, seed: int) -> tuple[Part, np.ndarray]:
        """What the run of a seed learns from and is watched on, and the clips that test it."""
        learn, test = split(self.groups, seed)
        inside, held = split(self.groups[learn], seed)
        return Part(f"seed{seed}", learn[inside], learn[held]), test


def opened(data: Path, recipe: dict) -> Study:
    """The set of ratings; with the signal-based descriptors as middle layer where a route of the recipe has one."""
    recipe = {**run.recipe(recipe["base"]), **recipe} if "base" in recipe else recipe
    dataset = registry.get("datasets", recipe["rated"])(data)
    clips, (targets, ratings) = dataset.clips(), dataset.ratings()
    if np.isnan(ratings).any():
        raise ParameterError(f"{dataset.title} does not rate every clip; A2E needs a set of ratings")
    mids = None
    if set(recipe["seeds"]) - {"a2e"}:
        rows = descriptors_cache.cached(dataset.name, clips, workers=recipe.get("workers"))
        mids = descriptors_cache.encoded(rows, "7").astype(float)
    return Study(clips, tuple(targets), ratings, recipe, Runs(FOLDER / f"a2e-{dataset.name}", {"clips": len(clips)}),
                 dataset.name, mids, mid_level.NAMES if mids is not None else ())


def train(data: Path, recipe: dict, out: Path, progress: Progress = silent) -> None:
    """A study; raises ParameterError that names the models of this route that ship."""
    raise ParameterError(f"{recipe['model']} is measured and ships no weights; evaluate it, or train mid2e or mid2e_va")


def evaluate(data: Path, recipe: dict, progress: Progress = silent) -> dict:
    """route -> input -> Pearson r and MSE over the seeds of the recipe, as `mid2e.plain` gives them."""
    study = opened(data, recipe)
    table: dict[str, dict] = {}
    for (route, given), seeds in every_run(study, progress).items():
        names = study.mid_names if route == "a2mid" else study.targets
        table.setdefault(route, {})[given] = plain(over_seeds(list(seeds.values()), names))
    return table


def every_run(study: Study, progress: Progress = silent) -> dict[tuple[str, str], dict[int, dict]]:
    """(route, input) -> seed -> how well its test fifth is foretold. Finished runs are not done again."""
    routes = {"a2e": a2e, "a2mid": a2mid, "a2mid2e": a2mid2e, "joint": joint}
    wanted = [(route, given, seed) for route, inputs in study.recipe["seeds"].items()
              for given, seeds in inputs.items() for seed in seeds]
    found: dict[tuple[str, str], dict[int, dict]] = {}
    for i, (route, given, seed) in enumerate(wanted):
        fitted = routes[route](study, given, seed, part(progress, i / len(wanted), (i + 1) / len(wanted)))
        truth = study.mids if route == "a2mid" else study.ratings
        found.setdefault((route, given), {})[seed] = tested(study, fitted, seed, truth)
    progress(1.0, "measured")
    return found


def cost(direct: dict[int, dict], through: dict[int, dict]) -> list[float]:
    """What it costs in correlation to go by way of descriptors: mean and standard deviation over the seeds of both,
    and their number."""
    lost = [direct[seed]["mean"] - through[seed]["mean"] for seed in direct.keys() & through.keys()]
    return [*mean_and_sd(lost), len(lost)] if lost else []


def tested(study: Study, fitted: Fitted, seed: int, truth: np.ndarray) -> dict:
    """How well a run foretells the truth (N, D) of those of its test part that have one."""
    _, test = study.part(seed)
    test = test[~np.isnan(truth[test]).any(axis=1)]
    return measured(truth[test], fitted.predicted[test])


# runs -----------------------------------------------------------------------------------------------------------------


def a2e(study: Study, given: str, seed: int, progress: Progress = silent) -> Fitted:
    """From the input straight to the ratings. Both pictures' branches may come from the runs on one picture, and stay
    as they are (recipe: fixed), so that only the head is learnt."""
    if study.recipe["plan"][given].get("fixed"):
        return _once(study, "a2e", given, seed, lambda: fixed(study, given, seed))
    return _once(study, "a2e", given, seed, lambda: learn(
        study, given, seed, study.ratings, network_of(given, len(study.targets)), progress=progress))


def a2mid(study: Study, given: str, seed: int, progress: Progress = silent) -> Fitted:
    """From the input to the descriptors of the middle layer; one that is not defined pulls nowhere."""
    return _once(study, "a2mid", given, seed, lambda: learn(
        study, given, seed, study.mids, network_of(given, study.mids.shape[1]), progress=progress))


def a2mid2e(study: Study, given: str, seed: int, progress: Progress = silent) -> Fitted:
    """A2Mid, then the linear regression from what it says of the training part to the ratings."""
    mids, (among, _) = a2mid(study, given, seed, progress), study.part(seed)
    known = np.concatenate([among.learn, among.held])
    head = fit_linear(mids.predicted[known], study.ratings[known], study.mid_names)
    return Fitted(mids.curve, mids.weights, head(mids.predicted), mids.metrics)


def joint(study: Study, given: str, seed: int, progress: Progress = silent) -> Fitted:
    """Descriptors and ratings learnt at once, with one loss each of the same weight; predicts the ratings."""
    ratings, mids = len(study.targets), study.mids.shape[1]
    both = _once(study, "joint", given, seed, lambda: learn(
        study, given, seed, np.column_stack([study.ratings, study.mids]),
        A2Mid2E(network_of(given, mids), mids, ratings), ratings, progress))
    return Fitted(both.curve, both.weights, both.predicted[:, :ratings], both.metrics)


def fixed(study: Study, given: str, seed: int) -> Fitted:
    """A head on the branches of the finished runs of the same seed, which knew the same training part."""
    plan, (among, _) = study.recipe["plan"][given], study.part(seed)
    network = _seeded(network_of(given, len(study.targets)), seed)
    for branch, kind in zip(network.branches, SEEN[given], strict=True):
        prefix, kept = "branches.0.", study.runs.stored(f"a2e/{kind}/seed{seed}").weights
        branch.load_state_dict({k.removeprefix(prefix): v for k, v in kept.items() if k.startswith(prefix)})
    head, network.head = network.head, nn.Identity()
    seen = torch.stack([torch.from_numpy(answers(study, given, network, np.arange(len(study.clips)), places))
                        for places in np.linspace(0, 1, plan["windows"])[:, None]], dim=1)  # (N, windows, 512)
    labels, middle, width = _scaled(study.ratings, among.learn)

    @torch.no_grad()
    def judge() -> float:
        return round(float(_loss(head(seen[among.held].mean(dim=1)), labels[among.held], 0)), 5)
    curve = fit(head, lambda rows, rng: seen[rows, rng.integers(0, plan["windows"], len(rows))], labels, among.learn,
                plan, seed, judge=judge)
    with torch.no_grad():
        said = head(seen.mean(dim=1)).numpy()
    network.head = head
    weights = {**network.state_dict(), "middle": torch.from_numpy(middle), "width": torch.from_numpy(width)}
    return Fitted(curve, weights, said * width + middle)


def _once(study: Study, route: str, given: str, seed: int, work: Callable[[], Fitted]) -> Fitted:
    plan = study.recipe["plan"][given]
    config = {"route": route, "given": given, "seed": seed, "plan": plan, "targets": list(study.targets)}
    if route != "a2e":
        config["middle"] = {"names": list(study.mid_names),
                            "measured": hashlib.sha256(study.mids.tobytes()).hexdigest()[:12]}
    return study.runs.once(f"{route}/{given}/seed{seed}", config, work)


def learn(study: Study, given: str, seed: int, wanted: np.ndarray, network: nn.Module, first: int = 0,
          progress: Progress = silent) -> Fitted:
    """`network` taught `wanted` (N, D) of the training part, each column in units of its spread; of the best epoch by
    the clips held out of it. With `first`, the first columns and the others have a mean loss each, which add up."""
    plan, (among, _) = study.recipe["plan"][given], study.part(seed)
    labels, middle, width = _scaled(wanted, among.learn)
    network = _seeded(network, seed).to(memory_format=torch.channels_last)

    def judge() -> float:
        answer = torch.from_numpy(answers(study, given, network, among.held, np.array([0.5])))
        return round(float(_loss(answer, labels[among.held], first)), 5)
    curve = fit(network, sampler(study, given), labels, among.learn, plan, seed, judge=judge, progress=progress,
                loss=lambda answer, truth: _loss(answer, truth, first))
    places = np.linspace(0, 1, plan["windows"]) if plan["windows"] > 1 else np.array([0.5])
    said = answers(study, given, network, np.arange(len(study.clips)), places)
    weights = {**network.state_dict(), "middle": torch.from_numpy(middle), "width": torch.from_numpy(width)}
    return Fitted(curve, weights, said * width + middle)


def _scaled(wanted: np.ndarray, known: np.ndarray) -> tuple[Tensor, np.ndarray, np.ndarray]:
    """(N, D) in units of the spread of the clips `known`, float32, and the mean and spread (D,) of that; NaN stays."""
    middle, width = np.nanmean(wanted[known], axis=0), not_zero(np.nanstd(wanted[known], axis=0))
    return torch.from_numpy(((wanted - middle) / width).astype(np.float32)), middle, width


def _seeded(network: nn.Module, seed: int) -> nn.Module:
    torch.manual_seed(seed)
    for module in network.modules():
        if hasattr(module, "reset_parameters"):
            module.reset_parameters()
    return network


def _loss(answer: Tensor, truth: Tensor, first: int) -> Tensor:
    """Mean squared error over what is defined."""
    error = (answer - torch.nan_to_num(truth)) ** 2 * ~torch.isnan(truth)
    return error[:, :first].mean() + error[:, first:].mean() if first else error.mean()


# what a network sees --------------------------------------------------------------------------------------------------


def sampler(study: Study, given: str) -> Callable:
    """A window of 10 s of each clip, anywhere in it, the same for both pictures; of the mean chroma, the whole clip."""
    def sample(rows: np.ndarray, rng: np.random.Generator):
        return _pictures(study, given, rows, rng.random(len(rows)))
    return sample


def _pictures(study: Study, given: str, rows: np.ndarray, at: np.ndarray):
    if given == "mean_chroma":
        return torch.from_numpy(mean_chroma(study)[rows])
    found = tuple(channels_last(torch.from_numpy(np.stack(
        [cut(study.pictures(kind)[i], INPUTS[kind].frames, a) for i, a in zip(rows, at, strict=True)])))
        for kind in SEEN[given])
    return found if len(found) > 1 else found[0]


def mean_chroma(study: Study) -> np.ndarray:
    """(N, 12) the mean over each clip."""
    if "mean_chroma" not in study.made:
        study.made["mean_chroma"] = np.stack([p.mean(axis=1, dtype=np.float32) for p in study.pictures("chromagram")])
    return study.made["mean_chroma"]


@torch.no_grad()
def answers(study: Study, given: str, network: nn.Module, rows: np.ndarray, places: np.ndarray,
            batch: int = 8) -> np.ndarray:
    """(n, D) what it says of the clips `rows`: the mean over windows at `places`, 0 (the start) to 1 (the end)."""
    network.eval()
    said = []
    for start in range(0, len(rows), batch):
        some = rows[start:start + batch]
        with torch.autocast("cpu", dtype=torch.bfloat16):
            said.append(torch.stack([network(_pictures(study, given, some, np.full(len(some), at))).float()
                                     for at in places]).mean(dim=0))
    return torch.cat(said).numpy()

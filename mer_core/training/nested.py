"""Nested cross-validation that keeps artists apart, and runs that are kept and not done twice.

Outer folds measure; inner folds, inside one outer training part, choose. A run's folder holds config.json, curve.json,
metrics.json, weights.safetensors and predicted.npy; it gets its name when all of them are written.
"""

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from mer_core.training import BUILD
from mer_core.training.evaluate import grouped_folds
from mer_core.training.loop import best_epoch

FOLDER = BUILD / "runs"


@dataclass(frozen=True, eq=False)
class Part:
    """What one run may learn from. `held` are the clips that tell it when to stop; empty in a final run."""

    name: str  # "outer0/inner1", "outer0/final"
    learn: np.ndarray
    held: np.ndarray


@dataclass(frozen=True, eq=False)
class Outer:
    """One outer fold. No clip of `test`, nor of its artists, is in any of the parts."""

    test: np.ndarray
    inner: tuple[Part, ...]
    final: Part


@dataclass(frozen=True, eq=False)
class Fitted:
    """What a run leaves: a learning curve, the weights, predictions of every clip of the set (N, K)."""

    curve: list[dict]
    weights: dict  # name -> torch tensor
    predicted: np.ndarray
    metrics: dict = field(default_factory=dict)


def outer_folds(groups: Sequence[str], outer: int, inner: int, seed: int) -> list[Outer]:
    """`outer` folds with `inner` folds inside each training part, all grouped; the same seed, the same folds."""
    groups, found = np.asarray(groups), []
    for k, (learn, test) in enumerate(grouped_folds(groups, outer, seed)):
        parts = grouped_folds(groups[learn], inner, seed)
        found.append(Outer(test, tuple(Part(f"outer{k}/inner{i}", learn[a], learn[b]) for i, (a, b) in enumerate(parts)),
                           Part(f"outer{k}/final", learn, np.array([], int))))
    return found


def whole(groups: Sequence[str], inner: int, seed: int) -> Outer:
    """All clips as one training part without a test, for weights that ship."""
    parts = grouped_folds(groups, inner, seed)
    return Outer(np.array([], int), tuple(Part(f"all/inner{i}", a, b) for i, (a, b) in enumerate(parts)),
                 Part("all/final", np.arange(len(groups)), np.array([], int)))


def split_hash(ids: Sequence[str], folds: Sequence[Outer]) -> str:
    """A digest of which clip is learnt from, watched and tested where."""
    digest = hashlib.sha256("\n".join(ids).encode())
    for outer in folds:
        for indices in (outer.test, *(x for p in (*outer.inner, outer.final) for x in (p.learn, p.held))):
            digest.update(np.asarray(indices, "<i8").tobytes() + b"|")
    return digest.hexdigest()[:12]


class Runs:
    """The runs of one study in one folder; `facts` go into each run's config (seed, split hash, recipe)."""

    def __init__(self, folder: Path, facts: dict):
        self.folder, self.facts = Path(folder), facts

    def once(self, name: str, config: dict, work: Callable[[], Fitted]) -> Fitted:
        """The stored run called `name`, or `work`'s, stored. A run with another config is done again."""
        folder, config = self.folder / name, json.loads(json.dumps({**self.facts, **config}))
        if _read(folder / "config.json") != config:
            fitted, part = work(), folder.with_name(f".{os.getpid()}-{folder.name}")
            _write(part, config, fitted)
            shutil.rmtree(folder, ignore_errors=True)
            part.rename(folder)
        return self.stored(name)

    def stored(self, name: str) -> Fitted:
        """A finished run; raises FileNotFoundError for another."""
        from safetensors.torch import load_file

        folder = self.folder / name
        return Fitted(curve=_read(folder / "curve.json"), weights=load_file(folder / "weights.safetensors"),
                      predicted=np.load(folder / "predicted.npy", allow_pickle=False),
                      metrics=_read(folder / "metrics.json"))


    def chosen(self, name: str, config: dict, outer: Outer, used: int,
               work: Callable[[Part, int | None], Fitted]) -> Fitted:
        """The final run of an outer fold: on its whole training part, for as many epochs as the first `used` inner
        folds found best, on average. `work(part, epochs)` stops early where epochs is None. Never sees the test part."""
        tried = [self.once(f"{name}/{p.name}", {**config, "part": p.name}, lambda p=p: work(p, None))
                 for p in outer.inner[:used]]
        epochs = round(float(np.mean([best_epoch(run.curve) for run in tried])))
        last = {**config, "part": outer.final.name, "epochs": epochs}
        return self.once(f"{name}/{outer.final.name}", last, lambda: work(outer.final, epochs))


def _read(path: Path):
    return json.loads(path.read_text()) if path.exists() else None


def _write(folder: Path, config: dict, fitted: Fitted) -> None:
    from safetensors.torch import save_file

    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    save_file({k: v.contiguous() for k, v in fitted.weights.items()}, folder / "weights.safetensors")
    np.save(folder / "predicted.npy", fitted.predicted.astype(np.float32))
    for name, value in (("config", config), ("curve", fitted.curve), ("metrics", fitted.metrics)):
        (folder / f"{name}.json").write_text(json.dumps(value, indent=1))

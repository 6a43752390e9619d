"""Teaches the student network what two larger networks hear, and what editors and listeners say.

    MER_WEIGHTS=FOLDER python -m mer_core train student_mlp --data DIR

Chunks of 10 s go in. First, without any label, what the larger networks make of the same 10 s has to come out; then
also quadrants, moods and genres of 4Q, without any artist of the rated set, and genres and felt emotions of Emotify.
No clip of the rated set is heard here, so that its figures are those of music the student never met.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from mer_core import registry
from mer_core.audio import decode
from mer_core.datasets._base import Clip
from mer_core.datasets._labels import read_table
from mer_core.datasets.emotify import EMOTIONS
from mer_core.datasets.quadrants_4q import Quadrants4Q
from mer_core.models.backbones import chunks
from mer_core.models.backbones.student import FRAMES, INPUT
from mer_core.models.nets.student import WIDTH, Student
from mer_core.schema import Progress, Segment, part, silent
from mer_core.training import embeddings_cache, loop
from mer_core.training.fit_c2d import _plain, altered

CHUNK = 10.0  # s
COLUMN = INPUT.spec.hop / INPUT.spec.sr  # s
LABELS = ("quadrant", "genre", "mood", "felt")


@dataclass(frozen=True)
class Lesson:
    """Chunks of clips and what is known of each. A group of columns is one subject with one loss."""

    pictures: list[np.ndarray]  # a clip's (96, T) float16
    where: np.ndarray  # (M, 2) clip, first column
    subjects: dict[str, np.ndarray]  # name -> (M, D), NaN where nothing is known


class Taught(nn.Module):
    """The student with a linear answer to each subject; only the student is kept."""

    def __init__(self, student: Student, widths: dict[str, int], dropout: float):
        super().__init__()
        self.student, self.dropout = student, nn.Dropout(dropout)
        self.answers = nn.ModuleDict({name: nn.Linear(WIDTH, width) for name, width in widths.items()})
        for answer in self.answers.values():
            nn.init.zeros_(answer.weight)  # the subjects' columns are small: random answers would be far off at first

    def forward(self, x: Tensor) -> Tensor:
        seen = self.dropout(self.student(x))
        return torch.cat([answer(seen) for answer in self.answers.values()], dim=1)


def taught(data: Path, plan: dict, progress: Progress = silent) -> Student:
    """The student after the recipe's stages. `data` has to hold the sets of plan["sets"] and of plan["rated"]."""
    sets = {name: registry.get("datasets", name)(data) for name in plan["sets"]}
    clips = [clip for dataset in sets.values() for clip in dataset.clips()]
    pictures = pictured(clips, part(progress, 0, 0.05))
    where = places(pictures)
    heard = hearings(sets, plan["hears"], part(progress, 0.05, 0.4))
    subjects = teachers(heard, where, plan["teachers"])
    rated = {_plain(clip.group) for clip in registry.get("datasets", plan["rated"])(data).clips()}
    said = {name: rows[where[:, 0]] for name, rows in labels(sets, rated).items()}
    torch.manual_seed(plan["seed"])
    network = Student().to(memory_format=torch.channels_last)
    for i, stage in enumerate(plan["stages"]):
        known = {name: (subjects | said)[name] for name in stage["weights"]}
        school(network, Lesson(pictures, where, known), stage, plan["seed"] + i,
               part(progress, 0.4 + 0.6 * i / len(plan["stages"]), 0.4 + 0.6 * (i + 1) / len(plan["stages"])))
    return network.eval()


def hearings(sets: dict, hears: dict[str, list[str]], progress: Progress) -> dict[str, list[dict | None]]:
    """backbone -> for each clip what it hears, None for the clips of sets that it does not teach."""
    found = {backbone: [] for backbone in hears}
    steps = [(backbone, name) for backbone in hears for name in sets]
    for i, (backbone, name) in enumerate(steps):
        within, clips = part(progress, i / len(steps), (i + 1) / len(steps)), sets[name].clips()
        taught = name in hears[backbone]
        found[backbone] += embeddings_cache.cached(backbone, clips, progress=within) if taught else [None] * len(clips)
    return found


# what is known of each chunk ------------------------------------------------------------------------------------------


def pictured(clips: Sequence[Clip], progress: Progress = silent) -> list[np.ndarray]:
    found = []
    for i, clip in enumerate(clips):
        progress(i / len(clips), f"hearing {clip.id}")
        found.append(INPUT.song(decode(clip.path))[:, :3 * FRAMES].astype(np.float16))
    return found


def places(pictures: Sequence[np.ndarray]) -> np.ndarray:
    """(M, 2) clip and first column of every chunk, on the grid of chunks that mn04 has."""
    return np.array([(i, k) for i, p in enumerate(pictures) for k in chunks.starts(p.shape[1], FRAMES)])


def teachers(heard: dict[str, list[dict | None]], where: np.ndarray, widths: dict[str, int],
             column: float = COLUMN) -> dict[str, np.ndarray]:
    """What the larger networks make of each chunk, "musicnn_embed" say, as (M, D) principal components whose
    variances sum to 1, so that a loss of 1 is knowing nothing; NaN where a network was not asked. A column of `where`
    lasts `column` s."""
    found = {}
    for name, width in widths.items():
        backbone, layer = name.split("_", 1)
        clips = [i for i, h in enumerate(heard[backbone]) if h is not None]
        rows = np.isin(where[:, 0], clips)
        every = [_per_chunk(heard[backbone][i], layer, column * where[where[:, 0] == i, 1]) for i in clips]
        found[name] = np.full((len(where), width), np.nan, np.float32)
        found[name][rows] = components(np.concatenate(every), width)
    return found


def _per_chunk(heard: dict[str, np.ndarray], layer: str, seconds: np.ndarray) -> np.ndarray:
    return chunks.means(heard[layer], heard["times"], [Segment(s, s + CHUNK) for s in seconds])


def components(x: np.ndarray, width: int) -> np.ndarray:
    """(M, C) -> (M, width), float32: the first principal components of the standardised columns."""
    scale = x.std(axis=0)
    z = ((x - x.mean(axis=0)) / np.where(scale > 1e-6, scale, 1)).astype(np.float64)
    values, vectors = np.linalg.eigh(z.T @ z / len(z))
    found = z @ vectors[:, ::-1][:, :width]
    return (found / np.sqrt(np.maximum(values.sum(), 1e-9))).astype(np.float32)


def labels(sets: dict, rated: set[str]) -> dict[str, np.ndarray]:
    """name -> (clips, D), NaN where a clip's set does not say, or where its artist is among the `rated`."""
    clips = [clip for dataset in sets.values() for clip in dataset.clips()]
    felt = np.array([name == "emotify" for name, dataset in sets.items() for _ in dataset.clips()])
    own = ~felt & np.array([_plain(clip.group) not in rated for clip in clips])
    sides = np.array([(c.quadrant in (1, 4), c.quadrant in (1, 2)) for c in clips], float)
    genres = sorted({c.genre for c in clips})
    genre = np.array([[c.genre == g for g in genres] for c in clips], float)
    gems = np.zeros((len(clips), len(EMOTIONS)))
    gems[felt] = sets["emotify"].felt() if felt.any() else 0
    every = {"quadrant": (sides, own), "genre": (genre, own | felt), "mood": (moods(sets["4q"], clips), own),
             "felt": (gems, felt)}
    return {name: np.where(known[:, None], rows, np.nan).astype(np.float32) for name, (rows, known) in every.items()}


def moods(dataset: Quadrants4Q, clips: Sequence[Clip], least: int = 30) -> np.ndarray:
    """(clips, D) 1 where an editor gave the clip that mood word; words of at least so many clips."""
    said = {row["Song"]: {word.strip() for word in row["MoodsStr"].split(";")}
            for row in read_table(dataset.root / dataset.marker, ("Song", "MoodsStr"))}
    count = Counter(word for words in said.values() for word in words)
    words = sorted(word for word, n in count.items() if n >= least)
    return np.array([[word in said.get(clip.id, ()) for word in words] for clip in clips], float)


# lessons --------------------------------------------------------------------------------------------------------------


def school(student: Student, lesson: Lesson, plan: dict, seed: int, progress: Progress = silent) -> list[dict]:
    """Trains `student` in place; the learning curve."""
    widths = {name: rows.shape[1] for name, rows in lesson.subjects.items()}
    network = Taught(student, widths, plan["dropout"])
    among = np.flatnonzero(np.any([~np.isnan(rows[:, 0]) for rows in lesson.subjects.values()], axis=0))
    wanted = torch.from_numpy(np.concatenate(list(lesson.subjects.values()), axis=1))

    def sample(chosen: np.ndarray, rng: np.random.Generator) -> Tensor:
        crops = [crop(lesson, i, plan["alter"], rng) for i in chosen]
        return torch.from_numpy(np.stack(crops)[:, None]).contiguous(memory_format=torch.channels_last)
    return loop.fit(network, sample, wanted, among, plan, seed, progress=progress,
                    loss=marks(widths, plan["weights"]))


def crop(lesson: Lesson, chunk: int, how: dict, rng: np.random.Generator) -> np.ndarray:
    """(96, FRAMES) of a chunk, moved by up to a second, at another gain, with silenced bands and gaps."""
    clip, start = lesson.where[chunk]
    picture, jitter = lesson.pictures[clip], how["jitter"]
    start = int(np.clip(start + rng.integers(-jitter, jitter + 1), 0, max(picture.shape[1] - FRAMES, 0)))
    return altered(picture[:, start:start + FRAMES], FRAMES, how, rng)


def marks(widths: dict[str, int], weights: dict[str, float]) -> Callable[[Tensor, Tensor], Tensor]:
    """The sum over subjects of weight x loss: squared error for what teachers hear, cross-entropy for shares of yes."""
    def loss(given: Tensor, wanted: Tensor) -> Tensor:
        total, column = torch.zeros(()), 0
        for name, width in widths.items():
            g, w = given[:, column:column + width], wanted[:, column:column + width]
            column += width
            known = ~torch.isnan(w[:, 0])
            if known.any():
                total = total + weights[name] * _error(name, g[known], w[known])
        return total
    return loss


def _error(name: str, given: Tensor, wanted: Tensor) -> Tensor:
    if name in LABELS:
        return nn.functional.binary_cross_entropy_with_logits(given, wanted)
    return (given - wanted).square().sum(dim=1).mean()

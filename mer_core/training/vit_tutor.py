"""A tutor for the vision transformers: a linear answer of the two larger networks to the labels of one training part.

It says what it makes of clips that have no label here, and the student learns to say so too, beside the labels
themselves (G. Hinton et al., Distilling the Knowledge in a Neural Network, 2015, section 2: soft targets). The tutor
of a part knows the labels of that part only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mer_core.datasets._base import Clip
from mer_core.models._vit import INPUT
from mer_core.schema import Progress, part, silent
from mer_core.training import distil_vit, embeddings_cache
from mer_core.training.pictures_cache import cached


@dataclass(frozen=True, eq=False)
class Tutor:
    """What the larger networks hear in the labelled clips, (N, C), and in clips without a label, (M, C)."""

    own: np.ndarray
    others: np.ndarray
    pictures: list[np.ndarray]  # of those without a label

    def classes(self, learn: np.ndarray, known: np.ndarray, strength: float) -> np.ndarray:
        """(M, K) probabilities, by a logistic regression on the clips `learn` of classes `known` (N,)."""
        from sklearn.linear_model import LogisticRegression

        own, others = self._scaled(learn)
        model = LogisticRegression(C=strength, max_iter=300, class_weight="balanced")
        return model.fit(own, known[learn]).predict_proba(others)

    def ratings(self, learn: np.ndarray, known: np.ndarray, strength: float) -> np.ndarray:
        """(M, 2) ratings, by a ridge regression on the clips `learn` with ratings `known` (N, 2)."""
        from sklearn.linear_model import Ridge

        own, others = self._scaled(learn)
        return Ridge(alpha=1 / strength).fit(own, known[learn]).predict(others)

    def _scaled(self, learn: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Standardised by the clips `learn`, at a mean squared length of 1."""
        mean, spread = self.own[learn].mean(axis=0), self.own[learn].std(axis=0)
        spread = np.where(spread > 1e-6, spread, 1) * np.sqrt(len(mean))
        return (self.own[learn] - mean) / spread, (self.others - mean) / spread


def tutor(data: Path, recipe: dict, clips: Sequence[Clip], progress: Progress = silent) -> Tutor:
    """The others are the lesson's clips that both networks teach, without the labelled `clips`. Needs the networks'
    weights (MER_WEIGHTS) where what they hear is not kept yet."""
    hears, known = recipe["distil"]["hears"], {clip.path for clip in clips}
    sets = {name: [clip for clip in some.clips() if clip.path not in known]
            for name, some in distil_vit.listened(data, recipe["distil"]).items()
            if all(name in names for names in hears.values())}
    others = [clip for some in sets.values() for clip in some]
    rows = heard([*clips, *others], list(recipe["distil"]["teachers"]), part(progress, 0, 0.7))
    pictures = [p for name, some in sets.items() for p in cached(name, some, INPUT, progress=part(progress, 0.7, 1))]
    return Tutor(rows[:len(clips)], rows[len(clips):], pictures)


def heard(clips: Sequence[Clip], layers: Sequence[str], progress: Progress = silent) -> np.ndarray:
    """(N, C), the mean over time of each layer, "musicnn_embed" say, side by side."""
    names, found = sorted({layer.split("_", 1)[0] for layer in layers}), {}
    for i, name in enumerate(names):
        within = part(progress, i / len(names), (i + 1) / len(names))
        found[name] = embeddings_cache.cached(name, list(clips), progress=within)
    columns = [np.stack([one[rest].mean(axis=0) for one in found[name]])
               for name, rest in (layer.split("_", 1) for layer in layers)]
    return np.concatenate(columns, axis=1)

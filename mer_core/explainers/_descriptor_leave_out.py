"""What a mid-level descriptor is in each stem alone, and in the song without it: measured, with nothing made up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from mer_core.audio import resample
from mer_core.features import mid_level
from mer_core.schema import Progress, Stems, frozen, silent

Reasons = Sequence[Mapping[str, str]]  # for each stem: descriptor -> why it is not defined


@dataclass(frozen=True, eq=False)
class LeftOut:
    """The seven descriptors of a song, of its stems, and of the song without each; NaN where not defined."""

    names: tuple[str, ...]  # (S,)
    song: np.ndarray  # (7,) in the order of mid_level.NAMES
    alone: np.ndarray  # (S, 7)
    without: np.ndarray  # (S, 7) the song less that stem; what the separation left over stays in
    why_alone: Reasons = ()
    why_without: Reasons = ()

    def __post_init__(self):
        for name in ("song", "alone", "without"):
            object.__setattr__(self, name, frozen(getattr(self, name)))

    def largest(self, name: str) -> int | None:
        """The stem without which a descriptor moves most; None where no difference is defined."""
        k = mid_level.NAMES.index(name)
        moves = np.abs(self.without[:, k] - self.song[k])
        return int(np.nanargmax(moves)) if np.isfinite(moves).any() else None


def left_out(stems: Stems, *, progress: Progress = silent) -> LeftOut:
    """Leave-one-out over the stems. A descriptor of silence is not defined, so exact Shapley values, which begin there,
    would need a made-up value; these differences do not, but they do not add up. Costs 2 S + 1 descriptions."""
    parts = [resample(y.mean(axis=0), stems.sr, mid_level.SR) for y in stems.parts.values()]
    song, players = np.sum(parts, axis=0), len(stems.names)
    asked = {"the song": song}
    for name, y in zip(stems.names, parts):
        asked |= {f"{name} alone": y, f"the song without {name}": song - y}
    found = []
    for k, (what, y) in enumerate(asked.items()):
        progress(k / (2 * players + 1), f"describing {what}")
        found.append(mid_level.of_sound(y))
    alone, without = found[1::2], found[2::2]
    return LeftOut(stems.names, found[0].values, np.array([f.values for f in alone]),
                   np.array([f.values for f in without]), [dict(f.reasons) for f in alone],
                   [dict(f.reasons) for f in without])

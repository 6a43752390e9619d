"""How much each stem moved a mid-level descriptor: from a descriptor on to the instruments behind it."""

from __future__ import annotations

from itertools import product

import numpy as np

from mer_core.audio import resample
from mer_core.explainers.stem_shapley import RESIDUAL, shapley
from mer_core.features import mid_level
from mer_core.features.mid_level_words import BY_NAME
from mer_core.schema import Explanation, Progress, Stems, silent

TYPICAL = np.array([BY_NAME[name].typical for name in mid_level.NAMES])  # (7,)


def descriptor_stems(stems: Stems, *, progress: Progress = silent) -> dict[str, Explanation]:
    """Exact Shapley values (Shapley 1953) of the stems for each descriptor that the song has, over all 2^S mixes.

    In a mix where a descriptor is not defined, such as drums alone for a key, its typical value stands: the stems are
    then told apart from a song one knows nothing of. That is the base too, the value of silence. What the separation
    left over joins last. 30 s take some 5 s of one core.
    """
    parts = np.array([resample(y.mean(axis=0), stems.sr, mid_level.SR) for y in stems.parts.values()])
    players, heard, missing = len(stems.names), {}, np.zeros(len(TYPICAL), int)
    for done, members in enumerate(product((0, 1), repeat=players)):
        progress(done / 2 ** players, f"describing mix {done + 1} of {2 ** players}")
        values = mid_level.of_sound(np.tensordot(np.float32(members), parts[:-1], 1)).values.astype(float)
        missing += np.isnan(values)
        heard[members] = np.where(np.isnan(values), TYPICAL, values)
    song = mid_level.of_sound(parts.sum(axis=0)).values.astype(float)
    values = np.concatenate([shapley(heard, players), (song - heard[(1,) * players])[None]])
    return {name: Explanation(
        model="signal", method="stem_shapley", target=name, space="stems", values=values[:, k], base=float(TYPICAL[k]),
        output=float(song[k]), labels=(*stems.names, RESIDUAL), notes=_notes(missing[k], 2 ** players),
        unit=mid_level.UNITS[name]) for k, name in enumerate(mid_level.NAMES) if np.isfinite(song[k])}


def _notes(missing: int, mixes: int) -> tuple[str, ...]:
    return ("Where stems bleed into each other, so do their shares.",
            f"In {missing} of {mixes} mixes, silence among them, this is not defined; the typical value stands there.")

"""What a song looks like to several ears at once: handcrafted values and what networks make of it, side by side."""

from __future__ import annotations

import numpy as np

from mer_core.features import handcrafted
from mer_core.models.backbones import chunks, cnn14, mn04, musicnn, student
from mer_core.schema import Progress, Segment, part, silent

EARS = {"musicnn": musicnn, "mn04": mn04, "cnn14": cnn14, "student": student}
Networks = dict[str, object]  # name of an ear -> its network


def ears(parts: tuple[str, ...]) -> list[str]:
    """The networks that `parts` need, "musicnn_embed" say, in the order of EARS."""
    return [name for name in EARS if any(p.startswith(f"{name}_") for p in parts)]


def missing(parts: tuple[str, ...]) -> str:
    """"" where the weights of every network of `parts` are at hand, else what is missing and what to do."""
    return " ".join(said for name in ears(parts) if (said := EARS[name].WEIGHTS.missing()))


def fetch(parts: tuple[str, ...], progress: Progress = silent) -> None:
    """Fetch the weights that are missing, because the user asked; raises WeightsError."""
    lacking = [EARS[name].WEIGHTS for name in ears(parts) if EARS[name].WEIGHTS.missing()]
    for i, weights in enumerate(lacking):
        weights.download(progress=part(progress, i / len(lacking), (i + 1) / len(lacking)))
    progress(1.0, "at hand")


def measured(parts: tuple[str, ...], networks: Networks, y: np.ndarray,
             segments: list[Segment]) -> dict[str, np.ndarray]:
    """(samples,) mono at 22,050 Hz -> for each part (N, C): the mean over the chunks of each segment, or the
    handcrafted values."""
    heard = {name: EARS[name].hear(network, y) for name, network in networks.items()}
    found = {}
    for whole in parts:
        name, _, layer = whole.partition("_")
        found[whole] = (handcrafted.handcrafted(y, segments) if whole == "handcrafted" else
                        chunks.means(heard[name][layer], heard[name]["times"], segments))
    return found

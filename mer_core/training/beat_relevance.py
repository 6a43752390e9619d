"""How the accounts of a song's beats differ: `python -m mer_core.training.beat_relevance SOUND_FILE ...`.

Each file is heard by the deep belief network. Printed are means over the files and both targets: how far apart the
values are when the fifth of the beats that lowers the value most and the fifth that raises it most sound like the
song's average beat (chance: 0); what share of output - base the beats hold (absolute values, so more than 1 where they
cancel something); and the correlation of the accounts over beats.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from mer_core import registry
from mer_core.audio import decode
from mer_core.explainers._beats import BeatSong, answers, listen, onto_beats, split
from mer_core.explainers._dbn_lrp import relevance
from mer_core.explainers.beat_lrp import RULES, BeatLrpParams, rule
from mer_core.explainers.beat_occlusion import occluded, replaced
from mer_core.features.beats import SPAN
from mer_core.models._dbn import BeatModel

MODEL = "dbn"
REPLACED = 0.2  # of the beats


def accounts(model: BeatModel, song: BeatSong) -> tuple[dict[str, np.ndarray], dict[str, float]]:
    """name -> (K, B) values of the beats; rule -> the share of output - base that the beats hold. Within a session."""
    found, held = {}, {}
    for name in RULES:
        way = relevance(model, song, rule(BeatLrpParams(rule=name)))
        found[name] = sum(onto_beats(split(model, song.found, feature, values)) for feature, values in way.values.items())
        held[name] = float(np.abs(found[name].sum(axis=1)).sum() / np.abs(way.output - way.base).sum())
    found["occlusion"] = occluded(model, song, "mean", tuple(model.features.split("+")))[0].T
    found["chance"] = np.random.default_rng(0).normal(size=found["occlusion"].shape)
    return found, held


def apart(model: BeatModel, song: BeatSong, values: np.ndarray, target: int) -> float:
    """The value without the beats that lower it most, less that without those that raise it most; values are (B,)."""
    order, count = np.argsort(values), max(round(REPLACED * song.beats), 1)
    lowest, highest = (np.isin(np.arange(song.beats), some) for some in (order[:count], order[-count:]))
    return float(without(model, song, lowest)[target] - without(model, song, highest)[target])


def without(model: BeatModel, song: BeatSong, beats: np.ndarray) -> np.ndarray:
    """(K,) the output with these beats (B,) bool as the song's average one."""
    swaps = np.lib.stride_tricks.sliding_window_view(beats, SPAN)
    kept = tuple(model.features.split("+"))
    return song.weights @ answers(model, replaced(model, song, np.arange(len(swaps)), swaps, "mean", kept))


def measure(model: BeatModel, songs: Iterable[BeatSong]) -> dict:
    """apart[account], held[rule] and alike[account][account], means over songs and targets."""
    rows, held, alike = [], [], []
    for song in songs:
        found, parts = accounts(model, song)
        targets = range(len(model.card.targets))
        rows.append({name: np.mean([apart(model, song, v[k], k) for k in targets]) for name, v in found.items()})
        alike += [np.corrcoef([values[k] for values in found.values()]) for k in targets]
        held.append(parts)
    names, table = list(rows[0]), np.mean(alike, axis=0)
    return {"apart": {n: float(np.mean([row[n] for row in rows])) for n in names},
            "held": {n: float(np.mean([parts[n] for parts in held])) for n in held[0]},
            "alike": {a: dict(zip(names, row.tolist())) for a, row in zip(names, table)}}


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m mer_core.training.beat_relevance", description=__doc__)
    parser.add_argument("files", type=Path, nargs="+", metavar="SOUND_FILE")
    files, model = parser.parse_args(argv).files, registry.get("models", MODEL)()
    with model.session():
        found = measure(model, (listen(model, decode(path)) for path in files))
    print(" " * 10 + f"{'apart':>8}{'held':>7}   r " + " ".join(f"{name[:7]:>7}" for name in found["alike"]))
    for name, row in found["alike"].items():
        held = f"{found['held'][name]:7.2f}" if name in found["held"] else " " * 7
        print(f"{name:<10}{found['apart'][name]:8.3f}{held}     " + " ".join(f"{value:7.2f}" for value in row.values()))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

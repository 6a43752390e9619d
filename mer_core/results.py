"""Stored results of the experiments and the papers' own tables: assets/results/*.json, each made again by a command."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from mer_core.errors import DataError
from mer_core.registry import ASSETS
from mer_core.schema import TARGETS, ModelCard

FOLDER = ASSETS / "results"
METRICS = {"r2": "R²", "rmse": "RMSE", "mae": "MAE", "r": "Pearson r", "ccc": "CCC"}
ERRORS = {"rmse", "mae"}  # in the unit of the ratings; the other metrics have none
Cells = Mapping[str, Mapping[str, float]]  # target -> metric -> value, errors on the scale -1 to 1


@dataclass(frozen=True)
class Stored:
    """A file of results: the command that makes it, and the keys it must have."""

    command: str
    keys: tuple[str, ...]


STORED = {
    "emomucs": Stored("python -m mer_core evaluate emomucs --data DIR --dataset musifeast17",
                      ("here", "table1", "table2", "figure3", "figure4", "curves")),
    "handcrafted": Stored("python -m mer_core evaluate handcrafted --data DIR",
                          ("here", "table", "kept", "pearson", "beeswarm", "families", "scatter", "histograms")),
    "cnn_family": Stored("python -m mer_core evaluate cnn_family --data DIR", ("here", "table", "curves")),
    "quadrants": Stored("python -m mer_core evaluate quadrants --data DIR", ("here", "table", "trusted")),
    "thesis": Stored("python -m mer_core evaluate thesis --data DIR",
                     ("here", "paper", "a2e", "a2mid", "routes", "mid2e", "data", "figures")),
    "dbn": Stored("python -m mer_core evaluate dbn --data DIR",
                  ("here", "note", "table", "baselines", "tested", "answered", "calibration", "pretraining")),
    "harmonics": Stored("python -m mer_core evaluate harmonics --data DIR",
                        ("here", "paper", "quadrants", "table", "against", "curves", "brightness")),
    "vit": Stored("python -m mer_core evaluate vit_happy_sad --data DIR", ("here", "paper", "cases", "curves", "clips")),
    "tsne": Stored("python -m mer_core.training.tsne --data DIR", ("here", "tracks", "embeddings")),
}


@dataclass(frozen=True)
class Row:
    """One system: what its paper printed on its own data, and what was measured here on ours. Either may be empty."""

    name: str
    title: str
    paper: Cells
    here: Cells

    def value(self, side: str, target: str, metric: str) -> float | None:
        """`side` is "paper" or "here"; None where there is no such figure."""
        return getattr(self, side).get(target, {}).get(metric)


def load(name: str, folder: Path | None = None) -> dict | None:
    """What the command of STORED[name] stored; None where it was not run yet. Raises DataError where it cannot be read."""
    path = Path(folder or FOLDER) / f"{name}.json"
    return _read(path, STORED[name].keys, STORED[name].command) if path.exists() else None


def paper(folder: Path | None = None) -> dict:
    """The papers' tables as printed: papers, tables, curves. Raises DataError where the file is missing or broken."""
    return _read(Path(folder or FOLDER) / "paper.json", ("papers", "tables", "curves"), "git checkout assets/results")


def _read(path: Path, keys: tuple[str, ...], command: str) -> dict:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DataError(f"{path.name} cannot be read: {error}. Make it again: {command}") from error
    if absent := [key for key in keys if key not in found]:
        raise DataError(f"{path.name} lacks {', '.join(absent)}. Make it again: {command}")
    return found


def rescaled(cells: Cells, scale: str) -> dict[str, dict[str, float]]:
    """The errors among `cells`, printed on a scale such as "1 to 9", on the scale -1 to 1; ratios stay as they are."""
    low, high = map(float, scale.split(" to "))
    return {target: {metric: value * 2 / (high - low) if metric in ERRORS else value
                     for metric, value in cells[target].items() if metric in METRICS}
            for target in TARGETS if isinstance(cells.get(target), Mapping)}


def printed(name: str, folder: Path | None = None) -> dict[str, tuple[dict, Cells]]:
    """name of a row of the papers' table `name` -> (the row, its cells on -1 to 1)."""
    known = paper(folder)
    table = known["tables"][name]
    scale = table.get("scale") or known["papers"][table["paper"]]["scale"]
    return {row["name"]: (row, rescaled(row, scale)) for row in table["rows"]}


def beside(table: str, here: Mapping[str, Cells], titles: Mapping[str, str]) -> list[Row]:
    """A row for each of `titles`, in their order: the papers' figures of `table` beside those measured `here`."""
    known = printed(table)
    return [Row(name, title, known.get(name, ({}, {}))[1], rescaled(here.get(name) or {}, "-1 to 1"))
            for name, title in titles.items()]


def models(cards: Iterable[ModelCard]) -> list[Row]:
    """A row for each model that was measured on ratings, in the order given."""
    rows = [Row(card.name, card.title, rescaled(card.reported, card.reported.get("scale", "-1 to 1")),
                rescaled(card.test_error, "-1 to 1")) for card in cards]
    return [row for row in rows if row.here]


def measured(rows: Iterable[Mapping]) -> dict[str, Cells]:
    """name -> cells of stored rows with "name" and "here"; a row still missing a fold has None."""
    return {row["name"]: row["here"] or {} for row in rows}

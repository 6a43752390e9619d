"""The deep belief network on beats: table 3 of the paper, the calibration, and the weights that ship.

    python -m mer_core evaluate dbn --data DIR [--dataset moodswings]
    python -m mer_core train dbn --data DIR

Every run is kept in build/runs/dbn-DATASET and not done twice.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import torch

from mer_core.features.beats import FEATURES
from mer_core.models._dbn import COMBINATIONS
from mer_core.models.nets.dbn import EllipseNetwork, reading
from mer_core.schema import ModelCard, Progress, part, silent
from mer_core.training import card_dbn, results_dbn, study_dbn
from mer_core.training.dbn_runs import Study, opened
from mer_core.training.study_dbn import Ship

WEIGHTS = "model.safetensors"


def evaluate(data: Path, recipe: dict, progress: Progress = silent) -> dict:
    """Table 3 and the calibration, stored for the pages; the table's rows and the test error as plain numbers."""
    study = opened(data, recipe, part(progress, 0, 0.2))
    table = study_dbn.table(study, part(progress, 0.2, 0.6))
    tested = study_dbn.tested(study, part(progress, 0.6, 0.9))
    results_dbn.write(study, table, tested, study_dbn.shipped(study, table))
    progress(1.0, "measured")
    return results_dbn.plain(study, table, tested)


def train(data: Path, recipe: dict, out: Path, progress: Progress = silent) -> ModelCard:
    """Writes model.safetensors and card.json to `out`: errors over grouped folds, weights from all clips."""
    study = opened(data, recipe, part(progress, 0, 0.2))
    table = study_dbn.table(study, part(progress, 0.2, 0.6))
    tested = study_dbn.tested(study, part(progress, 0.6, 0.9))
    ship = study_dbn.shipped(study, table)
    network = assembled(study, ship)
    raw = packed(study, ship, network)
    (out / WEIGHTS).write_bytes(raw)
    made = card_dbn.card(study, tested, ship, sum(p.numel() for p in network.parameters()), WEIGHTS,
                         hashlib.sha256(raw).hexdigest())
    made.write(out / "card.json")
    progress(1.0, "done")
    return made


def assembled(study: Study, ship: Ship) -> EllipseNetwork:
    """The three DBNs and the fifteen regressions in one network."""
    material = study.material
    widths = {name: material.x[name].shape[1] for name in FEATURES}
    network = EllipseNetwork(widths, COMBINATIONS, study.recipe["sizes"])
    for name, weights in ship.networks.items():
        network.networks[name].load_state_dict(weights)
    with torch.no_grad():
        for (features, layer), found in ship.readings.items():
            line = network.readings[reading(features, layer)]
            line.weight.copy_(torch.from_numpy(found.slopes.T))
            line.bias.copy_(torch.from_numpy(found.bias))
    return network


def packed(study: Study, ship: Ship, network: EllipseNetwork) -> bytes:
    """The weights file that models/_dbn.py reads."""
    from safetensors.torch import save

    tensors = {name: value.contiguous() for name, value in network.state_dict().items()}
    for name, standard in study.material.standards.items():
        tensors |= {f"standard.{name}.mean": torch.from_numpy(standard.mean.copy()),
                    f"standard.{name}.spread": torch.from_numpy(standard.spread.copy())}
    facts = {"features": list(FEATURES), "sizes": study.recipe["sizes"], "chosen": ship.features, "layer": ship.layer}
    return save(tensors, {"facts": json.dumps(facts)})  # one word: several are written in no fixed order

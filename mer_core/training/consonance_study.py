"""Whether what lights up is more consonant, or brighter, for Q4 than for Q2, by the maps that the app shows.

    python -m mer_core.training.consonance_study --data DIR

After `evaluate harmonics`, whose networks it takes: every song is read by the one that never heard its artist. Printed
are the means of the songs of Q4 and of Q2, Cohen's d and the chance that a song of Q4 has more than one of Q2, each
with its 90 % interval over artists; as a control the same of songs that are of neither. The maps are those of explainers/grad_cam.py with its
defaults.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import nn

from mer_core.consonance import consonance, intervals
from mer_core.explainers._grad_cam_maps import maps
from mer_core.explainers.grad_cam import GRADIENTS, REFERENCES
from mer_core.schema import Progress, silent
from mer_core.training import fit_harmonics, run
from mer_core.training.fit_harmonics import Study
from mer_core.training.study_harmonics import ANXIETY, CONTENTMENT, contrast

MEASURES = ("brightness", "consonance")


def of_song(network: nn.Module, x: torch.Tensor, target: int) -> tuple[float, float]:
    """MEASURES of a song's windows (N, 1, F, W): log-odds, and Huron's index (NaN where nothing is bright)."""
    found = maps(network, x, target, GRADIENTS[0], silence=REFERENCES[0] == "silence")
    bright = torch.relu(found).sum(dim=2).double().numpy()  # (N, 12, W')
    moments = bright.transpose(1, 0, 2).reshape(12, -1)
    apart = intervals(moments) @ moments.sum(axis=0) / max(moments.sum(), 1e-12)
    return float(moments.sum() / len(bright)), float(consonance(apart[:, None])[0])


def measure(study: Study, progress: Progress = silent) -> dict[str, dict]:
    """"brightness, true" and so on -> what study_harmonics.contrast says."""
    found, said = np.empty((len(study.clips), 4, len(MEASURES))), np.empty(len(study.clips), int)
    for k, outer in enumerate(study.folds):
        network = fit_harmonics.network("harmonics", study.recipe)
        network.load_state_dict(study.runs.stored(f"harmonics/outer{k}/final").weights)
        network.eval().requires_grad_(False)
        for n, i in enumerate(outer.test):
            progress((k + n / len(outer.test)) / len(study.folds), f"fold {k + 1}")
            x = fit_harmonics.windows(study.pictures[i])
            with torch.no_grad():
                said[i] = network(x).softmax(dim=1).mean(dim=0).argmax()
            found[i] = [of_song(network, x, target) for target in range(4)]
    return compared(found, study.truth, said, np.array([clip.group for clip in study.clips]))


def compared(found: np.ndarray, truth: np.ndarray, said: np.ndarray, groups: np.ndarray) -> dict[str, dict]:
    """(N, 4, M) of each song's four maps -> the rows of `measure`: the map for the true quadrant, for the one that the
    network says, and as a control songs of Q1 and Q3, whose map for Q4 is compared with their map for Q2."""
    rows, songs, others = {}, np.arange(len(truth)), np.flatnonzero(~np.isin(truth, (CONTENTMENT, ANXIETY)))
    asked = {"true": (songs, truth), "said": (songs, said),
             "elsewhere": (np.tile(others, 2), np.repeat([CONTENTMENT, ANXIETY], len(others)))}
    for of, (who, quadrant) in asked.items():
        for m, name in enumerate(MEASURES):
            values = found[who, quadrant, m]
            kept = np.isfinite(values)
            rows[f"{name}, {of}"] = contrast(values[kept], quadrant[kept], groups[who][kept])
    return rows


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m mer_core.training.consonance_study", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, metavar="DIR", help="folder that holds the data sets")
    recipe = run.recipe("harmonics")
    study = fit_harmonics.opened(parser.parse_args(argv).data, {**run.recipe(recipe["base"]), **recipe}, silent)
    for name, row in measure(study).items():
        print(f"{name:<23} Q4 {row['q4']:8.4f}  Q2 {row['q2']:8.4f}  d {row['d']:+.2f} {row['d_interval']}  "
              f"AUC {row['auc']:.2f} {row['auc_interval']}  {row['clips']} songs")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

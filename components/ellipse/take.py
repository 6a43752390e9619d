"""The ellipse as data to take away. No streamlit."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd

from components.ellipse.sentences import correlations, deviations
from mer_core.ellipse import COVERAGES, EllipsePath
from mer_core.records import plain
from mer_core.words import on_scale, span


def table(path: EllipsePath, scale: str) -> pd.DataFrame:
    """A row a second: its centre in s, the mean, the standard deviations, and their correlation."""
    means, apart = on_scale(path.means.astype(float), scale), span(deviations(path), scale)
    return pd.DataFrame({"time_s": path.times.astype(float), "valence": means[:, 0], "arousal": means[:, 1],
                         "sd_valence": apart[:, 0], "sd_arousal": apart[:, 1],
                         "correlation": correlations(path)}).round(4)


def facts(path: EllipsePath, title: str, model: str) -> bytes:
    """Everything on -1 to 1 as JSON: the Gaussian of each second, its half axes at three coverages, the beats."""
    halves = {f"{share:.0%}": half.round(4).tolist() for share in COVERAGES for half, _ in [path.axes(share)]}
    found = {"song": title, "model": model, "scale": "-1 to 1", **{k: plain(v) for k, v in vars(path).items()},
             "half_axes": halves, "angle_rad": np.round(path.axes()[1], 4).tolist()}
    return json.dumps(found, ensure_ascii=False, allow_nan=False, indent=1).encode()

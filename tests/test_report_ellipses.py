"""What the command line writes of a song's ellipses."""

import csv

import numpy as np

from mer_core.ellipse import EllipsePath
from mer_core.report import write_ellipses


def test_a_line_a_second_with_what_it_stands_on(tmp_path):
    rng = np.random.default_rng(0)
    root = rng.normal(0, 0.2, (5, 2, 2))
    path = EllipsePath(np.arange(5) + 0.5, rng.uniform(-1, 1, (5, 2)), root @ root.transpose(0, 2, 1) + 0.01 * np.eye(2),
                       np.arange(9) / 2, "rhythm", 1, "even 0.5 s", ("Too few beats were found.",))
    write_ellipses(tmp_path / "ellipse.csv", path)
    lines = (tmp_path / "ellipse.csv").read_text(encoding="utf-8").splitlines()
    said = [line for line in lines if line.startswith("#")]
    assert said == ["# features rhythm, layer 1, beats even 0.5 s (9)", "# Too few beats were found."]
    rows = list(csv.DictReader(lines[len(said):]))
    read = {name: np.array([float(row[name]) for row in rows]) for name in rows[0]}
    np.testing.assert_allclose(read["seconds"], path.times)
    np.testing.assert_allclose(np.stack([read["mean_valence"], read["mean_arousal"]], axis=1), path.means, rtol=1e-5)
    for name, (i, j) in {"var_valence": (0, 0), "var_arousal": (1, 1), "covariance": (0, 1)}.items():
        np.testing.assert_allclose(read[name], path.covariances[:, i, j], rtol=1e-5)

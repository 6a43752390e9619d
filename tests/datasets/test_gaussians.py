"""Labels as Gaussians, from tables in MUSIFEAST-17's layout and from made-up seconds."""

import csv

import numpy as np
import pytest

from mer_core.datasets import _gaussians
from mer_core.datasets._gaussians import AGES, COUNTRIES, LabelGaussians
from mer_core.datasets.musifeast17 import Musifeast17
from mer_core.errors import DataError, ParameterError

CLIPS = 300


def write(path, rows):
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as file:
        table = csv.DictWriter(file, ["CLIP_NAME", "GENRE", "TRACK_TITLE", "ARTIST", "valence_M", "valence_SD",
                                      "arousal_M", "arousal_SD"])
        table.writeheader()
        table.writerows(rows)


def made(root, r=0.6, groups=True, sd=("1.0", "0.5")):
    """Every group's ratings are four draws about the clip's mean with correlation `r` and the deviations `sd`."""
    dice = np.random.default_rng(0)
    centres, names = dice.uniform(2, 4, (CLIPS, 2)), [f"c{i}" for i in range(CLIPS)]

    def row(name, mean, spread=sd):
        return {"CLIP_NAME": name, "GENRE": "g", "TRACK_TITLE": name, "ARTIST": name, "valence_M": mean[0],
                "valence_SD": spread[0], "arousal_M": mean[1], "arousal_SD": spread[1]}
    write(root / "data/MUSIFEAST17_all.csv", [row(n, c) for n, c in zip(names, centres)])
    root_of = np.linalg.cholesky([[1, r], [r, 1]]) * np.array([[1.0], [0.5]])
    for group in [f"{c}{a}" for c in COUNTRIES for a in AGES] if groups else []:
        ratings = centres[:, None] + dice.normal(size=(CLIPS, 4, 2)) @ root_of.T
        write(root / f"data/MUSIFEAST17_{group}.csv", [row(n, m) for n, m in zip(names, ratings.mean(axis=1))])
    (root / "stimuli").mkdir(exist_ok=True)
    for name in names:
        (root / f"stimuli/{name}.mp3").touch()
    return Musifeast17(root)


def test_the_correlation_within_clips_is_found_from_the_groups_means(tmp_path):
    assert _gaussians.correlation(made(tmp_path / "a", r=0.6).root) == pytest.approx(0.6, abs=0.05)
    assert _gaussians.correlation(made(tmp_path / "b", r=-0.3).root) == pytest.approx(-0.3, abs=0.05)
    assert _gaussians.correlation(made(tmp_path / "c", groups=False).root) == 0


def test_a_clip_has_one_gaussian_for_all_its_seconds(tmp_path):
    dataset = made(tmp_path)
    labels, r = _gaussians.of(dataset), _gaussians.correlation(tmp_path)
    assert len(labels) == CLIPS
    means, covariances = labels[3].at(np.array([0.0, 7.5, 30.0]))
    np.testing.assert_allclose(means, [dataset.clips()[3].values] * 3)
    np.testing.assert_allclose(covariances, [[[0.25, r / 8], [r / 8, 0.0625]]] * 3)  # deviations 1.0 and 0.5 of 1-5


def test_labels_of_seconds_are_joined_by_lines():
    label = LabelGaussians(np.array([1.0, 2.0, 4.0]), np.array([[0.0, 0.0], [1.0, -1.0], [0.0, 0.0]]),
                           np.stack([np.eye(2), 3 * np.eye(2), np.eye(2)]))
    means, covariances = label.at(np.array([0.0, 1.5, 3.0, 9.0]))
    np.testing.assert_allclose(means, [[0, 0], [0.5, -0.5], [0.5, -0.5], [0, 0]])
    np.testing.assert_allclose(covariances[:, 0, 0], [1, 2, 2, 1])
    assert (np.linalg.eigvalsh(covariances) > 0).all()


def test_what_cannot_be_a_gaussian_is_named(tmp_path):
    with pytest.raises(DataError, match="c0"):
        _gaussians.of(made(tmp_path / "a", sd=("0", "0.5")))
    with pytest.raises(DataError, match="valence_SD of c0"):
        _gaussians.of(made(tmp_path / "b", sd=("many", "0.5")))

    class Other:
        name, title = "pmemo", "PMEmo"
    with pytest.raises(ParameterError, match="musifeast17"):
        _gaussians.of(Other())

"""Rated and unlabelled sets become what is learnt from: labels of seconds, a lost clip, a set that is absent."""

import sys
from pathlib import Path

import numpy as np
import pytest

from mer_core.datasets._base import Clip
from mer_core.datasets._gaussians import LabelGaussians
from mer_core.errors import DataError
from mer_core.training import dbn_runs, results_dbn, study_dbn

sys.path.insert(0, str(Path(__file__).parents[1] / "models"))
import beats  # noqa: E402

SECONDS = np.arange(1.0, 6.0)
RECIPE = {"rated": "moodswings", "settled": [0], "unlabelled": ["musifeast17", "4q"], "sizes": [6, 5, 4], "seed": 0,
          "divisions": [0], "splits": [0], "pretrain": {"k": 1, "epochs": [1], "rates": [1e-3], "binomial_rate": 0.02,
                                                      "momentum": 0.5, "decay": 1e-4, "batch": 50},
          "tune": {"epochs": 8, "patience": 3, "batch": 32, "rate": 1e-2, "decay": 1e-3}}


class Seconds:
    """Twelve clips whose valence rises second by second."""

    name, title, licence, citation, url, root = "moodswings", "MoodSwings Turk", "l", "c", "u", Path()

    def clips(self):
        return [Clip(f"s{i}", None, f"album{i}", (0.0, 0.0)) for i in range(12)]

    def gaussians(self):
        means = np.stack([np.linspace(-0.4, 0.4, len(SECONDS)), np.full(len(SECONDS), 0.1)], axis=1)
        covariances = np.repeat(0.05 * np.eye(2)[None], len(SECONDS), axis=0)
        return [LabelGaussians(SECONDS, means, covariances) for _ in range(12)]


class Plain:
    name = "4q"

    def clips(self):
        return [Clip(f"q{i}", None, f"artist{i}", (np.nan, np.nan)) for i in range(4)]


def get(kind, name):
    def absent(data):
        raise DataError(f"{name} is not there")
    return {"moodswings": lambda data: Seconds(), "4q": lambda data: Plain()}.get(name, absent)


def rising(name, clips, progress=None):
    """Rhythm tells the second; the fourth clip has too few beats."""
    found = [beats.heard(12, seed=i) for i in range(len(clips))]
    for one in found:
        one.rhythm[:] += one.beats.times[3:, None]
    return [None if name == "moodswings" and i == 3 else one for i, one in enumerate(found)]


@pytest.fixture
def study(monkeypatch, tmp_path):
    monkeypatch.setattr(dbn_runs.registry, "get", get)
    monkeypatch.setattr(dbn_runs.beats_cache, "cached", rising)
    monkeypatch.setattr(dbn_runs, "FOLDER", tmp_path)
    return dbn_runs.opened(tmp_path, RECIPE)


def test_clips_without_beats_and_sets_that_are_absent_are_left_out(study):
    assert study.left_out == ("s3",) and len(study.material.clips) == 11
    assert study.sound.counts == {"moodswings": 11, "4q": 4}
    assert len(set(study.sound.groups)) == 15 == len(study.sound.features)
    with pytest.raises(DataError, match="musifeast17"):
        dbn_runs.opened(Path(), {**RECIPE, "rated": "musifeast17"})


def test_seconds_are_learnt_and_measured_one_by_one(study):
    material = study.material
    assert len(material.truth[0]) == 11 * len(SECONDS)
    assert len(np.unique(material.wanted[:, 0].numpy().round(3))) > 5  # between the labels, beat by beat
    learn, test = study_dbn.division(np.array([f"g{i}" for i in range(11)]), 0)
    layers = study_dbn.tuned_layers(study, learn, lambda name: (1, 1e-3), ("rhythm",))
    found = study_dbn.measures(study, layers["rhythm"][0], learn, test)
    count = len(material.truth[0])
    constant = study_dbn.errors(study, study_dbn.repeated(study_dbn.same_for_all(material.truth), count),
                                np.ones(count, bool))
    assert found["distance"] < 0.6 * constant["distance"]


def test_results_say_whose_they_are(study):
    said = results_dbn.here(study)
    assert said["dataset"] == "moodswings" and "each second" in said["labels"] and "15 clips" in said["pretraining"]
    assert results_dbn._other(study) == " --dataset moodswings"
    assert not any("settled" in line for line in results_dbn.reduced(study))  # that was on other clips

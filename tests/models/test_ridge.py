"""Ridge on several ears as a model: it stands on what is at hand, and refuses what it was not trained with."""

import json

import numpy as np
import pytest
from safetensors.numpy import save

from mer_core.errors import WeightsError
from mer_core.features.handcrafted import NAMES
from mer_core.models import _hearing
from mer_core.models._ridge import Ridge
from mer_core.models.backbones import mn04
from mer_core.schema import Segment, Track, TrackInfo


class Loud(Ridge):
    """Arousal is the level in dB over a hundred; valence is always 0.25."""

    name = "loud"
    parts = ("handcrafted",)

    def __init__(self, folder, raw=None):
        super().__init__(folder)
        self._raw = raw

    def weights(self):
        return self._raw


def raw(columns=("level_mean", "level_std"), ears=None):
    tensors = {"mean": np.zeros(2, np.float32), "coefficients": np.array([[0, 0.01], [0, 0]], np.float32),
               "bias": np.array([0.25, 0], np.float32)}
    return save(tensors, {"handcrafted": json.dumps(columns), "ears": json.dumps(ears or {})})


def noise(gain, seconds=8.0):
    y = np.random.default_rng(0).normal(0, gain, (1, int(44_100 * seconds))).astype(np.float32)
    return Track(TrackInfo("", "noise", seconds, 1), y)


def test_it_weighs_what_it_measures(tmp_path):
    model = Loud(tmp_path, raw())
    with model.session():
        loud, soft = (model.outputs(model.encode(noise(gain), Segment(0, 8)))[0] for gain in (0.1, 0.01))
    assert loud[0] == soft[0] == 0.25
    assert loud[1] - soft[1] == pytest.approx(0.2, abs=1e-3)  # 20 dB


def test_a_value_that_is_no_longer_measured_is_named(tmp_path):
    assert "gone" not in NAMES
    with pytest.raises(WeightsError, match="gone"), Loud(tmp_path, raw(("level_mean", "gone"))).session():
        pass


def test_another_network_than_the_one_it_was_trained_with_is_refused(tmp_path, monkeypatch):
    class Deaf(Loud):
        parts = ("handcrafted", "mn04_embed")
    monkeypatch.setattr(_hearing, "missing", lambda parts: "")
    with pytest.raises(WeightsError, match="another mn04"), Deaf(tmp_path, raw(ears={"mn04": "0" * 64})).session():
        pass


def test_a_network_that_is_not_at_hand_is_said_before_and_when_it_is_used(tmp_path, monkeypatch):
    class Deaf(Loud):
        parts = ("handcrafted", "mn04_embed")
    monkeypatch.setenv("MER_WEIGHTS", str(tmp_path))
    model = Deaf(tmp_path, raw(ears={"mn04": mn04.WEIGHTS.digest}))
    for word in ("mn04", "4.1 MB", "MIT", "MER_WEIGHTS", "https://"):
        assert word in model.available()
    with pytest.raises(WeightsError, match="mn04"), model.session():
        pass
    assert Loud(tmp_path).available() == ""


def test_parts_name_their_ears():
    assert _hearing.ears(("handcrafted", "mn04_blocks", "mn04_embed", "musicnn_pooled")) == ["musicnn", "mn04"]


def test_only_what_is_missing_is_fetched_when_asked(monkeypatch, tmp_path):
    class Weights:
        def __init__(self, here):
            self.here = here

        def missing(self):
            return "" if self.here else "not here"

        def download(self, *, progress):
            progress(1.0, "fetched")
            self.here = True

    class Ear:
        def __init__(self, here):
            self.WEIGHTS = Weights(here)
    near, far, said = Ear(True), Ear(False), []
    near.WEIGHTS.download = None
    monkeypatch.setattr(_hearing, "EARS", {"near": near, "far": far})

    class Both(Ridge):
        name = "both"
        parts = ("near_x", "far_x", "far_y")
    assert Both(tmp_path).available() == "not here"
    Both(tmp_path).download(progress=lambda fraction, text="": said.append(fraction))
    assert Both(tmp_path).available() == "" and said[-1] == 1.0

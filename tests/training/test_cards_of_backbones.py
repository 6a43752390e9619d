"""Training writes weights that fit the model and a card that says what it is, without any backbone at hand."""

import hashlib
import json

import numpy as np
import pytest
import torch
from safetensors.torch import load

from mer_core.datasets._base import Clip
from mer_core.models._ridge import header
from mer_core.models.nets.student import Student, StudentEmotion
from mer_core.models.student_mlp import StudentMLP
from mer_core.schema import TARGETS, ModelCard, Track, TrackInfo
from mer_core.training import fit_mlp, fit_ridge, fit_student, fit_student_mlp
from mer_core.training.run import recipe

QUICK = {"outer": 2, "inner": 2, "splits": [0]}
HEAD = {"epochs": 2, "patience": 2, "batch": 8, "rate": 1e-3, "decay": 0.0, "dropout": 0.0}


def clips(folder, count=24):
    rng = np.random.default_rng(0)
    return [Clip(str(i), folder, f"artist {i}", tuple(rng.uniform(-0.5, 0.5, 2))) for i in range(count)]


def complete(card: ModelCard, raw: bytes) -> None:
    assert card.digest == hashlib.sha256(raw).hexdigest()
    assert np.linalg.eigvalsh(card.test_error["covariance"]).min() > 0
    assert all({"r2", "rmse", "r", "ccc"} <= set(card.test_error[t]) for t in TARGETS)
    assert card.limits and card.parameters > 0 and all({"licence", "clips"} <= set(s) for s in card.trained_on)


def test_ridge(tmp_path, monkeypatch):
    plan = recipe("backbones_ridge") | QUICK
    rng = np.random.default_rng(0)
    widths = {"musicnn_pooled": 7, "musicnn_embed": 3, "mn04_embed": 4, "mn04_blocks": 5, "handcrafted": 6}
    heard = fit_ridge.Heard({n: rng.normal(size=(40, w)) for n, w in widths.items()},
                            np.array([f"artist {i}" for i in range(40)]), rng.uniform(-1, 1, (40, 2)), 30)
    monkeypatch.setattr(fit_ridge, "read", lambda *args: heard)
    card = fit_ridge.train(tmp_path, plan, tmp_path)
    raw = (tmp_path / "model.safetensors").read_bytes()
    complete(card, raw)
    assert ModelCard.read(tmp_path / "card.json") == card
    assert load(raw)["coefficients"].shape == (sum(widths.values()), 2)
    assert set(json.loads(header(raw)["ears"])) == {"musicnn", "mn04"}
    assert set(card.test_error["chosen"]) == set(TARGETS) and "MusiCNN" in card.paper


@pytest.mark.parametrize("name, width", [("musicnn_mlp", 200), ("cnn14_mlp", 2048)])
def test_perceptron(name, width, tmp_path, monkeypatch):
    plan = recipe(name) | QUICK | {"head": HEAD}
    found = clips(tmp_path), np.random.default_rng(0).normal(size=(24, width)).astype(np.float32)
    monkeypatch.setattr(fit_mlp, "read", lambda *args: found)
    card = fit_mlp.train(tmp_path, plan, tmp_path)
    raw = (tmp_path / "model.safetensors").read_bytes()
    complete(card, raw)
    assert card.parameters == sum(value.numel() for value in load(raw).values())
    assert card.gives == ("audio",) and any("which are not part of this project" in limit for limit in card.limits)


def test_student(tmp_path, monkeypatch):
    plan = recipe("student_mlp") | QUICK | {"head": HEAD}
    torch.manual_seed(0)
    network = Student().eval()
    monkeypatch.setattr(fit_student, "taught", lambda *args: network)
    found = clips(tmp_path), np.random.default_rng(0).normal(size=(24, 256)).astype(np.float32)
    monkeypatch.setattr(fit_student_mlp, "read", lambda *args: found)
    card = fit_student_mlp.train(tmp_path, plan, tmp_path)
    complete(card, (tmp_path / "model.safetensors").read_bytes())
    assert card.parameters == sum(p.numel() for p in StudentEmotion().parameters())
    y = np.random.default_rng(0).normal(0, 0.1, (1, 44_100 * 4)).astype(np.float32)
    prediction = StudentMLP(tmp_path).predict(Track(TrackInfo("", "noise", 4.0, 1), y))
    assert np.isfinite(prediction.values).all()

"""The study of Grad-CAM, on small networks whose answers are known."""

import sys
from pathlib import Path

import pytest
import torch

from mer_core.training import grad_cam_study

sys.path.insert(0, str(Path(__file__).parents[1] / "explainers"))
import harmonic_nets as nets  # noqa: E402


@pytest.fixture(autouse=True)
def cells(monkeypatch):
    monkeypatch.setattr(grad_cam_study, "CELL", (8, 4))


def test_behind_a_maximum_grad_cam_misses_what_each_cells_own_gradient_finds():
    found = grad_cam_study.measure(nets.SmallNet("max").eval(), nets.pictures(3))
    assert found["cell - dark"]["missed"] < 1e-5 < 0.01 < found["map - dark"]["missed"]
    assert found["cell - dark"]["cells"] > 0.01


def test_silencing_what_is_heard_moves_the_output():
    """Only A is heard; its fundamentals lie in few of the cells, which the maps know and chance does not."""
    network, x = nets.Listening(good=(0,)), 0.9 * torch.ones(2, 1, nets.BANDS, 44)
    found = grad_cam_study.measure(network, x)
    moved = float((network(x) - network(torch.zeros_like(x)))[:, 0].mean())
    assert found["map - silence"]["missed"] < 1e-5 and found["map - silence"]["cells"] == pytest.approx(moved, rel=1e-4)
    assert found["map - silence"]["apart"] > 0.15 * moved > 5 * abs(found["chance"]["apart"])

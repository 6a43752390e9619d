import numpy as np
import pytest
import torch
from torch import nn

from mer_core.training.loop import best_epoch, fit

PLAN = {"epochs": 12, "batch": 8, "rate": 0.05, "decay": 0.0, "patience": 3}
X = torch.randn(64, 3, generator=torch.Generator().manual_seed(0))
Y = X @ torch.tensor([[1.0, 0], [0, -1], [0.5, 0.5]])


def sample(chosen, rng):
    return X[chosen]


def linear() -> nn.Linear:
    torch.manual_seed(1)
    return nn.Linear(3, 2)


def test_it_learns_and_leaves_a_curve():
    net = linear()
    curve = fit(net, sample, Y, np.arange(64), PLAN, 0)
    assert [p["epoch"] for p in curve] == list(range(1, 13)) and curve[-1]["loss"] < 0.1 * curve[0]["loss"]
    assert best_epoch(curve) == 12 and not net.training


def test_it_stops_early_and_keeps_the_best_weights():
    net, errors, kept = linear(), iter([3.0, 1.0, 2.0, 2.0, 2.0, 0.0]), []

    def judge() -> float:
        kept.append(net.weight.detach().clone())
        return next(errors)
    curve = fit(net, sample, Y, np.arange(64), PLAN, 0, judge=judge)
    assert [p["validation"] for p in curve] == [3.0, 1.0, 2.0, 2.0, 2.0] and best_epoch(curve) == 2
    assert torch.equal(net.weight, kept[1])


def test_so_many_epochs_are_the_start_of_the_whole_schedule():
    short, long = linear(), linear()
    one = fit(short, sample, Y, np.arange(64), PLAN, 0, epochs=4)
    two = fit(long, sample, Y, np.arange(64), PLAN, 0)
    assert one == two[:4]


def test_only_what_is_among_is_learnt_from():
    seen = []
    fit(linear(), lambda chosen, rng: seen.extend(chosen) or X[chosen], Y, np.arange(10, 26), PLAN, 0, epochs=1)
    assert sorted(seen) == list(range(10, 26))


def test_fewer_clips_than_a_batch():
    assert fit(linear(), sample, Y, np.arange(5), PLAN, 0, epochs=1)[0]["loss"] == pytest.approx(
        ((linear()(X[:5]) - Y[:5]) ** 2).mean().item(), rel=0.02)

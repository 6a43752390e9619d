"""Machines on made-up patches that two hidden causes explain."""

import torch

from mer_core.models.nets.dbn import DBN
from mer_core.training.pretrain_dbn import from_tensors, pretrain, to_tensors

PLAN = {"k": 1, "epochs": 15, "rate": 0.02, "binomial_rate": 0.05, "momentum": 0.5, "decay": 1e-4, "batch": 50}


def patches(count, seed=0):
    dice = torch.Generator().manual_seed(seed)
    causes = torch.sign(torch.randn(count, 2, generator=dice))
    patterns = torch.randn(2, 12, generator=torch.Generator().manual_seed(9))
    return causes @ patterns / 2 ** 0.5 + 0.3 * torch.randn(count, 12, generator=dice)


def test_curves_fall_for_what_is_learnt_and_what_is_held_out():
    found = pretrain(patches(1500), patches(300, seed=1), (8, 6, 4), PLAN, seed=0)
    assert [tuple(m.weight.shape) for m in found.machines] == [(12, 8), (8, 6), (6, 4)]
    first = found.curves[0]
    assert [p["epoch"] for p in first] == list(range(16))
    for side in ("train", "held"):
        assert first[-1][f"reconstruction_{side}"] < 0.6 * first[0][f"reconstruction_{side}"]
        assert first[-1][f"free_energy_{side}"] < first[0][f"free_energy_{side}"] - 1
    upper = found.curves[1]
    assert upper[-1]["reconstruction_held"] < upper[0]["reconstruction_held"]


def test_the_same_seed_gives_the_same_machines_and_they_survive_a_file():
    small = {**PLAN, "epochs": 2}
    a, b, c = (pretrain(patches(200), patches(50, 1), (5, 4), small, seed).machines for seed in (0, 0, 1))
    assert all(torch.equal(a[k].weight, b[k].weight) for k in (0, 1)) and not torch.equal(a[0].weight, c[0].weight)
    again = from_tensors(to_tensors(a))
    assert [type(m) for m in again] == [type(m) for m in a]
    x = patches(20, 3)
    torch.testing.assert_close(again[1].chances(again[0].chances(x)), a[1].chances(a[0].chances(x)))


def test_a_network_that_starts_from_the_machines_says_their_chances():
    machines = pretrain(patches(200), patches(50, 1), (5, 4, 3), {**PLAN, "epochs": 2}, 0).machines
    x = wanted = patches(30, 4)
    found = DBN((12, 5, 4, 3)).start_from(machines).layers(x)
    for layer, machine in zip(found, machines, strict=True):
        wanted = machine.chances(wanted)
        torch.testing.assert_close(layer, wanted)

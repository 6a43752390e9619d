"""Tiny machines whose every state can be counted."""

from itertools import product

import pytest
import torch

from mer_core.models.nets.rbm import BinomialRBM, GaussianBinomialRBM, Momentum

VISIBLE, HIDDEN = 4, 3


def states(units: int) -> torch.Tensor:
    return torch.tensor(list(product((0.0, 1.0), repeat=units)), dtype=torch.float64)


def made(kind, seed=0):
    rbm = kind(VISIBLE, HIDDEN).double()
    dice = torch.Generator().manual_seed(seed)
    for value in rbm.parameters():
        value.copy_(torch.randn(value.shape, generator=dice, dtype=torch.float64))
    return rbm


def pairs(rbm, v):
    """(len(v), 2 ** HIDDEN) energies of each v with each h."""
    h = states(HIDDEN)
    return torch.stack([rbm.energy(v, one.expand(len(v), -1)) for one in h], dim=1)


def test_the_energies_are_the_printed_ones():
    for kind in (BinomialRBM, GaussianBinomialRBM):
        rbm, v, h = made(kind), torch.tensor([[0.5, -1, 2, 0]]).double(), torch.tensor([[1.0, 0, 1]]).double()
        by_hand = 0.0
        for i in range(VISIBLE):
            b = rbm.visible[i]
            by_hand += (v[0, i] - b) ** 2 / 2 if kind is GaussianBinomialRBM else -b * v[0, i]
        for j in range(HIDDEN):
            by_hand -= rbm.hidden[j] * h[0, j]
            for i in range(VISIBLE):
                by_hand -= v[0, i] * h[0, j] * rbm.weight[i, j]
        torch.testing.assert_close(rbm.energy(v, h)[0], by_hand)


@pytest.mark.parametrize("kind", [BinomialRBM, GaussianBinomialRBM])
def test_free_energy_sums_over_every_hidden_state(kind):
    rbm = made(kind)
    v = states(VISIBLE) if kind is BinomialRBM else torch.randn(9, VISIBLE, dtype=torch.float64)
    torch.testing.assert_close(rbm.free_energy(v), -torch.logsumexp(-pairs(rbm, v), dim=1))


@pytest.mark.parametrize("kind", [BinomialRBM, GaussianBinomialRBM])
def test_hidden_chances_are_those_of_the_energy(kind):
    rbm = made(kind)
    v = states(VISIBLE)
    joint = torch.softmax(-pairs(rbm, v), dim=1)  # p(h | v) over every h
    torch.testing.assert_close(rbm.chances(v), joint @ states(HIDDEN))


def test_a_binomial_machine_counted_through():
    rbm, v, h = made(BinomialRBM), states(VISIBLE), states(HIDDEN)
    energies = pairs(rbm, v)
    partition = torch.exp(-energies).sum()
    p_v = torch.exp(-rbm.free_energy(v)) / partition
    torch.testing.assert_close(p_v.sum(), torch.tensor(1.0, dtype=torch.float64))
    given_h = torch.softmax(-energies, dim=0)  # p(v | h) over every v
    torch.testing.assert_close(rbm.expected(h), given_h.T @ v)


def test_a_gaussian_machine_is_a_mixture_of_gaussians_around_its_expectations():
    rbm, h = made(GaussianBinomialRBM), states(HIDDEN)
    at = torch.randn(5, VISIBLE, dtype=torch.float64)
    for one in h:
        mean = rbm.expected(one[None])
        gap = rbm.energy(at, one.expand(5, -1)) - rbm.energy(mean, one[None])  # log N(mean) - log N(at)
        torch.testing.assert_close(gap, ((at - mean) ** 2).sum(dim=1) / 2)


def test_draws_have_the_expected_mean_and_variance():
    dice, h = torch.Generator().manual_seed(1), torch.tensor([[1.0, 0, 1]], dtype=torch.float64)
    for kind, variance in ((BinomialRBM, None), (GaussianBinomialRBM, 1.0)):
        rbm = made(kind)
        draws, mean = rbm.drawn(h.expand(20_000, -1), dice), rbm.expected(h)[0]
        torch.testing.assert_close(draws.mean(dim=0), mean, atol=0.03, rtol=0)
        wanted = mean * (1 - mean) if variance is None else torch.full_like(mean, variance)
        torch.testing.assert_close(draws.var(dim=0), wanted, atol=0.05, rtol=0)


def exact_gradient(rbm, data):
    """Of the mean log p(v), by enumeration: what the data says minus what the machine says."""
    v = states(VISIBLE)
    model = torch.softmax(-rbm.free_energy(v), dim=0)[:, None]

    def statistics(x, weights):
        up = rbm.chances(x)
        return {"weight": (x * weights).T @ up, "visible": (x * weights).sum(0), "hidden": (up * weights).sum(0)}
    of_data = statistics(data, torch.full((len(data), 1), 1 / len(data), dtype=torch.float64))
    of_model = statistics(v, model)
    return {name: of_data[name] - of_model[name] for name in of_data}


def test_the_exact_gradient_is_the_derivative_of_the_likelihood():
    rbm, data = made(BinomialRBM), states(VISIBLE)[[1, 3, 3, 12]]
    for value in rbm.parameters():
        value.requires_grad_()
    log_p = -rbm.free_energy(data) - torch.logsumexp(-rbm.free_energy(states(VISIBLE)), dim=0)
    log_p.mean().backward()
    for name, value in exact_gradient(rbm, data).items():
        torch.testing.assert_close(rbm.get_parameter(name).grad, value.detach())


def test_contrastive_divergence_of_many_steps_is_the_exact_gradient_and_one_step_points_its_way():
    rbm, data = made(BinomialRBM), states(VISIBLE)[[1, 3, 3, 12]]
    many = data.repeat(5000, 1)
    exact = exact_gradient(rbm, data)
    flat = {k: torch.cat([g[n].flatten() for n in exact]) for k, g in {
        "exact": exact, "long": rbm.gradient(many, 100, torch.Generator().manual_seed(0)),
        "short": rbm.gradient(many, 1, torch.Generator().manual_seed(0))}.items()}
    torch.testing.assert_close(flat["long"], flat["exact"], atol=0.03, rtol=0)
    assert torch.cosine_similarity(flat["short"], flat["exact"], dim=0) > 0.3
    assert (flat["short"] - flat["exact"]).norm() > 3 * (flat["long"] - flat["exact"]).norm()


def test_learning_raises_the_likelihood_of_what_it_is_shown():
    rbm, data = BinomialRBM(VISIBLE, 6, seed=1).double(), torch.tensor([[1.0, 1, 0, 0], [0, 0, 1, 1]]).double()

    def likelihood():
        return float((-rbm.free_energy(data) - torch.logsumexp(-rbm.free_energy(states(VISIBLE)), dim=0)).mean())
    before, dice = likelihood(), torch.Generator().manual_seed(0)
    steps = Momentum(rbm, 0.1, 0.5, 1e-4)
    for _ in range(300):
        steps.step(rbm.gradient(data.repeat(20, 1), 1, dice))
    assert likelihood() > before + 1 and likelihood() > -1.2  # at best -log 2 = -0.69; at first about -log 16 = -2.77
    assert rbm.reconstruction(data).max() < 0.1


def test_a_gaussian_machine_learns_the_shape_of_real_numbers():
    dice = torch.Generator().manual_seed(0)
    sign = torch.sign(torch.randn(2000, 1, generator=dice))
    data = sign * torch.tensor([[1.5, -1.5, 0, 0]]) + 0.5 * torch.randn(2000, 4, generator=dice)
    rbm = GaussianBinomialRBM(VISIBLE, HIDDEN, seed=2)
    before, steps = rbm.reconstruction(data).mean(), Momentum(rbm, 0.02, 0.5, 0.0)
    for _ in range(400):
        steps.step(rbm.gradient(data[torch.randperm(2000, generator=dice)[:100]], 1, dice))
    assert rbm.reconstruction(data).mean() < 0.6 * before
    assert rbm.free_energy(data).mean() < rbm.free_energy(torch.roll(data, 1, dims=1)).mean() - 1

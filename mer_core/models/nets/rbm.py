"""Restricted Boltzmann machines and their learning by contrastive divergence (paper 5, section 5).

Visible v (I,), hidden h (J,) in {0, 1}, weights W (I, J), biases b (I,) and c (J,). p(v, h) is proportional to
exp(-E(v, h)); the free energy is F(v) = -log sum_h exp(-E(v, h)).
"""

from __future__ import annotations

from abc import ABC, abstractmethod

import torch
from torch import Tensor, nn
from torch.nn.functional import softplus


class RBM(nn.Module, ABC):
    """Both kinds have binomial hidden units; they differ in what a visible unit is."""

    def __init__(self, visible: int, hidden: int, spread: float = 0.01, seed: int = 0):
        super().__init__()
        drawn = torch.randn(visible, hidden, generator=torch.Generator().manual_seed(seed))
        self.weight = nn.Parameter(spread * drawn, requires_grad=False)
        self.visible = nn.Parameter(torch.zeros(visible), requires_grad=False)  # b
        self.hidden = nn.Parameter(torch.zeros(hidden), requires_grad=False)  # c

    @abstractmethod
    def visible_energy(self, v: Tensor) -> Tensor:
        """(N, I) -> (N,) the part of the energy that the hidden units have no say in."""

    @abstractmethod
    def expected(self, h: Tensor) -> Tensor:
        """(N, J) -> (N, I) the mean of v given h."""

    @abstractmethod
    def drawn(self, h: Tensor, dice: torch.Generator) -> Tensor:
        """(N, J) -> (N, I) a draw of v given h."""

    def energy(self, v: Tensor, h: Tensor) -> Tensor:
        """(N, I) and (N, J) -> (N,); equation 3 or 4."""
        return self.visible_energy(v) - h @ self.hidden - ((v @ self.weight) * h).sum(dim=1)

    def free_energy(self, v: Tensor) -> Tensor:
        """(N, I) -> (N,): each hidden unit is summed out on its own, which gives log(1 + exp(c_j + sum_i v_i w_ij))."""
        return self.visible_energy(v) - softplus(v @ self.weight + self.hidden).sum(dim=1)

    def chances(self, v: Tensor) -> Tensor:
        """(N, I) -> (N, J): p(h_j = 1 | v), what the next layer reads."""
        return torch.sigmoid(v @ self.weight + self.hidden)

    def chain(self, v: Tensor, steps: int, dice: torch.Generator) -> Tensor:
        """(N, I) after `steps` of Gibbs sampling from `v`."""
        for _ in range(steps):
            v = self.drawn(torch.bernoulli(self.chances(v), generator=dice), dice)
        return v

    def gradient(self, v: Tensor, steps: int, dice: torch.Generator) -> dict[str, Tensor]:
        """Contrastive divergence: an estimate of the gradient of the mean log p(v) of a batch (N, I) by each parameter,
        the statistics of the batch minus those of a chain of `steps` that starts at it."""
        end = self.chain(v, steps, dice)
        before, after = self.chances(v), self.chances(end)
        return {"weight": (v.T @ before - end.T @ after) / len(v), "visible": (v - end).mean(dim=0),
                "hidden": (before - after).mean(dim=0)}

    def reconstruction(self, v: Tensor) -> Tensor:
        """(N, I) -> (N,) mean square of what is lost on the way up and down once, without a draw."""
        return ((v - self.expected(self.chances(v))) ** 2).mean(dim=1)


class BinomialRBM(RBM):
    """Visible units are 0 or 1 (or chances of it): equations 1 and 4."""

    def visible_energy(self, v: Tensor) -> Tensor:
        return -(v @ self.visible)

    def expected(self, h: Tensor) -> Tensor:
        return torch.sigmoid(self.visible + h @ self.weight.T)

    def drawn(self, h: Tensor, dice: torch.Generator) -> Tensor:
        return torch.bernoulli(self.expected(h), generator=dice)


class GaussianBinomialRBM(RBM):
    """Visible units are real numbers of variance 1 around a mean: equations 2 and 3. Standardise what it reads."""

    def visible_energy(self, v: Tensor) -> Tensor:
        return ((v - self.visible) ** 2).sum(dim=1) / 2

    def expected(self, h: Tensor) -> Tensor:
        return self.visible + h @ self.weight.T

    def drawn(self, h: Tensor, dice: torch.Generator) -> Tensor:
        mean = self.expected(h)
        return mean + torch.randn(mean.shape, generator=dice, dtype=mean.dtype)


class Momentum:
    """Steps up the gradient with momentum and a decay of the weights (not of the biases)."""

    def __init__(self, rbm: RBM, rate: float, momentum: float, decay: float):
        self.rbm, self.rate, self.momentum, self.decay = rbm, rate, momentum, decay
        self.speed = {name: torch.zeros_like(value) for name, value in rbm.named_parameters()}

    def step(self, gradient: dict[str, Tensor]) -> None:
        for name, value in self.rbm.named_parameters():
            pull = self.decay * value if name == "weight" else 0
            self.speed[name].mul_(self.momentum).add_(self.rate * (gradient[name] - pull))
            value.add_(self.speed[name])

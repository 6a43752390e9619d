"""LRP against slow loops, captum, gradient times input where theory says so, and truths planted in toys."""

import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from mer_core.errors import ParameterError
from mer_core.explainers.lrp import Lrp, LrpParams
from mer_core.explainers._lrp_rules import COMPOSITES, Sweep, composite, epsilon, gamma, z_plus
from mer_core.explainers._windows import MAX_COLUMNS, narrowed
from mer_core.schema import Grid

sys.path.insert(0, str(Path(__file__).parents[1] / "contracts"))
import toys  # noqa: E402

EPS = 1e-9


def matrix_of(layer: nn.Module, shape: tuple) -> tuple[np.ndarray, np.ndarray, tuple]:
    """Any affine layer as (outputs, inputs) matrix and bias, found by feeding it one unit cell at a time."""
    size = int(np.prod(shape))
    with torch.no_grad():
        bias = layer(torch.zeros(1, *shape, dtype=torch.float64))
        columns = layer(torch.eye(size, dtype=torch.float64).reshape(size, *shape)) - bias
    return columns.flatten(1).T.numpy(), bias.flatten().numpy(), bias.shape[1:]


def shared(a, w, b, relevance, rule: str, strength: float = 0.25):
    """One layer by the textbook, one neuron and one input at a time."""
    given = np.zeros_like(a)
    for k in range(len(w)):
        z = [w[k, j] * a[j] for j in range(len(a))]
        out = sum(z) + b[k]
        side = (lambda v: max(v, 0.0)) if out >= 0 else (lambda v: min(v, 0.0))
        if rule == "epsilon":
            parts, total = z, out
        elif rule == "gamma":
            parts = [v + strength * side(v) for v in z]
            total = sum(parts) + b[k] + strength * side(b[k])
        else:
            parts = [side(v) for v in z]
            total = sum(parts)
        for j, part in enumerate(parts):
            given[j] += part / total * relevance[k] if total else 0.0
    return given


def slow(layers, x, target: int, rule: str) -> np.ndarray:
    """LRP of a conv / batch norm / ELU / max-pool / linear net by loops, batch norm folded into the layer before."""
    merged, acts = [], [x.double()]
    for layer in layers:
        layer = layer.double()
        if isinstance(layer, nn.BatchNorm2d):
            merged[-1] = nn.Sequential(merged[-1], layer)
        else:
            merged.append(layer)
    for layer in merged:
        acts.append(layer(acts[-1]).detach())
    value = acts[-1].flatten().numpy() - layers[-1].bias.detach().numpy()
    relevance = np.zeros_like(value)
    relevance[target] = value[target]
    for layer, a in zip(reversed(merged), reversed(acts[:-1]), strict=True):
        relevance = slow_layer(layer, a, relevance, rule, last=layer is merged[-1])
    return relevance.reshape(x.shape[1:])


def slow_layer(layer, a, relevance, rule, last):
    flat = a.flatten().numpy()
    if isinstance(layer, (nn.ELU, nn.Flatten, nn.Dropout)):
        return relevance
    if isinstance(layer, nn.MaxPool2d):
        _, where = nn.functional.max_pool2d(a, layer.kernel_size, return_indices=True)
        given = np.zeros(a.shape[1:])
        for channel, row in enumerate(where[0]):
            np.add.at(given[channel].reshape(-1), row.flatten().numpy(),
                      relevance.reshape(where.shape[1:])[channel].flatten())
        return given.flatten()
    w, b, _ = matrix_of(layer, a.shape[1:])
    own = rule if not isinstance(layer, (nn.Linear, nn.AdaptiveAvgPool2d)) else "epsilon"
    return shared(flat, w, np.zeros_like(b) if last else b, relevance, own)


@pytest.fixture
def net():
    return list(toys.small_net(seed=3).network.eval())


@pytest.mark.parametrize("name", COMPOSITES)
@pytest.mark.parametrize("target", [0, 1])
def test_agrees_with_slow_loops(net, name, target):
    x = torch.rand(1, 1, 8, 16, generator=torch.Generator().manual_seed(1))
    sweep = Sweep(net, x, composite(name, EPS, 0.25))
    fast = sweep.relevance(target)[0].numpy()
    rule = {"epsilon": "epsilon", "gamma": "gamma", "z+ then epsilon": "z+"}[name]
    np.testing.assert_allclose(fast, slow(net, x, target, rule), atol=2e-5 * np.abs(fast).max() + 1e-7)


def relu_net(bias: bool) -> nn.Sequential:
    torch.manual_seed(5)
    return nn.Sequential(nn.Conv2d(1, 4, 3, padding=1, bias=bias), nn.ReLU(), nn.MaxPool2d(2),
                         nn.Conv2d(4, 4, 3, bias=bias), nn.ReLU(), nn.Flatten(), nn.Linear(24, 2, bias=bias)).eval()


def test_epsilon_agrees_with_captum():
    from captum.attr import LRP
    from captum.attr._utils.lrp_rules import EpsilonRule

    net, x = relu_net(bias=True), torch.rand(2, 1, 8, 10, generator=torch.Generator().manual_seed(2))
    sweep = Sweep(list(net), x, composite("epsilon", EPS, 0.0))
    ours = [sweep.relevance(target) for target in (0, 1)]
    with torch.no_grad():
        net[-1].bias.zero_()  # captum shares f(x), ours f(x) - base
    for target in (0, 1):
        for layer in net:  # captum forgets the rules after each call, and has none for flatten
            if isinstance(layer, (nn.Conv2d, nn.Linear, nn.Flatten)):
                layer.rule = EpsilonRule(epsilon=EPS)
        theirs = LRP(net).attribute(x.clone().requires_grad_(), target=target)
        torch.testing.assert_close(ours[target], theirs.detach(), atol=1e-4, rtol=1e-4)
        assert theirs.abs().max() > 1e-3


def test_without_biases_epsilon_is_gradient_times_input():
    net, x = relu_net(bias=False), torch.rand(2, 1, 8, 10, generator=torch.Generator().manual_seed(3))
    x.requires_grad_()
    gradient, = torch.autograd.grad(net(x)[:, 1].sum(), x)
    found = Sweep(list(net), x, composite("epsilon", 1e-12, 0.0)).relevance(1)
    torch.testing.assert_close(found, (gradient * x).detach(), atol=1e-6, rtol=1e-4)


def test_z_plus_keeps_the_sum_and_the_sign(net):
    x = torch.rand(3, 1, 16, 40, generator=torch.Generator().manual_seed(4))
    sweep = Sweep(net, x, composite("z+ then epsilon", EPS, 0.0))
    for target in (0, 1):
        found = sweep.relevance(target).flatten(1).sum(dim=1)
        torch.testing.assert_close(found, sweep.outputs[:, target] - sweep.base[target], atol=1e-5, rtol=1e-4)


def test_z_plus_of_a_relu_net_is_positive_below_a_positive_neuron():
    net = relu_net(bias=True)[:5]
    x = torch.rand(1, 1, 8, 10, generator=torch.Generator().manual_seed(6))
    rules = {"convolution": z_plus(EPS), "linear": epsilon(EPS)}
    sweep = Sweep([*net, nn.Flatten()], x, rules)
    assert sweep.outputs.max() > 0
    assert sweep.relevance(int(sweep.outputs.argmax())).min() >= 0


def test_gamma_between_its_two_ends(net):
    """gamma = 0 is epsilon; a very large gamma shares like z+ where there is no bias."""
    x = torch.rand(1, 1, 16, 40, generator=torch.Generator().manual_seed(7))
    zero = Sweep(net, x, composite("gamma", EPS, 0.0)).relevance(0)
    torch.testing.assert_close(zero, Sweep(net, x, composite("epsilon", EPS, 0.0)).relevance(0), atol=1e-5, rtol=1e-3)
    bare = [nn.Conv2d(1, 4, 3, bias=False), nn.ELU(), nn.Flatten(), nn.Linear(4 * 14 * 38, 1)]
    large = {"convolution": gamma(1e6, EPS), "linear": epsilon(EPS)}
    plus = {"convolution": z_plus(EPS), "linear": epsilon(EPS)}
    one, other = (Sweep(bare, x, rules).relevance(0) for rules in (large, plus))
    torch.testing.assert_close(one, other, atol=1e-5, rtol=1e-3)


def test_batch_norm_behind_a_pool_is_a_step_of_its_own():
    torch.manual_seed(8)
    norm = nn.BatchNorm1d(3)
    norm.running_mean.uniform_(-1, 1)
    layers = [nn.Conv1d(2, 3, 3), nn.MaxPool1d(2), norm, nn.ReLU(), nn.Flatten(), nn.Linear(3 * 4, 1)]
    x = torch.rand(1, 2, 10, requires_grad=True)
    net = nn.Sequential(*layers).eval()
    gradient, = torch.autograd.grad(net(x).sum(), x)
    found = Sweep(layers, x, composite("epsilon", 1e-12, 0.0)).relevance(0)
    torch.testing.assert_close(found, (gradient * x).detach(), atol=1e-6, rtol=1e-4)


def test_unknown_layer_is_named():
    with pytest.raises(ParameterError, match="GRU"):
        Sweep([nn.GRU(2, 2)], torch.zeros(1, 2), composite("epsilon", EPS, 0.0))


@pytest.mark.parametrize("bad", [{"rule": "alpha"}, {"epsilon": 0.0}, {"epsilon": float("nan")}, {"gamma": -1.0}])
def test_bad_parameters_are_refused(bad):
    with pytest.raises(ParameterError):
        LrpParams(**bad)


@pytest.mark.parametrize("rule", COMPOSITES)
def test_finds_the_planted_truth(rule):
    """A model that reads only 200-400 Hz between 3 and 5 s, in each of its windows of 6 s."""
    model = toys.planted(200, 400, 3, 5)
    found = Lrp().explain(model, toys.noise_track(12.0), params=LrpParams(rule=rule))
    for target, sign in (("valence", 1), ("arousal", -1)):
        e = found[target]
        size = np.abs(e.values)
        rows = (e.grid.freqs >= 200) & (e.grid.freqs <= 400)
        columns = (e.grid.times % 6 >= 3) & (e.grid.times % 6 <= 5)
        assert size[np.ix_(rows, columns)].sum() >= 0.95 * size.sum() > 0
        assert np.sign(e.values.sum()) == sign
        assert abs(e.residual) < 1e-4
        predicted = model.predict(toys.noise_track(12.0)).values
        assert e.output == pytest.approx(predicted[int(target == "arousal")], abs=1e-5)


def test_windows_add_up_to_the_song():
    model, track = toys.small_net(), toys.noise_track(15.5)
    e = Lrp().explain(model, track, params=LrpParams(rule="z+ then epsilon"))["arousal"]
    segments = model.windows(track.duration)
    curve = model.outputs(model.encode_all(track, segments))
    assert len(segments) == 3
    assert e.output == pytest.approx(curve[:, 1].mean(), abs=1e-6)
    assert e.base + e.values.sum(dtype=float) == pytest.approx(e.output, abs=1e-5)
    assert e.values.shape == e.grid.shape


def test_model_is_left_as_it_was():
    model = toys.small_net()
    before = {k: v.clone() for k, v in model.network.state_dict().items()}
    with model.session():
        pass  # loads, once
    model.network.train()
    kept = model.network[0].register_forward_hook(lambda *_: None)
    Lrp().explain(model, toys.noise_track(7.0))
    assert model.network.training
    assert all(torch.equal(v, before[k]) for k, v in model.network.state_dict().items())
    assert [len(m._forward_hooks) for m in model.network.modules()].count(1) == 1
    assert all(p.grad is None and p.requires_grad for p in model.network.parameters())
    kept.remove()


def test_narrowed_keeps_the_sum():
    values = np.random.default_rng(0).normal(size=(2, 3, 2 * MAX_COLUMNS + 7))
    grid = Grid(times=np.arange(values.shape[2]) * 0.1, freqs=[100, 200, 300])
    small, coarse = narrowed(values, grid)
    assert small.shape == (2, *coarse.shape) and coarse.shape[1] <= MAX_COLUMNS
    np.testing.assert_allclose(small.sum(axis=-1), values.sum(axis=-1))
    assert coarse.times[0] == pytest.approx(0.1)


def test_silence_has_no_relevance_and_says_so():
    track = toys.noise_track(8.0)
    quiet = type(track)(track.info, np.zeros_like(track.y))
    e = Lrp().explain(toys.small_net(), quiet)["valence"]
    assert not e.values.any()
    assert "biases" in e.notes[-1]

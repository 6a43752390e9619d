"""LRP through a transformer against slow loops over the papers' quotients, a frozen network, and a planted truth."""

import math
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from mer_core.errors import ParameterError
from mer_core.explainers._attnlrp_rules import AttnLRP, CPLRP, Sweep
from mer_core.explainers._lrp_rules import epsilon, gamma
from mer_core.explainers.attnlrp import AttnLrp, AttnLrpParams
from mer_core.models.nets.vit import Operations

sys.path.insert(0, str(Path(__file__).parent))
import vits  # noqa: E402

EPS = 1e-12
VARIANTS = {"AttnLRP": AttnLRP, "CP-LRP": CPLRP}
RULES = {"epsilon": (0.0, 0.0), "gamma": (0.1, 0.25)}


def rule(strength: float, eps: float = EPS):
    return gamma(strength, eps) if strength else epsilon(eps)


class Slow:
    """One picture, one neuron and one input at a time, in double precision: relevance itself and the quotients of the
    papers, no gradients. `kept` is what ends in biases, positions, class token and softmax."""

    def __init__(self, net, gammas: tuple[float, float], through_softmax: bool):
        self.w = {name: value.double().numpy() for name, value in net.state_dict().items()}
        self.heads, self.depth, (self.rows, self.columns) = net.blocks[0].heads, len(net.blocks), net.grid
        self.patch = net.patches.kernel_size[0]
        self.gamma, self.gamma_patches = gammas
        self.through_softmax = through_softmax
        self.kept = dict.fromkeys(("biases", "softmax", "class token", "positional embedding"), 0.0)

    def linear(self, name: str, a, relevance, strength=None):
        """(P, D) inputs, (P, U) relevance -> (P, D)."""
        w, b = self.w[f"{name}.weight"].reshape(len(relevance[0]), -1), self.w[f"{name}.bias"]
        strength = self.gamma if strength is None else strength
        given = np.zeros_like(a)
        for p in range(len(a)):
            for k in range(len(w)):
                z = [w[k, j] * a[p, j] for j in range(len(a[p]))] + [b[k]]
                side = np.sign(sum(z))
                parts = [v + strength * (v if v * side > 0 else 0.0) for v in z]
                for j, part in enumerate(parts[:-1]):
                    given[p, j] += part / sum(parts) * relevance[p, k]
                self.kept["biases"] += parts[-1] / sum(parts) * relevance[p, k]
        return given

    def norm(self, name: str, x, relevance):
        w, b, width = self.w[f"{name}.weight"], self.w[f"{name}.bias"], x.shape[1]
        given = np.zeros_like(x)
        for p in range(len(x)):
            centred = [sum(x[p, i] * ((i == j) - 1 / width) for i in range(width)) for j in range(width)]
            deviation = math.sqrt(sum(c * c for c in centred) / width + 1e-6)
            for j in range(width):
                scaled = centred[j] / deviation * w[j]
                share = relevance[p, j] * scaled / (scaled + b[j])  # identity through deviation and weight
                self.kept["biases"] += relevance[p, j] - share
                for i in range(width):
                    given[p, i] += x[p, i] * ((i == j) - 1 / width) / centred[j] * share
        return given

    def product(self, a, b, relevance):
        """Proposition 3.3 with both factors relevant."""
        y, of_a, of_b = a @ b, np.zeros_like(a), np.zeros_like(b)
        for j in range(len(a)):
            for p in range(b.shape[1]):
                for i in range(len(b)):
                    of_a[j, i] += a[j, i] * b[i, p] * relevance[j, p] / (2 * y[j, p])
                    of_b[i, p] += a[j, i] * b[i, p] * relevance[j, p] / (2 * y[j, p])
        return of_a, of_b

    def attention(self, name: str, x, relevance):
        """`x` after the norm, relevance of the heads' joined values -> relevance of x."""
        parts = {part: x @ self.w[f"{name}.{part}.weight"].T + self.w[f"{name}.{part}.bias"]
                 for part in ("query", "key", "value")}
        given, size = {part: np.zeros_like(value) for part, value in parts.items()}, x.shape[1] // self.heads
        for h in range(self.heads):
            at = slice(h * size, (h + 1) * size)
            q, k, v = (parts[part][:, at] for part in ("query", "key", "value"))
            scores = q @ k.T / math.sqrt(size)
            weights = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
            of_weights, of_values = self.product(weights, v, relevance[:, at])
            if not self.through_softmax:  # the weights are constants: the values get both halves
                given["value"][:, at] = 2 * of_values
                continue
            of_scores = np.array([[scores[p, i] * (of_weights[p, i] - weights[p, i] * of_weights[p].sum())
                                   for i in range(len(x))] for p in range(len(x))])  # proposition 3.1
            self.kept["softmax"] += of_weights.sum() - of_scores.sum()
            of_q, of_k = self.product(q, k.T, of_scores)
            given["value"][:, at], given["query"][:, at], given["key"][:, at] = of_values, of_q, of_k.T
        used = ("query", "key", "value") if self.through_softmax else ("value",)
        return sum(self.linear(f"{name}.{part}", x, given[part]) for part in used)

    def block(self, name: str, x, relevance=None):
        """Forward, or with the relevance of the output the way back."""
        read = self.normed(f"{name}.norm1", x)
        heard = self.heads_of(name, read)
        after = x + heard @ self.w[f"{name}.join.weight"].T + self.w[f"{name}.join.bias"]
        read2 = self.normed(f"{name}.norm2", after)
        wide = read2 @ self.w[f"{name}.widen.weight"].T + self.w[f"{name}.widen.bias"]
        bent = wide * np.vectorize(lambda z: 0.5 * (1 + math.erf(z / math.sqrt(2))))(wide)
        added = bent @ self.w[f"{name}.narrow.weight"].T + self.w[f"{name}.narrow.bias"]
        if relevance is None:
            return after + added
        of_added = relevance * added / (after + added)
        of_after = relevance - of_added
        of_wide = self.linear(f"{name}.narrow", bent, of_added)  # and through GELU as it is
        of_after = of_after + self.norm(f"{name}.norm2", after, self.linear(f"{name}.widen", read2, of_wide))
        of_heard = of_after * (after - x) / after
        of_heads = self.linear(f"{name}.join", heard, of_heard)
        return of_after - of_heard + self.norm(f"{name}.norm1", x, self.attention(name, read, of_heads))

    def heads_of(self, name, x):
        q, k, v = (x @ self.w[f"{name}.{part}.weight"].T + self.w[f"{name}.{part}.bias"]
                   for part in ("query", "key", "value"))
        found, size = [], x.shape[1] // self.heads
        for at in (slice(h * size, (h + 1) * size) for h in range(self.heads)):
            scores = np.exp(q[:, at] @ k[:, at].T / math.sqrt(size))
            found.append(scores / scores.sum(axis=1, keepdims=True) @ v[:, at])
        return np.concatenate(found, axis=1)

    def normed(self, name, x):
        centred = x - x.mean(axis=1, keepdims=True)
        return centred / np.sqrt((centred ** 2).mean(axis=1, keepdims=True) + 1e-6) * self.w[f"{name}.weight"] \
            + self.w[f"{name}.bias"]

    def explain(self, picture: np.ndarray, target: int) -> np.ndarray:
        """(F, T) -> (F, T)."""
        cells = np.array([picture[r * self.patch:][:self.patch, c * self.patch:][:, :self.patch].ravel()
                          for r in range(self.rows) for c in range(self.columns)])
        embedded = cells @ self.w["patches.weight"].reshape(len(self.w["patches.bias"]), -1).T + self.w["patches.bias"]
        tokens = np.concatenate([self.w["token"][None], embedded])
        states = [tokens + self.w["positions"]]
        for i in range(self.depth):
            states.append(self.block(f"blocks.{i}", states[-1]))
        read = self.normed("norm", states[-1])[0]
        relevance = np.zeros_like(states[-1])
        relevance[:1] = self.norm("norm", states[-1][:1], (self.w["head.weight"][target] * read)[None])
        for i in reversed(range(self.depth)):
            relevance = self.block(f"blocks.{i}", states[i], relevance)
        of_tokens = relevance * tokens / states[0]
        self.kept["positional embedding"] = (relevance - of_tokens).sum()
        self.kept["class token"] = of_tokens[0].sum()
        of_cells = self.linear("patches", cells, of_tokens[1:], self.gamma_patches)
        side = (self.rows, self.columns, self.patch, self.patch)
        return of_cells.reshape(side).transpose(0, 2, 1, 3).reshape(picture.shape)


@pytest.mark.parametrize("rules", RULES)
@pytest.mark.parametrize("variant", VARIANTS)
def test_agrees_with_slow_loops(variant, rules):
    net, x = vits.small(width=6, heads=2, ratio=1.5).double(), vits.pictures(2).double()
    sweep = Sweep(net, x, VARIANTS[variant](*(rule(strength) for strength in RULES[rules])))
    for target in (0, 1):
        found, kept = sweep.relevance(target)
        slow = [Slow(net, RULES[rules], variant == "AttnLRP") for _ in x]
        expected = np.stack([loops.explain(picture[0].numpy(), target) for loops, picture in zip(slow, x, strict=True)])
        np.testing.assert_allclose(found[:, 0], expected, atol=1e-6 * np.abs(expected).max())
        for name in slow[0].kept:
            assert kept.get(name, 0.0) == pytest.approx(sum(loops.kept[name] for loops in slow), abs=1e-6), name
    assert np.abs(expected).max() > 1e-4


class Frozen(Operations):
    """The network with its attention weights, the norms' deviations and GELU's slopes as they are for one input: what
    is left is affine."""

    def __init__(self):
        self.kept, self.step = [], None

    def held(self, value):
        if self.step is None:
            self.kept.append(value)
            return value
        self.step += 1
        return self.kept[self.step - 1]

    def softmax(self, scores):
        return self.held(super().softmax(scores))

    def gelu(self, x):
        return x * self.held(super().gelu(x) / x)

    def norm(self, layer, x):
        deviation = self.held((x.var(dim=-1, keepdim=True, unbiased=False) + layer.eps).sqrt())
        return (x - x.mean(dim=-1, keepdim=True)) / deviation * layer.weight + layer.bias


def test_where_the_rules_are_linear_it_is_what_each_cell_adds():
    """CP-LRP is gradient times input of the frozen network, which is affine: silencing a cell takes away its share."""
    net, x, frozen = vits.small().double(), vits.pictures(1).double(), Frozen()
    whole = net(x, frozen)

    def again(picture):
        frozen.step = 0
        return net(picture, frozen)
    torch.testing.assert_close(again(x), net(x))
    sweep = Sweep(net, x, CPLRP(epsilon(1e-12), epsilon(1e-12)))
    for target in (0, 1):
        found, _ = sweep.relevance(target)
        for cell in [(0, 0), (3, 40), (17, 20), (31, 47)]:
            silenced = x.clone()
            silenced[0, 0][cell] = 0
            assert (whole - again(silenced))[0, target] == pytest.approx(float(found[0, 0][cell]), rel=1e-6, abs=1e-12)
        none = again(torch.zeros_like(x))
        assert (whole - none)[0, target] == pytest.approx(float(found.sum()), rel=1e-6)


@pytest.mark.parametrize("strengths", [(0.0, 0.0), (0.0, 0.25), (0.1, 0.25), (5.0, 5.0)])
@pytest.mark.parametrize("eps", [1e-9, 1e-2])
@pytest.mark.parametrize("variant", VARIANTS)
def test_nothing_is_lost(variant, eps, strengths):
    net, x = vits.small(seed=4), vits.pictures(3)
    sweep = Sweep(net, x, VARIANTS[variant](*(rule(strength, eps) for strength in strengths)))
    torch.testing.assert_close(sweep.outputs, net(x))
    for target in (0, 1):
        found, kept = sweep.relevance(target)
        moved = float((sweep.outputs - sweep.base)[:, target].sum())
        assert float(found.sum()) + sum(kept.values()) == pytest.approx(moved, abs=1e-4)
        assert abs(kept["stabiliser"]) < 1e-5 if eps == 1e-9 else kept["stabiliser"] != 0
        assert set(kept) == {"biases", "stabiliser", "class token", "positional embedding"} | (
            {"softmax"} if variant == "AttnLRP" else set())


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_window_is_explained_alike_alone_and_among_others(variant):
    net, x = vits.small(), vits.pictures(3)
    rules = VARIANTS[variant](rule(0.0), rule(0.25))
    together = Sweep(net, x, rules).relevance(1)[0]
    alone = Sweep(net, x[1:2], rules).relevance(1)[0]
    torch.testing.assert_close(together[1:2], alone, atol=1e-6, rtol=1e-3)


@pytest.fixture(scope="module")
def track():
    return vits.toys.noise_track(3.0)


@pytest.mark.parametrize("params", [AttnLrpParams(), AttnLrpParams("CP-LRP"), AttnLrpParams(gamma=0.1)])
def test_an_explanation_accounts_for_everything(track, params):
    model = vits.ToyViT(vits.small())
    found = AttnLrp().explain(model, track, params=params)
    windows = model.windows(track.duration)
    raw = model.outputs(model.encode_all(track, windows)).mean(axis=0)
    for k, target in enumerate(("valence", "arousal")):
        e = found[target]
        assert e.output == pytest.approx(raw[k], abs=1e-5) and e.grid.shape == e.values.shape
        assert e.base == pytest.approx(float(model.network.head.bias[k]))
        assert e.residual == pytest.approx(sum(e.params["absorbed"].values()), abs=1e-4)
        assert (e.values > 0).any() and (e.values < 0).any()
        assert e.params["variant"] in e.notes[0] and f"{e.values.sum():+.2f}" in e.notes[1]


@pytest.mark.parametrize("variant", VARIANTS)
def test_the_planted_patches_get_the_relevance(track, variant):
    model = vits.ToyViT(vits.reading(row=1, columns=(0, 2)))
    for e in AttnLrp().explain(model, track, params=AttnLrpParams(variant)).values():
        inside = np.zeros(e.values.shape, bool)
        for segment in model.windows(track.duration):
            start = model.column(segment)
            inside[16:, start:start + 16] = inside[16:, start + 32:start + 48] = True
        assert np.abs(e.values[inside]).sum() >= 0.95 * np.abs(e.values).sum() > 0


def test_contrast_is_a_class_against_the_others(track):
    model = vits.ToyViT(vits.small(outputs=3), "classes")
    plain, against = (AttnLrp().explain(model, track, params=AttnLrpParams(contrast=c)) for c in (False, True))
    rest = [plain["sad"], plain["tender"]]
    for name in ("values", "base", "output"):
        expected = getattr(plain["happy"], name) - np.mean([getattr(e, name) for e in rest], axis=0)
        np.testing.assert_allclose(getattr(against["happy"], name), expected, atol=1e-6)
    assert against["happy"].residual == pytest.approx(sum(against["happy"].params["absorbed"].values()), abs=1e-4)
    assert against["happy"].notes[0] == "It compares happy with sad and tender."


def test_what_cannot_be_is_refused(track):
    with pytest.raises(ParameterError, match="no classes to compare"):
        AttnLrp().explain(vits.ToyViT(vits.small()), track, params=AttnLrpParams(contrast=True))
    with pytest.raises(ParameterError, match="transformer"):
        AttnLrp().explain(vits.toys.small_net(), track)
    with pytest.raises(ParameterError, match="variant"):
        AttnLrpParams("LRP")
    with pytest.raises(ParameterError, match="epsilon"):
        AttnLrpParams(epsilon=0.0)

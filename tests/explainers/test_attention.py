"""Learned attention over time, against a slow second reading of its weights, and on sounds whose place is known."""

import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from mer_core.errors import ParameterError
from mer_core.explainers.attention import Attention, AttentionParams, _on_song, evenness
from mer_core.models.c2d_mix import C2DMix
from mer_core.models.cnn_se_gru_attention import CNNSeGruAttention
from mer_core.models.nets.cnn_family import CNNAttention
from mer_core.schema import SCALE, SHARES, Track, TrackInfo

sys.path.insert(0, str(Path(__file__).parents[1] / "contracts"))
import toys  # noqa: E402

STEP = 8 * 512 / 22_050  # s


class Toy(CNNSeGruAttention):
    """The shipped network's class with weights of the test's own."""

    def __init__(self, network: CNNAttention):
        super().__init__()
        self._made = network

    def load(self) -> None:
        self.network = self._made.requires_grad_(False).eval()


def random_net(seed: int = 0) -> CNNAttention:
    """Every part with random weights, running statistics that are not the default ones, and a sharp attention."""
    torch.manual_seed(seed)
    network = CNNAttention()
    for layer in network.modules():
        if isinstance(layer, torch.nn.BatchNorm2d):
            layer.running_mean.uniform_(-0.3, 0.3)
            layer.running_var.uniform_(0.5, 1.5)
            torch.nn.init.uniform_(layer.bias, -0.3, 0.3)
    torch.nn.init.normal_(network.attend.weight, std=10.0)
    return network


def forgetful_net() -> CNNAttention:
    """A step's state is of this step alone, and zero in silence."""
    torch.manual_seed(1)
    network = CNNAttention()
    with torch.no_grad():
        for name, value in network.named_parameters():
            if name.startswith("blocks") and name.endswith("bias") or "hh_l0" in name or name.startswith("gru.bias"):
                value.zero_()
        network.gru.bias_ih_l0[64:128] = -50.0  # the gate that keeps the state before stays shut
        network.attend.weight.zero_()
    return network


def track_of(y: np.ndarray) -> Track:
    return Track(TrackInfo("", "made up", y.shape[1] / 44_100, len(y)), y.astype(np.float32))


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def read_slowly(network: CNNAttention, x: np.ndarray):
    """(16,) weights, (16, 2) what each step adds, (2,) the rest, of one window (1, 1, 128, 128): loops over steps and
    hidden units, written from the equations of the GRU (Cho and others 2014, as torch documents them)."""
    w = {name: value.numpy().astype(float) for name, value in network.state_dict().items()}
    with torch.no_grad():
        features = network.blocks(torch.from_numpy(x))[0].numpy().astype(float)  # (64, bands, steps)
    h, states = np.zeros(64), []
    for t in range(features.shape[2]):
        seen = w["gru.weight_ih_l0"] @ features[:, :, t].ravel() + w["gru.bias_ih_l0"]
        kept = w["gru.weight_hh_l0"] @ h + w["gru.bias_hh_l0"]
        reset, update = (sigmoid(seen[i:i + 64] + kept[i:i + 64]) for i in (0, 64))
        h = (1 - update) * np.tanh(seen[128:] + reset * kept[128:]) + update * h
        states.append(h)
    scores = np.array([w["attend.weight"][0] @ s + w["attend.bias"][0] for s in states])
    weights = np.exp(scores) / np.exp(scores).sum()
    pooled = sum(a * s for a, s in zip(weights, states, strict=True))
    added, rest = np.zeros((len(states), 2)), w["head.3.bias"].copy()
    for unit in range(128):
        row, bias = w["head.0.weight"][unit], w["head.0.bias"][unit]
        if row @ pooled + bias <= 0:
            continue
        rest += w["head.3.weight"][:, unit] * bias
        for t, (a, s) in enumerate(zip(weights, states, strict=True)):
            added[t] += w["head.3.weight"][:, unit] * (row @ (a * s))
    return weights, added, rest


@pytest.fixture(scope="module")
def toy() -> Toy:
    return Toy(random_net())


@pytest.fixture(scope="module")
def windows(toy) -> np.ndarray:
    track = toys.noise_track(10.0)
    return toy.encode_all(track, toy.windows(track.duration))


def test_a_slow_second_reading_finds_the_same(toy, windows):
    with toy.session():
        weights, _ = toy.attention(windows, toy.windows(10.0))
        added, rest = toy.contributions(windows)
        output = toy.outputs(windows)
    assert np.ptp(weights) > 0.05, "the toy's attention chooses"
    for i in range(len(windows)):
        slow = read_slowly(toy.network, windows[i:i + 1])
        for fast, expected in zip((weights[i], added[i], rest[i]), slow, strict=True):
            np.testing.assert_allclose(fast, expected, atol=2e-5)
        np.testing.assert_allclose(slow[1].sum(axis=0) + slow[2], output[i], atol=2e-5)


def test_windows_do_not_know_of_each_other(toy, windows):
    order = np.array([2, 0, 3, 1])
    with toy.session():
        added, rest = toy.contributions(windows)
        moved, moved_rest = toy.contributions(windows[order])
    np.testing.assert_allclose(moved, added[order], atol=1e-6)
    np.testing.assert_allclose(moved_rest, rest[order], atol=1e-6)


@pytest.mark.parametrize("seconds", [2.0, 3.0, 7.0, 20.5])
def test_the_moments_add_up_to_the_value(toy, seconds):
    track = toys.noise_track(seconds)
    found = Attention().explain(toy, track)
    with toy.session():
        raw = toy.outputs(toy.encode_all(track, toy.windows(track.duration))).mean(axis=0)
    for k, e in enumerate(found.values()):
        assert e.output == pytest.approx(raw[k], abs=1e-5) and abs(e.residual) < 1e-6 and e.unit == SCALE
        assert e.values.shape == e.grid.times.shape and len(e.grid.freqs) == 0
        assert any("shorter than" in note for note in e.notes) == (seconds < 3)


def test_a_planted_sound_gets_the_relevance():
    y = np.zeros((2, 44_100 * 8))
    y[:, 3 * 44_100:5 * 44_100] = np.random.default_rng(0).normal(0, 0.1, (2, 2 * 44_100))
    found = Attention().explain(Toy(forgetful_net()), track_of(y))
    for e in found.values():
        size = np.abs(e.values)
        inside = (e.grid.times > 3 - 2.5 * STEP) & (e.grid.times < 5 + 2.5 * STEP)  # a step hears its neighbours
        assert size[inside].sum() > 0.95 * size.sum() > 0


def test_where_it_is_loud_is_moved_when_the_sound_is():
    def peak(start: float) -> float:
        y = np.zeros((1, 44_100 * 12))
        first = round(start * 44_100)
        y[:, first:first + 17_640] = np.random.default_rng(0).normal(0, 0.2, 17_640)
        e = Attention().explain(Toy(forgetful_net()), track_of(y))["arousal"]
        return float(np.average(e.grid.times, weights=np.abs(e.values)))
    for start in (1.0, 4.3, 7.9, 11.0):
        assert peak(start) == pytest.approx(start + 0.2, abs=2 * STEP)


def test_weights_are_shares_of_the_song_and_the_same_for_each_target(toy):
    found = Attention().explain(toy, toys.noise_track(7.0), params=AttentionParams("weight"))
    a, b = (e.values for e in found.values())
    np.testing.assert_array_equal(a, b)
    assert a.sum(dtype=float) == pytest.approx(1, abs=1e-5) and a.min() >= 0
    assert {e.unit for e in found.values()} == {SHARES} and all("not to the value" in e.notes[0] for e in found.values())


def test_steps_keep_their_place_and_their_sum():
    times = np.array([[0.5, 1.5], [2.25, 3.25], [2.5, 3.5]])  # steps of 1 s; the last window overlaps the second
    parts = np.array([[1, 10], [4, 8], [100, 200]], float)[..., None]
    values, grid = _on_song(parts, times, duration=4.0)
    np.testing.assert_allclose(grid.times, [0.5, 1.5, 2.5, 3.5])
    np.testing.assert_allclose(values[0], [1, 11, 0.75 * 4 + 0.25 * 8 + 100, 0.75 * 8 + 200], rtol=1e-6)
    # 1.75 to 2.75: a quarter in the second cell; what is cut after it moves on


def test_how_even_the_attention_is():
    assert evenness(np.full((3, 16), 1 / 16)) == pytest.approx(1)
    assert evenness(np.eye(16)[:2]) == pytest.approx(0)
    assert evenness(np.array([[0.5, 0.5, 0, 0]])) == pytest.approx(0.5)


def test_the_note_says_plainly_when_attention_is_even():
    even, sharp = forgetful_net(), random_net()
    torch.nn.init.normal_(sharp.attend.weight, std=20.0)
    said = [Attention().explain(Toy(n), toys.noise_track(6.0))["valence"].notes[2] for n in (even, sharp)]
    assert "is nearly even: its evenness is 1.00 of 1" in said[0] and "next to nothing" in said[0]
    assert "chooses" in said[1] and "next to nothing" not in said[1]


def test_seconds_that_count_twice_are_named(toy):
    for seconds, twice in ((6.0, False), (6.5, True)):  # windows from 0 and 3 s; from 0, 3 and 3.5 s
        notes = Attention().explain(toy, toys.noise_track(seconds))["arousal"].notes
        assert any("begins 2.5 s before" in note for note in notes) == twice


def test_another_reading_and_another_model_are_refused(toy):
    with pytest.raises(ParameterError, match="contribution, weight"):
        AttentionParams("rollout")
    with pytest.raises(ParameterError, match="attention"):
        Attention().explain(C2DMix(), toys.noise_track(3.0))

"""LRP through a deep belief network: against slow loops, against a linear network, and on beats whose place is
known."""

import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from mer_core.errors import ParameterError
from mer_core.explainers import _lrp_rules
from mer_core.explainers._beats import STEPS, listen, onto_beats, pulls, split, standardised
from mer_core.explainers._dbn_lrp import relevance, tanh_form
from mer_core.explainers.beat_lrp import RULES, BeatLrp, BeatLrpParams
from mer_core.features.beats import patched
from mer_core.features.beats.tracking import Beats
from mer_core.masking import stft_grid
from mer_core.models._dbn import COMBINATIONS, LAYERS
from mer_core.sonify import SonifyParams, mask

sys.path.insert(0, str(Path(__file__).parent))
import beat_nets  # noqa: E402

SONG = beat_nets.track()


def counted(e) -> float:
    return e.base + e.values.sum(dtype=float) + sum(e.params["absorbed"].values())


def slow(toy, name: str, x: np.ndarray, columns: slice, target: int) -> np.ndarray:
    """(D,) relevance of one patch by the epsilon rule, unit by unit, from the sigmoid network as it stands."""
    head = toy.network.readings[f"{toy.features}/{toy.layer}"].weight[target].numpy()[columns]
    steps = [(s.weight.numpy(), s.bias.numpy()) for s in toy.network.networks[name].steps[:toy.layer + 1]]
    inputs, sums = [x], []
    for weight, bias in steps:
        z = [sum(weight[j, i] * inputs[-1][i] for i in range(len(inputs[-1]))) + bias[j] for j in range(len(bias))]
        sums.append(z)
        inputs.append(np.array([1 / (1 + np.exp(-v)) for v in z]))
    share = [head[j] * (inputs[-1][j] - 0.5) for j in range(len(head))]
    for depth in range(len(steps) - 1, -1, -1):
        weight, moved = steps[depth][0], inputs[depth] - (0.5 if depth else 0.0)
        share = [sum(moved[i] * weight[j, i] / sums[depth][j] * share[j] for j in range(len(share)))
                 for i in range(len(moved))]
    return np.array(share)


@pytest.mark.parametrize(("features", "layer"),
                         [("rhythm", 0), ("rhythm", 2), ("rhythm+fourier", 1), ("rhythm+pitch", 2)])
def test_slow_loops_find_the_same(features, layer):
    toy = beat_nets.Toy(beat_nets.beats(), features, layer, seed=2)
    with toy.session():
        song = listen(toy, SONG)
        found, parts = relevance(toy, song, _lrp_rules.epsilon(1e-12)), standardised(toy, song.found)
    width = toy.network.networks["rhythm"].steps[layer].out_features
    for n, (name, x) in enumerate(parts.items()):
        for k in (0, 1):
            for p in (0, 4):
                expected = song.weights[p] * slow(toy, name, x[p], slice(n * width, (n + 1) * width), k)
                np.testing.assert_allclose(found.values[name][k, p], expected, rtol=1e-6, atol=1e-10)


@pytest.mark.parametrize("layer", LAYERS)
def test_tanh_units_are_the_same_network(layer):
    toy = beat_nets.Toy(beat_nets.beats(), "pitch", layer)
    x = torch.randn(7, 192, dtype=torch.float64)
    head = toy.network.readings[f"pitch/{layer}"]
    made = torch.nn.Sequential(*tanh_form(toy.network.networks["pitch"], head.weight, layer))(x) + head.bias
    np.testing.assert_allclose(made, head(toy.network.networks["pitch"].layers(x)[layer]), atol=1e-12)


def test_in_a_linear_network_relevance_is_weight_times_input():
    """Weights so small that a sigmoid is its own tangent, and biases that take its half away."""
    toy = beat_nets.Toy(beat_nets.beats(), "rhythm", 2, scale=1e-3)
    steps = toy.network.networks["rhythm"].steps
    with torch.no_grad():
        for depth, step in enumerate(steps):
            step.bias.copy_(-step.weight.sum(dim=1) / 2 if depth else torch.zeros_like(step.bias))
    weight = toy.network.readings["rhythm/2"].weight[:2].numpy()
    for step in reversed(steps):
        weight = weight @ step.weight.numpy() / 4
    with toy.session():
        song = listen(toy, SONG)
        x = standardised(toy, song.found)["rhythm"]
        for rule in ("epsilon", "gamma"):
            rules = {"epsilon": _lrp_rules.epsilon(1e-20), "gamma": _lrp_rules.gamma(0.0, 1e-20)}
            values = relevance(toy, song, rules[rule]).values["rhythm"]
            expected = weight[:, None, :] * x * song.weights[:, None]
            np.testing.assert_allclose(values, expected, rtol=1e-4, atol=1e-4 * np.abs(expected).max())


@pytest.mark.parametrize("features", COMBINATIONS)
@pytest.mark.parametrize("layer", LAYERS)
@pytest.mark.parametrize("rule", RULES)
def test_everything_is_counted(features, layer, rule):
    toy = beat_nets.Toy(beat_nets.beats(), features, layer)
    found = BeatLrp().explain(toy, SONG, params=BeatLrpParams(rule=rule))
    expected = beat_nets.value(toy, SONG)
    for k, e in enumerate(found.values()):
        assert e.output == pytest.approx(expected[k], abs=1e-6)
        assert e.values.shape == e.grid.times.shape == beat_nets.TIMES.shape
        assert counted(e) == pytest.approx(e.output, abs=1e-5)
        biases = [abs(lost) for name, lost in e.params["absorbed"].items() if name.startswith("layer")]
        assert rule != "z+" or max(biases) < 5e-3


def test_what_a_layer_keeps_is_the_share_of_its_biases():
    """With one layer: R_j b_j / z_j, by hand."""
    toy = beat_nets.Toy(beat_nets.beats(), "rhythm", 0)
    with toy.session():
        song = listen(toy, SONG)
        found, x = relevance(toy, song, _lrp_rules.epsilon(1e-12)), standardised(toy, song.found)["rhythm"]
    step = toy.network.networks["rhythm"].steps[0]
    z = x @ step.weight.numpy().T + step.bias.numpy()
    moved = 1 / (1 + np.exp(-z)) - 0.5
    kept = (moved * step.bias.numpy() / z) @ toy.network.readings["rhythm/0"].weight[:2].numpy().T
    np.testing.assert_allclose(found.absorbed["layer 0"], song.weights @ kept, atol=1e-9)


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize(("feature", "beat"), [("rhythm", 5), ("pitch", 6), ("fourier", 4)])
def test_the_one_beat_that_sounds_gets_all(rule, feature, beat):
    found = beat_nets.silent_but(beat, feature)
    toy = beat_nets.Toy(found, feature, standards={n: beat_nets.raw(w) for n, w in beat_nets.WIDTHS.items()})
    for e in BeatLrp().explain(toy, SONG, params=BeatLrpParams(rule=rule)).values():
        assert np.abs(e.values[beat]) > 1e-6
        rest = np.delete(e.values, beat)
        if feature == "fourier":  # the average beat has a twelfth of it, so silence is off the average, too
            assert np.abs(rest).max() < 0.5 * np.abs(e.values[beat])
        else:
            np.testing.assert_allclose(rest, 0, atol=1e-12)


@pytest.mark.parametrize("feature", ["rhythm", "pitch"])
def test_splitting_over_beats_keeps_the_sum(feature):
    toy, rng = beat_nets.Toy(beat_nets.beats()), np.random.default_rng(0)
    values = rng.normal(size=(2, len(toy.found.rhythm), beat_nets.WIDTHS[feature]))
    shares = split(toy, toy.found, feature, values)
    np.testing.assert_allclose(shares.sum(axis=-1), values.sum(axis=-1), atol=1e-9)
    np.testing.assert_allclose(onto_beats(shares).sum(axis=-1), values.sum(axis=(1, 2)), atol=1e-9)


def test_rhythm_and_pitch_go_to_the_beat_they_are_of():
    toy = beat_nets.Toy(beat_nets.beats())
    for feature, width in (("rhythm", 20), ("pitch", 48)):
        values = np.zeros((len(toy.found.rhythm), 4 * width))
        values[3, 2 * width:3 * width] = 1  # patch 3, its third beat: beat 5
        assert np.flatnonzero(onto_beats(split(toy, toy.found, feature, values))).tolist() == [5]


def magnitude(tones: np.ndarray) -> np.ndarray:
    """(P, 4, 48) -> (P, 384)."""
    return np.abs(np.fft.fft2(tones.transpose(0, 2, 1), s=(48, 8))).reshape(len(tones), -1)


def average_of(found) -> tuple[np.ndarray, np.ndarray]:
    """(P, 4, 48) tones and (48,) those of the average beat."""
    tones = found.pitch.reshape(-1, 4, 48).astype(float)
    return tones, np.concatenate([tones[:, 0], tones[-1, 1:]]).mean(axis=0)


def test_a_beat_pulls_by_the_slopes_on_the_way_from_the_average_beat():
    """Each beat of each patch moved a little, at each step of the way; the transform measured again."""
    found, nudge = beat_nets.beats(), 1e-4
    tones, average = average_of(found)
    measured = np.zeros((len(tones), 4, 384))
    for k in range(STEPS):
        here = average + (k + 0.5) / STEPS * (tones - average)
        for beat in range(4):
            off = np.zeros_like(tones)
            off[:, beat] = nudge * (tones[:, beat] - average)
            measured[:, beat] += (magnitude(here + off) - magnitude(here - off)) / (2 * nudge) / STEPS
    np.testing.assert_allclose(pulls(found), measured, atol=2e-3)


def test_the_beats_of_a_pattern_add_up_to_what_it_is_beyond_the_average_one():
    found = beat_nets.beats()
    tones, average = average_of(found)
    moved = magnitude(tones) - magnitude(np.broadcast_to(average, tones.shape))
    missed = pulls(found).sum(axis=1) - moved
    assert np.abs(missed).mean() < 0.02 * np.abs(moved).mean()


def test_a_pattern_is_split_by_what_each_beat_adds_over_the_value():
    toy = beat_nets.Toy(beat_nets.beats())
    x = toy.standards["fourier"](toy.found.fourier.astype(float))
    slope = np.random.default_rng(0).normal(size=x.shape)
    expected = np.einsum("pd,pbd->pb", slope / toy.standards["fourier"].spread, pulls(toy.found))
    np.testing.assert_allclose(split(toy, toy.found, "fourier", slope * x), expected, atol=1e-6)


def test_beats_that_cancel_pull_no_further_than_they_stand_out():
    tones = np.outer([1, -1, 1, -1.001], np.sin(np.arange(48) / 3)) + 1.5
    found = patched(Beats(np.arange(4.0), "tracked"), np.zeros((4, 20)), np.expm1(tones) / 1000)
    apart = np.abs(np.fft.fft(tones - tones.mean(axis=0), axis=-1)).repeat(8).reshape(4, -1)
    assert (np.abs(pulls(found)[0]) <= apart + 1e-5).all()


def test_beats_all_alike_leave_the_pattern_as_a_whole():
    same = [np.repeat(part[:1], len(beat_nets.TIMES), axis=0) for part in beat_nets.rows()]
    found = patched(Beats(beat_nets.TIMES, "tracked"), *same)
    toy = beat_nets.Toy(found, "fourier", standards={n: beat_nets.raw(w) for n, w in beat_nets.WIDTHS.items()})
    for e in BeatLrp().explain(toy, SONG).values():
        assert np.abs(e.values).max() < 1e-5 < abs(e.params["absorbed"]["pattern as a whole"])


def test_a_group_is_a_part_of_all():
    toy = beat_nets.Toy(beat_nets.beats())
    whole, *parts = (BeatLrp().explain(toy, SONG, params=BeatLrpParams(group=g)) for g in ("all", "rhythm", "fourier"))
    for target, e in whole.items():
        np.testing.assert_allclose(sum(p[target].values for p in parts), e.values, atol=1e-6)
        for p in parts:
            found = p[target]
            assert counted(found) == pytest.approx(found.output, abs=1e-5)
            assert "other features" in found.params["absorbed"]
    with pytest.raises(ParameterError, match="does not read the pitches .*all, rhythm, fourier"):
        BeatLrp().explain(toy, SONG, params=BeatLrpParams(group="pitch"))


def test_notes_of_the_song_come_first():
    toy = beat_nets.Toy(beat_nets.beats())
    toy.said = ("Too few beats were found.",)
    assert BeatLrp().explain(toy, SONG)["valence"].notes[0] == "Too few beats were found."


@pytest.mark.parametrize("duration", [7.3, 6.3, 6.2])
def test_the_last_beat_ends_with_the_song(duration):
    """It begins at 6.2 s and would last as long as the others do, 0.5 s."""
    edges = BeatLrp().explain(beat_nets.Toy(beat_nets.beats()), beat_nets.track(duration))["valence"].grid.edges
    np.testing.assert_allclose(edges[:-1], beat_nets.TIMES, rtol=1e-6)
    assert edges[-1] == pytest.approx({7.3: 6.7, 6.3: 6.3, 6.2: 6.21}[duration], abs=1e-5)


def test_it_sounds_from_beat_to_beat():
    found = beat_nets.silent_but(5, "rhythm")
    toy = beat_nets.Toy(found, "rhythm", standards={n: beat_nets.raw(w) for n, w in beat_nets.WIDTHS.items()})
    e = BeatLrp().explain(toy, SONG)["arousal"]
    grid = stft_grid(int(SONG.duration * 44_100), 44_100)
    gain = mask(e, grid, SonifyParams())
    start, end = beat_nets.TIMES[5:7]
    np.testing.assert_allclose(gain[:, (grid.times > start) & (grid.times < end - 0.08)], 1, atol=1e-5)
    away = (grid.times < start - 0.08) | (grid.times > end)
    np.testing.assert_allclose(gain[:, away], SonifyParams().floor, atol=1e-5)

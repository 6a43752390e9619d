"""Groups of what is heard in the beats: each value of each feature in one, planted ones found, differences exact."""

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from mer_core.explainers._beats import answers, listen, standardised
from mer_core.explainers.beat_groups import WAYS, BeatGroups, BeatGroupsParams
from mer_core.features.beat_words import groups, infos
from mer_core.features.beats import fourier_magnitude, pitch

sys.path.insert(0, str(Path(__file__).parent))
import beat_nets  # noqa: E402

SONG = beat_nets.track()


@pytest.mark.parametrize("feature", ["rhythm", "pitch", "fourier"])
def test_every_value_is_in_one_group(feature):
    found = groups(feature)
    np.testing.assert_array_equal(np.sum([g.cells for g in found], axis=0), np.ones(beat_nets.WIDTHS[feature]))
    for group in found:
        assert infos()[group.info.name] == group.info and group.info.sentence.endswith(".")
    assert len(infos()) == 3 + 4 + 9


def strongest(tones: np.ndarray) -> str:
    """The group that most of a patch (48, 4) lies in, its level aside."""
    found = fourier_magnitude(tones[None])[0]
    found[0, 0] = 0
    return max(groups("fourier"), key=lambda g: float((found.ravel()[g.cells] ** 2).sum())).info.name


def test_patterns_are_named_for_what_they_hold():
    rows = np.arange(48)[:, None]
    octaves, thirds = ((1 + np.cos(2 * np.pi * rows / n)) * np.ones(4) for n in (12, 4))
    assert strongest(octaves - octaves.mean()).startswith("wide intervals")
    assert strongest(thirds - thirds.mean()).startswith("close intervals")
    low = (rows < 20) * np.ones(4)
    assert strongest(low - low.mean()).startswith("register")
    alternating = (thirds - thirds.mean()) * np.array([1, -1, 1, -1])
    assert strongest(alternating) == "close intervals, from beat to beat"


def test_octaves_are_named_by_their_notes():
    names = [g.info.name for g in groups("pitch")]
    assert names[0] == "pitches G2 to F#3" and names[-1] == "pitches G5 to F#6"
    cells = groups("pitch")[1].cells.reshape(4, pitch.SIZE)
    assert pitch.NAMES[int(np.flatnonzero(cells[0])[0])] == "G3" and (cells == cells[0]).all()


def test_occlusion_values_are_the_differences_of_whole_predictions():
    toy = beat_nets.Toy(beat_nets.beats())
    found = BeatGroups().explain(toy, SONG)
    whole = beat_nets.value(toy, SONG)
    for group in groups("rhythm")[1], groups("fourier")[4]:
        average = toy.standards[group.feature].mean.astype(np.float32)
        changed = np.where(group.cells, average, getattr(toy.found, group.feature))
        moved = whole - beat_nets.value(toy, SONG, replace(toy.found, **{group.feature: changed}))
        k = found["valence"].labels.index(group.info.name)
        np.testing.assert_allclose([e.values[k] for e in found.values()], moved, atol=2e-6)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("planted", ["percussion: colour", "wide intervals, slow"])
def test_a_planted_group_is_found(way, planted):
    toy = beat_nets.Toy(beat_nets.beats())
    for name in ("rhythm", "fourier"):
        cells = sum((g.cells for g in groups(name) if g.info.name == planted), np.zeros(beat_nets.WIDTHS[name], bool))
        with torch.no_grad():
            toy.network.networks[name].steps[0].weight *= torch.from_numpy(cells)
    for e in BeatGroups().explain(toy, SONG, params=BeatGroupsParams(way=way)).values():
        size = dict(zip(e.labels, np.abs(e.values), strict=True))
        assert size.pop(planted) > 1e-4 and max(size.values()) < 1e-9


@pytest.mark.parametrize("way", WAYS)
def test_base_and_output_are_what_they_are_said_to_be(way):
    toy = beat_nets.Toy(beat_nets.beats())
    found = BeatGroups().explain(toy, SONG, params=BeatGroupsParams(way=way))
    np.testing.assert_allclose([e.output for e in found.values()], beat_nets.value(toy, SONG), atol=1e-6)
    with toy.session():
        average = {name: np.zeros((1, beat_nets.WIDTHS[name])) for name in ("rhythm", "fourier")}
        if way == "occlusion":
            np.testing.assert_allclose([e.base for e in found.values()], answers(toy, average)[0], atol=1e-6)


def test_inputs_say_how_unusual_a_group_is():
    toy = beat_nets.Toy(beat_nets.beats(), "rhythm")
    with toy.session():
        song = listen(toy, SONG)
        x = standardised(toy, song.found)["rhythm"].reshape(-1, 4, 20)
    expected = np.sqrt(np.average((x[:, :, 6:13] ** 2).mean(axis=(1, 2)), weights=song.weights))
    assert BeatGroups().explain(toy, SONG)["valence"].inputs[1] == pytest.approx(expected, rel=1e-5)

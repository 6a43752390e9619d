"""Each beat left out in turn, against predictions of the whole song with that beat replaced."""

import sys
from pathlib import Path

import numpy as np
import pytest

from mer_core.errors import ParameterError
from mer_core.explainers.beat_lrp import BeatLrp, BeatLrpParams
from mer_core.explainers.beat_occlusion import BeatOcclusion, BeatOcclusionParams
from mer_core.features.beats import GAIN, patched, timbre
from mer_core.models._dbn import Standard

sys.path.insert(0, str(Path(__file__).parent))
import beat_nets  # noqa: E402

SONG = beat_nets.track()


def without(found, which, fill: str):
    """The features of the same song with the beats `which` replaced, made again from the beats themselves."""
    timbres, amplitudes = (part.copy() for part in beat_nets.rows())
    if fill == "mean":
        timbres[which] = timbres.mean(axis=0)
        amplitudes[which] = np.expm1(np.log1p(GAIN * beat_nets.rows()[1]).mean(axis=0)) / GAIN
    else:
        timbres[which], amplitudes[which] = timbre.percussion_timbre(np.zeros(22_050, np.float32))[10], 0
    return patched(found.beats, timbres, amplitudes)


@pytest.mark.parametrize("features", ["rhythm", "pitch", "rhythm+fourier"])
@pytest.mark.parametrize("fill", ["mean", "silence"])
def test_values_are_the_differences_of_whole_predictions(features, fill):
    toy = beat_nets.Toy(beat_nets.beats(), features)
    whole = beat_nets.value(toy, SONG)
    found = BeatOcclusion().explain(toy, SONG, params=BeatOcclusionParams(fill=fill))
    for beat in (0, 2, 7, len(beat_nets.TIMES) - 1):
        moved = whole - beat_nets.value(toy, SONG, without(toy.found, beat, fill))
        np.testing.assert_allclose([e.values[beat] for e in found.values()], moved, atol=2e-6)
    base = beat_nets.value(toy, SONG, without(toy.found, slice(None), fill))
    np.testing.assert_allclose([e.base for e in found.values()], base, atol=2e-6)
    np.testing.assert_allclose([e.output for e in found.values()], whole, atol=1e-6)


def test_in_pieces_it_is_the_same(monkeypatch):
    toy = beat_nets.Toy(beat_nets.beats())
    whole = BeatOcclusion().explain(toy, SONG)["valence"].values
    monkeypatch.setattr("mer_core.explainers.beat_occlusion.MOST", 5)
    np.testing.assert_allclose(BeatOcclusion().explain(toy, SONG)["valence"].values, whole, atol=1e-7)


@pytest.mark.parametrize("feature", ["rhythm", "pitch", "fourier"])
def test_only_the_beat_that_stands_out_matters(feature):
    found = beat_nets.silent_but(6, feature)
    toy = beat_nets.Toy(found, feature, standards={n: beat_nets.raw(w) for n, w in beat_nets.WIDTHS.items()})
    values = BeatOcclusion().explain(toy, SONG, params=BeatOcclusionParams(fill="silence"))["arousal"].values
    if feature == "rhythm":  # there, 0 is not what silence sounds like
        values = BeatOcclusion().explain(toy, SONG)["arousal"].values
        assert np.abs(values[6]) == np.abs(values).max() > 1e-6
        return
    assert np.abs(values[6]) > 1e-6
    np.testing.assert_allclose(np.delete(values, 6), 0, atol=1e-9)


def test_one_group_leaves_the_others_as_they_are():
    toy = beat_nets.Toy(beat_nets.beats())
    every, *single = (BeatOcclusion().explain(toy, SONG, params=BeatOcclusionParams(group=g))["valence"].values
                      for g in ("all", "rhythm", "fourier"))
    np.testing.assert_allclose(sum(single), every, atol=1e-6)  # the networks of two features add up behind their layers
    with pytest.raises(ParameterError, match="does not read the pitches"):
        BeatOcclusion().explain(toy, SONG, params=BeatOcclusionParams(group="pitch"))


def test_it_agrees_with_lrp_where_the_network_is_nearly_linear():
    average = np.tile(beat_nets.rows()[0].mean(axis=0), 4)  # of this song, so that both compare with the same
    standards = {"rhythm": Standard(average, np.full(80, 8.0))}
    toy = beat_nets.Toy(beat_nets.beats(), "rhythm", 2, scale=0.1, standards=standards)
    lrp = BeatLrp().explain(toy, SONG, params=BeatLrpParams(epsilon=1e-9))["valence"].values
    left = BeatOcclusion().explain(toy, SONG)["valence"].values
    np.testing.assert_allclose(lrp, left, atol=0.02 * np.abs(left).max())

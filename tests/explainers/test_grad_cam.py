"""Grad-CAM of a whole song: what adds up, where it lies, and what it says of itself."""

import sys
from pathlib import Path

import numpy as np
import pytest

from mer_core.errors import ParameterError
from mer_core.explainers import _windows
from mer_core.explainers.grad_cam import GradCam, GradCamParams, song_maps
from mer_core.features.harmonics import PITCH_CLASSES, blinder
from mer_core.schema import Track, TrackInfo

sys.path.insert(0, str(Path(__file__).parent))
import harmonic_nets as nets  # noqa: E402


@pytest.fixture(scope="module")
def track():
    return nets.toys.noise_track(3.0)


@pytest.fixture(scope="module")
def model():
    return nets.ToyHarmonics()


@pytest.fixture(scope="module")
def found(model, track):
    return GradCam().explain(model, track)


@pytest.fixture(scope="module")
def published(model, track):
    """As in the paper on Grad-CAM."""
    return GradCam().explain(model, track, params=GradCamParams(gradients="map", reference="dark"))


def test_the_twelve_pitch_classes_add_up_to_all_of_them(model, track, found):
    parts = [GradCam().explain(model, track, params=GradCamParams(name)) for name in PITCH_CLASSES]
    for target, e in found.items():
        np.testing.assert_allclose(sum(part[target].values for part in parts), e.values, atol=1e-6)
        assert (e.values > 0).any() and (e.values < 0).any()
        assert f"branch of {PITCH_CLASSES[4]} alone: {parts[4][target].values.sum():+z.2f}" in parts[4][target].notes[1]


def test_a_pitch_class_lies_on_the_bands_of_its_harmonics_alone(model, track):
    seen = blinder(nets.table(), nets.BANDS)
    for place in (0, 5):
        e = GradCam().explain(model, track, params=GradCamParams(PITCH_CLASSES[place]))["sadness"]
        assert np.abs(e.values[seen[place]]).max() > 0 and not e.values[~seen[place]].any()


@pytest.mark.parametrize("reference", ["silence", "dark"])
def test_the_figures_are_those_of_the_network(model, track, reference):
    found = GradCam().explain(model, track, params=GradCamParams(reference=reference))
    windows = model.windows(track.duration)
    raw = model.outputs(model.encode_all(track, windows)).mean(axis=0)
    assert max(abs(e.residual) for e in found.values()) > 0.01
    for k, (target, e) in enumerate(found.items()):
        assert e.output == pytest.approx(raw[k], abs=1e-5)
        quiet = model.network(nets.torch.zeros(1, 1, nets.BANDS, nets.INPUT.frames))[0] if reference == "silence" else \
            model.network.head.bias
        assert e.base == pytest.approx(float(quiet[k]))
        assert f"{e.residual:+z.2f} belongs to none" in e.notes[0], target


@pytest.mark.parametrize("reference", ["silence", "dark"])
def test_a_linear_head_leaves_nothing_out(track, reference):
    """All windows lie in the song, and every row hears a band."""
    model = nets.ToyHarmonics(nets.SmallNet("octaves"))
    for e in GradCam().explain(model, track, params=GradCamParams(reference=reference)).values():
        assert abs(e.residual) < 1e-4 < abs(e.output - e.base)


def test_each_cells_own_gradient_leaves_nothing_out_behind_a_maximum(model, track, published):
    params = GradCamParams(gradients="cell", reference="dark")
    for target, e in GradCam().explain(model, track, params=params).items():
        assert abs(e.residual) < 1e-4 < abs(published[target].residual)


def test_only_what_is_heard_lights_up_where_and_when_it_sounds():
    """A4 and E5 between 1 and 2 s; A speaks for contentment, E against it."""
    model = nets.TwoSided(nets.Listening(good=(0,), bad=(7,)), a4=440.0)
    track = nets.chord((440.0, 659.26), start=1.0, end=2.0)
    found = GradCam().explain(model, track)
    e = found["contentment"]
    np.testing.assert_allclose(found["anxiety"].values, -e.values, atol=1e-7)
    columns = (e.grid.times > 0.85) & (e.grid.times < 2.15)
    assert np.abs(e.values[:, columns]).sum() > 0.99 * np.abs(e.values).sum() > 0
    a, bad = (GradCam().explain(model, track, params=GradCamParams(name))["contentment"].values for name in "AE")
    assert a.min() >= 0 and a.sum() > 0.1 and bad.max() <= 0 and bad.sum() < -0.1
    assert abs(e.residual) < 1e-4


def test_the_map_is_narrowed_and_keeps_its_sum(monkeypatch, model, track, found):
    monkeypatch.setattr(_windows, "MAX_COLUMNS", 40)
    narrow = GradCam().explain(model, track)
    for target, e in found.items():
        assert narrow[target].values.shape[1] <= 40 and narrow[target].grid.shape == narrow[target].values.shape
        assert narrow[target].values.sum() == pytest.approx(e.values.sum(), abs=1e-4)


def test_windows_cover_the_song(model, track):
    maps = song_maps(model, track)
    inside = sum(min(nets.INPUT.frames, len(maps.grid.times) - model.column(s)) for s in model.windows(track.duration))
    whole = len(model.windows(track.duration)) * nets.INPUT.frames
    assert maps.windows.sum() == pytest.approx(inside / whole) and maps.windows.min() > 0


def test_where_silence_is_dark_both_references_say_the_same():
    track, model = nets.chord((440.0,), seconds=2.0), nets.TwoSided(nets.Listening((0,)))
    dark, silence = (GradCam().explain(model, track, params=GradCamParams(reference=reference))["anxiety"]
                     for reference in ("dark", "silence"))
    np.testing.assert_allclose(dark.values, silence.values, atol=1e-7)
    assert np.abs(dark.values).max() > 0


def test_silence_is_explained_by_nothing():
    model, quiet = nets.ToyHarmonics(nets.SmallNet("octaves")), np.zeros((1, 4 * 44_100), np.float32)
    e = GradCam().explain(model, Track(TrackInfo(id="q", title="q", duration=4.0, channels=1), quiet))["sadness"]
    assert not e.values.any() and e.base == pytest.approx(e.output)


def test_it_says_how_much_lights_up_in_silence(model, track, found, published):
    said = song_maps(model, track).silence
    network, x = model.network, model.encode_all(track, model.windows(track.duration))
    lit = float(network.branches(nets.torch.from_numpy(x)).mean())
    assert said == pytest.approx(float(network.branches(nets.torch.zeros(1, *x.shape[1:])).mean()) / lit, rel=0.2)
    assert f"light up {said:.1f} times" in published["sadness"].notes[2]
    assert "light up" not in " ".join(found["sadness"].notes)


def test_where_semitones_share_a_band_it_says_so(found):
    assert "neighbouring pitch classes share" in found["anxiety"].notes[-1]


def test_the_tuning_moves_the_bands(track):
    low, high = (GradCam().explain(nets.ToyHarmonics(a4=a4), track)["sadness"] for a4 in (430.0, 450.0))
    np.testing.assert_allclose(high.grid.freqs / low.grid.freqs, 450 / 430, rtol=1e-5)


@pytest.mark.parametrize("params", [{"pitch_class": "H"}, {"gradients": "none"}, {"reference": "noise"}])
def test_what_there_is_not_is_refused(params):
    with pytest.raises(ParameterError, match=next(iter(params))):
        GradCamParams(**params)


def test_another_network_is_refused(track):
    with pytest.raises(ParameterError, match="harmonics"):
        GradCam().explain(nets.toys.small_net(), track)

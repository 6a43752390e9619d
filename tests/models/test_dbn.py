"""From beats to seconds to ellipses, with a small network of the real class and file format."""

import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from mer_core.errors import ParameterError, TooFewBeats, WeightsError
from mer_core.models import _dbn
from mer_core.models._dbn import COMBINATIONS, LAYERS, MOST, patch_times, slots, weights
from mer_core.schema import Track, TrackInfo

sys.path.insert(0, str(Path(__file__).parent))
import beats  # noqa: E402


@pytest.fixture
def model(tmp_path):
    found = beats.shipped(tmp_path)
    with found.session():
        yield found


def clicks(seconds=12.0, every=0.5, sr=22_050, seed=0) -> Track:
    """A click and a chord that changes at each."""
    t = np.arange(int(seconds * sr)) / sr
    dice = np.random.default_rng(seed)
    click = dice.normal(0, 1, t.size) * np.exp(-60 * (t % every))
    tone = np.sin(2 * np.pi * np.where((t // every) % 2, 220, 330) * t)
    y = (0.2 * click + 0.1 * tone)[None].astype(np.float32)
    return Track(TrackInfo(f"clicks{seed}", "clicks", seconds, 1, sr), y)


def silence(seconds=8.0) -> Track:
    return Track(TrackInfo("silence", "silence", seconds, 1, 22_050), np.zeros((1, int(seconds * 22_050)), np.float32))


def test_a_second_hears_the_patches_that_ended_in_it_or_the_latest_before():
    times = np.array([1.7, 2.2, 2.9, 3.0, 6.5])
    at = slots(times, [1, 2, 3, 4, 5, 7])
    assert at.shape == (6, MOST)
    assert [list(row[row >= 0]) for row in at] == [[0], [0], [1, 2, 3], [3], [3], [4]]
    np.testing.assert_allclose(weights(at).sum(axis=1), 1)
    assert list(weights(at)[2, :4]) == pytest.approx([1 / 3] * 3 + [0])
    crowd = slots(np.linspace(0.01, 1, 20), [1])[0]
    assert list(crowd) == list(range(12, 20))  # the latest of more than there is room for


def test_windows_hold_weights_and_standardised_features(model):
    found = beats.heard(12)
    x = model.windows_of(found, [3, 4], "rhythm+pitch")
    assert x.shape == (2, MOST, 1 + 80 + 192)
    inside = slots(patch_times(found), [3, 4])
    first = inside[0, 0]
    both = np.concatenate([found.rhythm[first], found.pitch[first]])
    np.testing.assert_allclose(x[0, 0, 1:], (both - 0.5) / 2, atol=1e-6)
    assert not x[0, (inside[0] < 0)].any()


def test_what_it_says_is_the_regression_on_the_mean_layer(model):
    found = beats.heard(12)
    x = torch.from_numpy(model.windows_of(found, [4.0]))
    at = slots(patch_times(found), [4.0])[0]
    at = at[at >= 0]
    assert len(at) == 2
    z = []
    for name in ("rhythm", "fourier"):
        v = (torch.from_numpy(getattr(found, name)[at]) - 0.5) / 2
        for step in list(model.network.networks[name].steps)[:2]:
            v = torch.sigmoid(v @ step.weight.T + step.bias)
        z.append(v.mean(dim=0))
    line = model.network.readings["rhythm+fourier/1"]
    wanted = torch.cat(z) @ line.weight.T + line.bias
    torch.testing.assert_close(model.forward(x)[0], wanted[:2], atol=1e-5, rtol=1e-5)
    means, covariances = model.gaussians(x)
    np.testing.assert_allclose(means, model.forward(x).numpy(), atol=1e-6)
    assert covariances.shape == (1, 2, 2)


def test_every_combination_and_layer_gives_ellipses(model):
    track = clicks()
    seen = set()
    for features in COMBINATIONS:
        for layer in LAYERS:
            path = model.ellipses(track, features, layer)
            assert path.means.shape == (12, 2) and path.covariances.shape == (12, 2, 2)
            assert (np.linalg.eigvalsh(path.covariances) > 0).all()
            assert (path.features, path.layer, path.grid) == (features, layer, "tracked")
            seen.add(tuple(path.means.ravel().round(5)))
    assert len(seen) == 15
    default = model.ellipses(track)
    assert (default.features, default.layer) == ("rhythm+fourier", 1)
    np.testing.assert_allclose(default.means.T, model.predict(track).curve, atol=1e-6)


def test_hostile_features_still_give_ellipses(model):
    found = beats.heard(12)
    for value in (1e8, -1e8, 0.0):
        hostile = beats.BeatFeatures(found.beats, *(np.full_like(getattr(found, n), value) for n in beats.FEATURES))
        for features in COMBINATIONS:
            for layer in LAYERS:
                means, covariances = model.gaussians(model.windows_of(hostile, [2, 5], features), features, layer)
                assert np.isfinite(means).all() and (np.linalg.eigvalsh(covariances) > 0).all()


def test_silence_walks_in_even_steps_and_says_so(model):
    prediction = model.predict(silence())
    assert np.isfinite(prediction.curve).all() and len(prediction.notes) == 1
    assert "found in 8.0 s" in prediction.notes[0] and "even steps of 0.5 s" in prediction.notes[0]
    path = model.ellipses(silence())
    assert path.grid == "even 0.5 s" and path.notes == prediction.notes
    with pytest.raises(TooFewBeats):
        model.ellipses(silence(), grid="tracked")
    assert model.ellipses(silence(), grid="even 1 s").beats[1] == 1.0
    assert not model.predict(clicks()).notes


def test_another_grid_moves_the_beats(model):
    track = clicks(every=0.4)
    tracked, even = model.ellipses(track), model.ellipses(track, grid="even 1 s")
    assert np.median(np.diff(tracked.beats)) == pytest.approx(0.4, abs=0.03) and np.diff(even.beats).max() == 1


def test_a_song_is_listened_to_once(model, monkeypatch):
    calls = []
    monkeypatch.setattr(_dbn, "beat_features", lambda y, sr, grid: calls.append(grid) or beats.heard(20))
    track = clicks()
    model.predict(track)
    model.ellipses(Track(track.info, track.y.copy()))
    assert len(calls) == 1
    model.predict(clicks(seed=1))  # other samples
    model.predict(Track(clicks(seed=1).info, np.zeros_like(track.y)))  # by the same name
    assert len(calls) == 3


def test_what_is_not_there_is_named(model, tmp_path):
    with pytest.raises(ParameterError, match="rhythm, pitch"):
        model.ellipses(clicks(), "melody")
    with pytest.raises(ParameterError, match="no layer 3"):
        model.ellipses(clicks(), "rhythm", 3)
    card = model.card
    (tmp_path / "other").mkdir()
    other = beats.shipped(tmp_path / "other")
    object.__setattr__(card, "digest", other.card.digest)
    (tmp_path / "model.safetensors").write_bytes(b"x" * 30)
    with pytest.raises(WeightsError):
        model.load()

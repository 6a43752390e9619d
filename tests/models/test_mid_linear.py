"""Linear regression on descriptors: windows of one description, and what is said of what is not defined."""

import hashlib
import json
import sys
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save

from mer_core.errors import ParameterError, WeightsError
from mer_core.explainers.linear import LinearTerms
from mer_core.explainers.treeshap import TreeShap
from mer_core.features import mid_level
from mer_core.features.mid_level import MidLevel
from mer_core.models import _mid_linear
from mer_core.models._mid_linear import within
from mer_core.models.mid2e import Mid2E
from mer_core.schema import ModelCard, Segment, Track, TrackInfo

sys.path.insert(0, str(Path(__file__).parents[1] / "contracts"))
import toys  # noqa: E402

MEAN = np.arange(7) / 10
COEFFICIENTS = np.stack([np.linspace(-0.3, 0.3, 7), np.linspace(0.1, 0.0, 7)], axis=1)
MISSING = np.zeros((7, 2))
MISSING[3] = 0.05, -0.05


def made(folder, names=mid_level.NAMES) -> Mid2E:
    raw = save({"mean": MEAN, "coefficients": COEFFICIENTS, "missing": MISSING, "bias": np.array([0.2, 0.4])},
               {"descriptors": json.dumps(names)})
    (folder / "model.safetensors").write_bytes(raw)
    ModelCard(name="mid2e", title="t", summary="s", takes={"sample_rate": 22050, "window": 30.0, "hop": 5.0},
              gives=("audio", "features", "linear"), targets=("joy", "sadness"), parameters=16, trained_on=(),
              test_error={"covariance": [[1, 0], [0, 1]]}, reported={}, weights="model.safetensors",
              digest=hashlib.sha256(raw).hexdigest(), licence="", paper="", limits=(), commands={},
              ).write(folder / "card.json")
    return Mid2E(folder)


def described(curves, step=2.5) -> MidLevel:
    """A song whose stretches of 10 s start every `step` seconds, with the same curve for all descriptors."""
    curves = np.broadcast_to(np.asarray(curves, np.float32), (7, np.shape(curves)[-1]))
    return MidLevel(np.zeros(7), {}, 5 + step * np.arange(curves.shape[1]), curves, {})


def test_a_window_takes_the_stretches_inside_it():
    found = described(np.arange(17))  # 50 s
    assert within(found, Segment(0, 30))[0] == np.arange(9).mean()
    assert within(found, Segment(20, 50))[0] == np.arange(8, 17).mean()
    assert within(found, Segment(21, 24))[0] == 7  # shorter than a stretch: the nearest one, 17.5 to 27.5 s
    holes = np.arange(17.0)
    holes[:4] = np.nan
    assert within(described(holes), Segment(0, 30))[0] == np.arange(4, 9).mean()
    assert np.isnan(within(described(holes), Segment(0, 15))).all()
    assert np.isnan(within(mid_level.of_sound(np.zeros(100, np.float32)), Segment(0, 30))).all()


def test_a_whole_clip_is_one_window_with_the_descriptions_own_values(tmp_path):
    track, model = toys.noise_track(12.0), made(tmp_path)
    with model.session():
        x = model.encode_all(track, [Segment(0.0, 30.0)])
    np.testing.assert_allclose(x[0], mid_level.describe(track, pictures=False).values, rtol=1e-5)


def test_terms_add_up_and_what_is_missing_takes_the_mean(tmp_path):
    model = made(tmp_path)
    x = np.tile(MEAN, (2, 1))
    x[0, 0] += 2
    x[1, 3] = np.nan
    with model.session():
        np.testing.assert_allclose(model.outputs(x), [[0.2 - 0.6, 0.4 + 0.2], [0.25, 0.35]], atol=1e-9)
        remark, = model.remarks(x)
        assert remark.startswith("Rhythm complexity is not defined in 50% of the song's windows: the mean of the training ")


def test_the_explanation_is_the_models_own_terms(tmp_path, monkeypatch):
    curves = np.tile(np.linspace(0, 1, 17), (7, 1))
    curves[3] = np.nan
    monkeypatch.setattr(_mid_linear.mid_level, "describe", lambda *_, **__: described(curves))
    track, model = toys.noise_track(50.0), made(tmp_path)
    found = LinearTerms().explain(model, track)
    assert tuple(found) == ("joy", "sadness")
    for k, e in enumerate(found.values()):
        assert abs(e.residual) < 1e-6 and e.base == pytest.approx((0.2, 0.4)[k])
        assert e.labels == mid_level.NAMES and np.isnan(e.inputs[3]) and e.inputs[0] == pytest.approx(0.5)
        np.testing.assert_allclose(e.values[[0, 6]], COEFFICIENTS[[0, 6], k] * (0.5 - MEAN[[0, 6]]), atol=1e-6)
        assert e.values[3] == pytest.approx(MISSING[3, k])
        assert "Rhythm complexity is not defined in this song" in e.notes[0]


def test_too_short_a_song_says_that_nothing_was_measured(tmp_path):
    y = np.zeros((1, 44_100), np.float32)
    track, model = Track(TrackInfo("s", "s", 1.0, 1), y), made(tmp_path)
    np.testing.assert_allclose(model.predict(track).values, [0.25, 0.35], atol=1e-6)
    assert len(LinearTerms().explain(model, track)["joy"].notes) == 7 + 3


def test_other_weights_and_other_methods_are_refused(tmp_path):
    with pytest.raises(WeightsError, match="Train it again"), made(tmp_path, ["loudness"] * 7).session():
        pass
    with pytest.raises(ParameterError, match="trees"):
        TreeShap().explain(made(tmp_path), toys.noise_track(5.0))

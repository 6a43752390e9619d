"""The song in descriptors and chords, and what stands behind them, on short sounds with the shipped models."""

import io

import numpy as np
import pytest
import soundfile

from mer_core.features import chords, mid_level
from mer_core.features.mid_level import NAMES
from mer_core.service import Service
from mer_core.store import Store

SECONDS = 8


@pytest.fixture(scope="module")
def service(tmp_path_factory) -> Service:
    return Service(Store(tmp_path_factory.mktemp("store")))


def added(service: Service, y: np.ndarray):
    out = io.BytesIO()
    soundfile.write(out, y, 22_050, format="WAV")
    return service.add(out.getvalue(), "tone.wav")


@pytest.fixture(scope="module")
def info(service):
    """Plucked A minor and E major triads in turn."""
    t = np.arange(SECONDS * 22_050) / 22_050
    minor = (t % 4) < 3
    y = sum(np.sin(2 * np.pi * np.where(minor, a, e) * t) for a, e in ((220, 246.94), (261.63, 329.63), (329.63, 415.3)))
    return added(service, y * 0.1 * np.exp(-6 * (t % 0.5)))


def test_the_description_is_that_of_the_song_and_is_kept(service, info):
    found, direct = service.describe(info), mid_level.describe(service.track(info), pictures=False)
    np.testing.assert_allclose(found.values, direct.values, rtol=1e-5)
    np.testing.assert_allclose(found.curves, direct.curves, rtol=1e-5)
    assert found.reasons == direct.reasons
    kept = service.stored("describe", info)
    np.testing.assert_array_equal(kept.values, found.values)


def test_models_on_descriptors_take_the_kept_description(service, info, monkeypatch):
    own = service.model("mid2e").predict(service.track(info))
    service.describe(info)
    monkeypatch.setattr(mid_level, "describe", lambda *args, **kwargs: pytest.fail("described once more"))
    np.testing.assert_allclose(service.predict(info, "mid2e").values, own.values, atol=1e-6)
    assert set(service.explain(info, "linear", "mid2e")) == set(own.targets)


def test_chords_come_with_the_description(service, info):
    found, direct = service.chords(info), chords.chords(service.track(info))
    assert found.sequence == direct.sequence and found.key_name == direct.key_name == "A minor"
    assert {name for _, _, name in found.sequence} >= {"Am", "E"}
    assert found.clarity == pytest.approx(direct.clarity, abs=1e-5)


def test_the_regions_add_up_to_the_descriptor(service, info):
    levels, regions = service.describe(info), service.descriptor_regions(info)
    assert set(regions) == set(NAMES) - set(levels.reasons)
    for name, found in regions.items():
        assert found.output == pytest.approx(levels[name], abs=1e-4) and abs(found.residual) < 1e-4
        assert found.base == 0 and found.unit == mid_level.UNITS[name]
    assert service.descriptor_tiles(info, "minorness").signed


def test_the_regions_can_be_heard(service, info):
    path, facts = service.descriptor_sound(info, "minorness")
    assert soundfile.info(path).duration == pytest.approx(SECONDS, abs=0.01) and np.isfinite(facts["gain_db"])


def linear_models(service):
    return [name for name in service.cards() if "linear" in service.explainers(name)]


def test_what_is_foretold_is_what_the_terms_explain(service, info):
    assert linear_models(service)
    for model in linear_models(service):
        explained = service.explain(info, "linear", model)
        np.testing.assert_allclose(service.foretold(info, model), [e.output for e in explained.values()], atol=1e-5)


def test_a_descriptor_moves_a_linear_model_by_its_coefficient(service, info):
    levels = service.describe(info)
    model = linear_models(service)[0]
    taker = service.model(model)
    moved = service.foretold(info, model, {"minorness": levels["minorness"] + 0.1})
    expected = 0.1 * taker.coefficients[NAMES.index("minorness")]
    np.testing.assert_allclose(moved - service.foretold(info, model), expected, atol=1e-6)


def test_what_is_not_defined_can_be_given(service):
    rng = np.random.default_rng(0)
    noise = added(service, 0.1 * rng.standard_normal(4 * 22_050))
    levels = service.describe(noise)
    assert np.isnan(levels["minorness"]) and "key" in levels.reasons["minorness"]
    assert service.chords(noise).key_name == "no key" and np.isnan(service.chords(noise).clarity)
    model = linear_models(service)[0]
    given = [service.foretold(noise, model, {"minorness": v})[0] for v in (0.0, 0.1)]
    assert np.isfinite(given).all()
    assert given[1] - given[0] == pytest.approx(0.1 * service.model(model).coefficients[NAMES.index("minorness"), 0])

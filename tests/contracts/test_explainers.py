"""What every explainer promises, checked for each pair of model and method that fit."""

import sys
from dataclasses import is_dataclass
from pathlib import Path

import numpy as np
import pytest

from mer_core import registry
from mer_core.errors import Cancelled, ParameterError
from mer_core.schema import STEM_NAMES, Stems, Track

sys.path.insert(0, str(Path(__file__).parent))
import toys  # noqa: E402

USABLE = {name: model for name, model in sorted(registry.entries("models").items())
          if (registry.ASSETS / "models" / name / "card.json").exists() and not model().available()}
PAIRS = [(m, e) for m, model in USABLE.items() for e, explainer in sorted(registry.entries("explainers").items())
         if explainer().fits(model().card)]


@pytest.fixture(scope="module")
def song() -> tuple[Track, Stems]:
    """7 s with four stems and a residual that add up to it."""
    y = np.stack([toys.noise_track(7.0, seed=s).y * g for s, g in enumerate((0.5, 0.3, 0.8, 0.1))])
    stems = Stems(names=STEM_NAMES, y=y, residual=0.01 * toys.noise_track(7.0, seed=9).y, backend="test")
    return Track(toys.noise_track(7.0).info, stems.mix, stems), stems


@pytest.fixture(scope="module", params=PAIRS, ids="-".join)
def explained(request, song):
    model, explainer = registry.get("models", request.param[0])(), registry.get("explainers", request.param[1])()
    said = []
    found = explainer.explain(model, song[0], stems=song[1], progress=lambda f, t="": said.append(f))
    return model, explainer, found, said


def test_every_explainer_fits_a_model():
    assert {e for _, e in PAIRS} == set(registry.entries("explainers"))


def test_every_target_is_explained_in_its_space(explained):
    model, explainer, found, _ = explained
    assert tuple(found) == model.card.targets
    for target, e in found.items():
        assert (e.model, e.method, e.target, e.space) == (model.name, explainer.name, target, explainer.space)
        assert np.isfinite(e.values).all() and np.abs(e.values).max() > 0
        shape = {"timefreq": lambda: e.grid.shape, "time": lambda: e.grid.shape[1:],
                 "stems": lambda: (len(e.labels),), "features": lambda: e.inputs.shape}[explainer.space]()
        assert e.values.shape == shape
        assert explainer.space not in ("stems", "features") or len(set(e.labels)) == len(e.values)
        assert e.notes and all(note.endswith(".") for note in e.notes)


def test_the_output_is_the_prediction_of_the_song(explained, song):
    model, _, found, _ = explained
    with model.session():
        raw = model.outputs(model.encode_all(song[0], model.windows(song[0].duration))).mean(axis=0)
    np.testing.assert_allclose([e.output for e in found.values()], raw, atol=1e-4)


def test_parts_add_up_where_that_is_claimed(explained):
    _, explainer, found, _ = explained
    if not explainer.complete:
        pytest.skip(f"{explainer.name} shows what is missing as its residual")
    for e in found.values():
        assert abs(e.residual) < 1e-4


def test_time_and_frequency_lie_within_the_song(explained, song):
    _, explainer, found, _ = explained
    if explainer.space not in ("timefreq", "time"):
        pytest.skip("no time axis")
    for e in found.values():
        assert (np.diff(e.grid.times) > 0).all() and (np.diff(e.grid.freqs) > 0).all()
        assert 0 <= e.grid.times[0] and e.grid.times[-1] <= song[0].duration + 0.1


def test_same_explanation_again_and_the_model_is_as_before(explained, song):
    model, explainer, found, _ = explained
    before = model.predict(song[0]).values
    again = explainer.explain(model, song[0], stems=song[1])
    for target, e in found.items():
        np.testing.assert_array_equal(again[target].values, e.values)
        assert (again[target].base, again[target].output) == (e.base, e.output)
    np.testing.assert_array_equal(model.predict(song[0]).values, before)


def test_progress_grows_and_can_stop(explained, song):
    model, explainer, _, said = explained
    assert said and all(0 <= a <= b <= 1 for a, b in zip(said, said[1:], strict=False))

    def stop(fraction, text=""):
        raise Cancelled("stopped")
    with pytest.raises(Cancelled):
        explainer.explain(model, song[0], stems=song[1], progress=stop)
    assert np.isfinite(model.predict(song[0]).values).all()


def test_parameters_are_a_dataclass_with_defaults(explained):
    explainer = explained[1]
    assert is_dataclass(explainer.params)
    explainer.params()


def test_a_model_that_does_not_fit_is_refused(song):
    for name, cls in registry.entries("explainers").items():
        for model_name, model in USABLE.items():
            if (model_name, name) not in PAIRS:
                with pytest.raises(ParameterError):
                    cls().explain(model(), song[0], stems=song[1])

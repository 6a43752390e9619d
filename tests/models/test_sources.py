"""C1D and C2D on one stem each: what they hear, and that what is said of them is true."""

import json
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mer_core import registry
from mer_core.explainers.lrp import Lrp
from mer_core.models import _source
from mer_core.models._base import Model
from mer_core.models.emomucs import EmoMucsStems
from mer_core.schema import STEM_NAMES, Segment, Stems, Track
from mer_core.training import run

sys.path.insert(0, str(Path(__file__).parents[1] / "contracts"))
import toys  # noqa: E402

NAMES = [f"{network}_{stem}" for network in ("c1d", "c2d") for stem in STEM_NAMES]
WINDOW = Segment(0, 20)


@pytest.fixture(scope="module", params=NAMES)
def model(request) -> Model:
    return registry.get("models", request.param)()


@pytest.fixture(scope="module")
def song() -> Track:
    """9 s with four unlike stems at hand."""
    y = np.stack([toys.noise_track(9.0, seed=s).y * g for s, g in enumerate((0.5, 0.3, 0.8, 0.05))])
    stems = Stems(names=STEM_NAMES, y=y, residual=np.zeros_like(y[0]), backend="test")
    return Track(toys.noise_track(9.0).info, stems.mix, stems)


def test_it_hears_its_own_stem_and_no_other(model, song):
    place = STEM_NAMES.index(model.stem)
    own = np.zeros_like(song.stems.y)
    own[place] = song.stems.y[place]
    x = model.encode(song, WINDOW)
    np.testing.assert_array_equal(model.encode(replace(song, stems=replace(song.stems, y=own)), WINDOW), x)
    np.testing.assert_array_equal(x, model.input.cut(model.input.song(Track(song.info, song.stems.y[place])), [WINDOW]))
    assert not model.encode(replace(song, stems=replace(song.stems, y=song.stems.y - own)), WINDOW).any()


def test_a_song_without_stems_is_separated(model, song, monkeypatch):
    asked = []
    monkeypatch.setattr(_source.Embedded, "separate", lambda self, track: asked.append(track) or song.stems)
    found = model.encode(song, WINDOW)
    assert not asked
    np.testing.assert_array_equal(model.encode(replace(song, stems=None), WINDOW), found)
    assert len(asked) == 1


def test_only_its_own_fader_moves_it(model, song):
    place, mix = STEM_NAMES.index(model.stem), model.mixer(song.stems, [WINDOW])
    plain, others = np.ones(5, np.float32), np.zeros(5, np.float32)
    others[place] = 1
    np.testing.assert_array_equal(mix(others), mix(plain))
    assert not mix(plain - others).any()


def test_the_card_says_what_is_heard_and_what_was_measured(model):
    card, (network, stem) = model.card, model.name.split("_")
    assert (card.takes["stems"], card.takes["hears"], model.stem, card.study) == ("embedded", stem, stem, True)
    stored = json.loads((registry.ASSETS / "results" / "emomucs.json").read_text(encoding="utf-8"))
    row = next(row for row in stored["table1"] if row["name"] == f"{network}-{stem[0].upper()}")
    assert row["here"] == {target: card.test_error[target] for target in card.targets}
    assert row["parameters"] == card.parameters and row["paper"]["valence"] == card.reported["valence"]
    worse = [t for t in card.targets if card.test_error[t]["r2"] <= 0]
    assert [t for t in card.targets if any(f"In {t} it does no better" in line for line in card.limits)] == worse
    recipe = run.recipe(model.name)
    assert (recipe["model"], recipe["network"], recipe["source"]) == (model.name, network, stem)


def test_those_of_c2d_are_the_networks_inside_emomucs(song):
    """Late fusion freezes its source models, so what one of them says alone, EmoMucs knows it says."""
    joined = EmoMucsStems()
    with joined.session():
        x = joined.encode(song, WINDOW)
        alone = joined.alone(x)[0]
    for stem, said in zip(STEM_NAMES, alone, strict=True):
        source = registry.get("models", f"c2d_{stem}")()
        with source.session():
            np.testing.assert_allclose(source.outputs(source.encode(song, WINDOW))[0], said, atol=1e-4)


def test_relevance_lies_in_the_stem(song):
    """A stem that sounds only in its last third has no relevance before."""
    y = np.array(song.stems.y)
    y[STEM_NAMES.index("drums"), :, :6 * song.sr] = 0
    drums = registry.get("models", "c2d_drums")()
    for found in Lrp().explain(drums, replace(song, stems=replace(song.stems, y=y))).values():
        late = found.grid.times > 5.9
        assert np.abs(found.values[:, late]).sum() > 0 and not found.values[:, ~late].any()
        assert any("drums" in note for note in found.notes)

"""EmoMucs on the stems: what it hears, with and without stems at hand, and how its answer divides."""

import hashlib
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from mer_core import registry
from mer_core.errors import WeightsError
from mer_core.models import _source
from mer_core.models.c2d_mix import INPUT
from mer_core.models.emomucs import EmoMucsStems
from mer_core.models.nets.emomucs import EmoMucs
from mer_core.schema import STEM_NAMES, Segment, Stems, Track
from mer_core.training import card_emomucs, run

sys.path.insert(0, str(Path(__file__).parents[1] / "contracts"))
import toys  # noqa: E402


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """The real file format with weights that were never trained."""
    torch.manual_seed(0)
    return saved(tmp_path_factory.mktemp("emomucs"), EmoMucs().state_dict())


def saved(out: Path, tensors: dict, floor: float = INPUT.floor) -> Path:
    save_file({**tensors, "input.floor": torch.tensor(floor), "input.scale": torch.tensor(INPUT.scale)},
              out / "model.safetensors")
    digest = hashlib.sha256((out / "model.safetensors").read_bytes()).hexdigest()
    card_emomucs.card([], [], {"covariance": [[0.04, 0.0], [0.0, 0.05]]}, run.recipe("emomucs"), 1, "model.safetensors",
                      digest).write(out / "card.json")
    return out


@pytest.fixture(scope="module")
def song() -> Track:
    """9 s with four unlike stems at hand."""
    y = np.stack([toys.noise_track(9.0, seed=s).y * g for s, g in enumerate((0.5, 0.3, 0.8, 0.0))])
    stems = Stems(names=STEM_NAMES, y=y, residual=np.zeros_like(y[0]), backend="test")
    return Track(toys.noise_track(9.0).info, stems.mix, stems)


def test_importing_it_imports_no_torch():
    code = "import sys, mer_core.models.emomucs; assert 'torch' not in sys.modules"
    assert subprocess.run([sys.executable, "-c", code], cwd=registry.ASSETS.parent).returncode == 0


def test_a_window_holds_a_picture_of_each_stem_with_one_reference(folder, song):
    x = EmoMucsStems(folder).encode(song, Segment(0, 20))
    assert x.shape == (1, 4, 96, 422)
    for s in range(4):
        np.testing.assert_array_equal(x[0, s], INPUT.song(Track(song.info, song.stems.y[s])))
    assert not x[0, 3].any(), "a silent stem is an empty picture"
    assert x[0, 0].mean() > x[0, 1].mean() + 0.02, "a quieter stem is a darker one"


def test_stems_at_hand_are_heard_and_else_the_song_is_separated(folder, song, monkeypatch):
    model, asked = EmoMucsStems(folder), []
    monkeypatch.setattr(_source.Embedded, "separate", lambda self, track: asked.append(track) or song.stems)
    found = model.encode(song, Segment(0, 20))
    assert not asked
    bare = replace(song, stems=None)
    np.testing.assert_array_equal(model.encode(bare, Segment(0, 20)), found)
    assert asked == [bare]


def test_a_mix_sets_each_stem_at_its_own_gain(folder, song):
    model, segments = EmoMucsStems(folder), [Segment(0, 5), Segment(4, 9)]
    mix = model.mixer(song.stems, segments)
    for gains in ([1, 1, 1, 1, 1], [0, 2, 1, 0.3, 1], [0, 2, 1, 1, 0]):
        loud = np.array(gains[:4], np.float32)[:, None, None] * song.stems.y
        mixed = Track(song.info, loud.sum(axis=0), replace(song.stems, y=loud))
        with model.session():
            found = model.outputs(mix(np.array(gains, np.float32)))
            truth = model.outputs(model.encode_all(mixed, segments))
        np.testing.assert_allclose(found, truth, atol=1e-5)


def test_a_network_listens_again_only_where_its_own_fader_moved(folder, song, monkeypatch):
    model, heard = EmoMucsStems(folder), []
    mix = model.mixer(song.stems, [Segment(0, 9)])
    mix(np.ones(5, np.float32))
    monkeypatch.setattr(EmoMucs, "tap_of", lambda _, stem, x, front=0: heard.append(stem) or torch.zeros(len(x), 2))
    mix(np.array([1, 0.5, 1, 1, 1], np.float32))
    assert heard == [1]
    mix(np.ones(5, np.float32))
    assert heard == [1]


def test_contributions_of_the_stems_add_up_to_the_value(folder, song):
    model = EmoMucsStems(folder)
    with model.session():
        added, rest = model.contributions(song)
        raw = model.outputs(model.encode_all(song, model.windows(song.duration))).mean(axis=0)
    assert added.shape == (4, 2)
    np.testing.assert_allclose(added.sum(axis=0) + rest, raw, atol=1e-4)


def test_what_each_stem_says_alone(folder, song):
    model = EmoMucsStems(folder)
    with model.session():
        x = model.encode(song, Segment(0, 20))
        alone = model.alone(x)
        other = x.copy()
        other[:, 1:] = 0
        np.testing.assert_allclose(model.alone(other)[:, 0], alone[:, 0], atol=1e-5)
    assert alone.shape == (1, 4, 2)


@pytest.mark.parametrize("spoil", [
    lambda t: {k: v for k, v in t.items() if k != "fusion.1.weight"}, lambda t: {**t, "fusion.4.bias": torch.zeros(3)},
    lambda t: {**t, "fusion.1.weight": torch.zeros(32, 12)}, lambda t: {**t, "more": torch.zeros(1)}])
def test_weights_of_another_network_are_refused(tmp_path, spoil):
    spoilt = saved(tmp_path, spoil(EmoMucs().state_dict()))
    with pytest.raises(WeightsError, match="do not fit"), EmoMucsStems(spoilt).session():
        pass


def test_weights_for_another_input_are_refused(tmp_path):
    with pytest.raises(WeightsError, match="input"), EmoMucsStems(saved(tmp_path, EmoMucs().state_dict(), -80)).session():
        pass


def test_the_card_says_what_the_stored_results_say():
    """Both come from the same runs; a cell of one that the other does not know would be typed in."""
    stored = json.loads((registry.ASSETS / "results" / "emomucs.json").read_text(encoding="utf-8"))
    variant = "-".join(run.recipe("emomucs")["shipped"][k] for k in ("network", "fusion", "training"))
    cell = next(row["here"] for row in stored["table2"] if row["name"] == variant)
    card = EmoMucsStems().card
    assert cell == {target: card.test_error[target] for target in card.targets}
    assert card.test_error["protocol"] == stored["here"]["protocol"]
    assert card.reported["valence"] == next(row["paper"]["valence"] for row in stored["table2"] if row["name"] == variant)

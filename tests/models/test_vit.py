"""The vision transformers' input: the thesis' numbers, and where a sound lies in it."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from mer_core import registry
from mer_core.errors import WeightsError
from mer_core.models._vit import INPUT
from mer_core.models.nets.vit import ViT
from mer_core.models.vit_happy_sad import ViTHappySad
from mer_core.models.vit_va import ViTVA
from mer_core.schema import Segment, Track, TrackInfo
from mer_core.training import card_vit, weights_file
from mer_core.training.run import recipe
from mer_core.training.source_models import Study

sys.path.insert(0, str(Path(__file__).parents[1] / "contracts"))
import toys  # noqa: E402

SPEC = INPUT.spec


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """The real file format with a small network that was never trained."""
    out = tmp_path_factory.mktemp("vit")
    torch.manual_seed(0)
    network = ViT(2, channels=1, width=16, depth=2, heads=2)
    torch.nn.init.normal_(network.head.weight)
    digest = weights_file.write(out, {k: v.half() if v.is_floating_point() else v for k, v in
                                      network.state_dict().items()}, INPUT)
    study = Study([], [], [], [], {**recipe("vit_happy_sad"), "splits": []}, None)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(card_vit.results_vit, "figures", lambda *_: {"accuracy": 0.5})
        card_vit.card(study, {}, (), 1, digest).write(out / "card.json")
    return out


def track(y: np.ndarray, sr: int = 22_050) -> Track:
    return Track(TrackInfo(id="x", title="x", duration=len(y) / sr, channels=1, sr=sr), y[None].astype(np.float32))


@pytest.mark.parametrize("name", ["vit_happy_sad", "vit_va"])
def test_importing_it_imports_no_torch(name):
    code = f"import sys, mer_core.models.{name}; assert 'torch' not in sys.modules"
    assert subprocess.run([sys.executable, "-c", code], cwd=registry.ASSETS.parent).returncode == 0


def test_the_numbers_of_the_thesis():
    """22,050 Hz, FFT 3198, hop 989: 1600 bins; 10 s exactly give 223 columns, 2 ms more the thesis' 224."""
    assert SPEC.bins == 1600 and SPEC.frames(220_500) == 223 and SPEC.frames(220_547) == 224
    assert ViTHappySad().encode(toys.noise_track(12.0), Segment(0, 10)).shape == (1, 1, 224, 224)


def test_rows_are_means_over_equal_widths():
    bank = SPEC.filterbank()
    assert bank.shape == (224, 1600)
    np.testing.assert_allclose(bank.sum(axis=1), 1, rtol=1e-5)  # a mean
    np.testing.assert_allclose(bank.sum(axis=0), 224 / 1600, rtol=1e-5)  # every bin counts alike
    freqs = SPEC.grid(1).freqs.astype(float)
    np.testing.assert_allclose(np.diff(freqs), 22_050 / 3198 * 1600 / 224, rtol=1e-4)
    np.testing.assert_allclose(bank @ (np.arange(1600) * 22_050 / 3198), freqs, atol=0.1)  # each at its own centre


@pytest.mark.parametrize("frequency", [110.0, 440.0, 3000.0, 9000.0])
def test_a_sine_lights_the_row_at_its_frequency(frequency):
    song = track(0.3 * np.sin(2 * np.pi * frequency * np.arange(22_050 * 3) / 22_050))
    picture, grid = INPUT.song(song), ViTHappySad().grid(song)
    assert picture.shape == grid.shape
    loudest = grid.freqs[picture[:, 30].argmax()]
    assert abs(loudest - frequency) <= (grid.freqs[1] - grid.freqs[0]) / 2 + 1e-3


def test_a_click_lights_the_column_at_its_time_in_the_song_and_in_a_window():
    y = np.zeros(22_050 * 30)
    y[round(21.3 * 22_050)] = 1.0
    model, song = ViTVA(), track(y)
    segment = Segment(17.0, 27.0)
    inside = model.encode(song, segment)[0, 0]
    times = model.grid(song).times
    assert times[INPUT.song(song).sum(axis=0).argmax()] == pytest.approx(21.3, abs=989 / 22_050 / 2)
    assert times[inside.sum(axis=0).argmax() + model.column(segment)] == pytest.approx(21.3, abs=989 / 22_050 / 2)


def test_silence_is_zero_and_a_short_song_ends_in_it():
    assert not INPUT.song(track(np.zeros(22_050 * 4))).any()
    x = ViTVA().encode(toys.noise_track(4.0), Segment(0, 10))[0, 0]
    assert x.shape == (224, 224) and x[:200, :85].min() > 0.1 and not x[:, 95:].any()


def test_louder_is_higher_by_the_same_everywhere():
    song = toys.noise_track(6.0)
    x, y = (ViTVA().encode(Track(song.info, song.y * g), Segment(0, 10)) for g in (0.5, 1.0))
    both = (x > 0) & (y > 0)
    np.testing.assert_allclose((y - x)[both], 20 * np.log10(2) / 50, atol=1e-4)


def test_the_network_has_the_size_of_its_weights(folder):
    model = ViTHappySad(folder)
    with model.session():
        assert len(model.network.blocks) == 2 and next(model.network.parameters()).dtype == torch.float32
        found = model.outputs(np.random.default_rng(0).random((9, 1, 224, 224), np.float32))
    assert found.shape == (9, 2) and found.std(axis=0).min() > 0


def test_a_prediction_is_probabilities(folder):
    prediction = ViTHappySad(folder).predict(toys.noise_track(21.0))
    assert prediction.targets == ("happy", "sad") and prediction.values.sum() == pytest.approx(1, abs=1e-5)


def test_weights_of_another_kind_are_refused(tmp_path, folder):
    digest = weights_file.write(tmp_path, {"head.bias": torch.zeros(2)}, INPUT)
    replace(ViTHappySad(folder).card, digest=digest).write(tmp_path / "card.json")
    with pytest.raises(WeightsError, match="do not fit"), ViTHappySad(tmp_path).session():
        pass

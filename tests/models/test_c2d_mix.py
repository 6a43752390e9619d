"""C2D on the mix: what a window holds, and that importing it is cheap."""

import hashlib
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
from mer_core.models.c2d_mix import INPUT, C2DMix
from mer_core.models.nets.c2d import C2D
from mer_core.schema import Segment, Track, TrackInfo
from mer_core.training import card_c2d

sys.path.insert(0, str(Path(__file__).parents[1] / "contracts"))
import toys  # noqa: E402


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """The real file format with weights that were never trained."""
    torch.manual_seed(0)
    return saved(tmp_path_factory.mktemp("c2d"), C2D().state_dict())


def saved(out: Path, tensors: dict, floor: float = INPUT.floor) -> Path:
    save_file({**tensors, "input.floor": torch.tensor(floor), "input.scale": torch.tensor(INPUT.scale)},
              out / "model.safetensors")
    digest = hashlib.sha256((out / "model.safetensors").read_bytes()).hexdigest()
    card_c2d.card([], [], {"covariance": [[0.04, 0.0], [0.0, 0.05]]}, "model.safetensors", digest).write(out / "card.json")
    return out


def test_importing_it_imports_no_torch():
    code = "import sys, mer_core.models.c2d_mix; assert 'torch' not in sys.modules"
    assert subprocess.run([sys.executable, "-c", code], cwd=registry.ASSETS.parent).returncode == 0


def test_a_window_is_librosas_log_mel():
    import librosa

    track = toys.noise_track(20.0, sr=12_000, channels=1)
    power = librosa.feature.melspectrogram(y=track.mono, sr=12_000, n_fft=512, hop_length=256, n_mels=96, power=2.0,
                                           pad_mode="constant")
    truth = np.maximum(10 * np.log10(np.maximum(power, 1e-10)) + 70, 0) / 50
    x = C2DMix().encode(track, Segment(0, 20))
    assert x.shape == (1, 1, 96, 938) and x.dtype == np.float32
    np.testing.assert_allclose(x[0, 0], truth, atol=1e-3)


def test_a_short_song_is_taken_as_it_is():
    x = C2DMix().encode(toys.noise_track(5.0), Segment(0, 20))[0, 0]
    assert x.shape == (96, 235) and x[:, :230].min() > 0.1


def test_a_very_short_song_and_a_window_past_the_end_go_on_in_silence_which_is_zero():
    x = C2DMix().encode(toys.noise_track(2.0), Segment(0, 20))[0, 0]
    assert x.shape == (96, 128) and x[:, :90].mean() > 0.1 and not x[:, 100:].any()
    x = C2DMix().encode(toys.noise_track(25.0), Segment(10, 30))[0, 0]
    assert x.shape == (96, 938) and x[:, :700].mean() > 0.1 and not x[:, 710:].any()


def test_louder_is_higher_by_the_same_everywhere():
    track = toys.noise_track(6.0)
    x, y = (C2DMix().encode(Track(track.info, track.y * g), Segment(0, 20)) for g in (0.5, 1.0))
    both = (x > 0) & (y > 0)
    np.testing.assert_allclose((y - x)[both], 20 * np.log10(2) / 50, atol=1e-4)


def test_a_window_lies_on_the_songs_grid(folder):
    """A click is at the column that the grid says, in the song's picture and in the window's."""
    y = np.zeros((1, 44_100 * 40), np.float32)
    y[0, int(30.5 * 44_100)] = 1.0
    track = Track(TrackInfo(id="x", title="x", duration=40.0, channels=1), y)
    model = C2DMix(folder)
    segment = model.windows(40.0)[-1]
    column = int(model.encode(track, segment)[0, 0].sum(axis=0).argmax()) + model.column(segment)
    assert model.grid(track).times[column] == pytest.approx(30.5, abs=256 / 12_000)
    assert model.grid(track).shape == (96, INPUT.song(track).shape[1])


def test_outputs_do_not_depend_on_the_batch(folder):
    model = C2DMix(folder)
    x = np.random.default_rng(0).random((9, 1, 96, 938), np.float32)
    with model.session():
        together = model.outputs(x)
        np.testing.assert_allclose(together[8:], model.outputs(x[8:]), atol=1e-5)
    assert together.shape == (9, 2)


@pytest.mark.parametrize("spoil", [
    lambda t: {k: v for k, v in t.items() if k != "head.bias"}, lambda t: {**t, "head.bias": torch.zeros(3)},
    lambda t: {**t, "more": torch.zeros(1)}])
def test_weights_of_another_network_are_refused(tmp_path, spoil):
    with pytest.raises(WeightsError, match="do not fit"), C2DMix(saved(tmp_path, spoil(C2D().state_dict()))).session():
        pass


def test_weights_for_another_input_are_refused(tmp_path):
    with pytest.raises(WeightsError, match="input"), C2DMix(saved(tmp_path, C2D().state_dict(), floor=-80)).session():
        pass


def test_a_file_that_is_no_safetensors_is_refused(folder, tmp_path):
    (tmp_path / "model.safetensors").write_bytes(b"nothing")
    card = replace(C2DMix(folder).card, digest=hashlib.sha256(b"nothing").hexdigest())
    card.write(tmp_path / "card.json")
    with pytest.raises(WeightsError), C2DMix(tmp_path).session():
        pass

"""C1D on the mix: what a window holds, and that a shorter song is padded."""

import hashlib
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from mer_core.errors import WeightsError
from mer_core.models.c1d_mix import INPUT, C1DMix
from mer_core.models.c2d_mix import C2DMix
from mer_core.models.nets.c1d import C1D
from mer_core.models.nets.c2d import C2D
from mer_core.schema import Segment
from mer_core.training import card_source, run

sys.path.insert(0, str(Path(__file__).parents[1] / "contracts"))
import toys  # noqa: E402


def saved(out: Path, tensors: dict) -> Path:
    """The real file format with weights that were never trained."""
    save_file({**tensors, "input.floor": torch.tensor(INPUT.floor), "input.scale": torch.tensor(INPUT.scale)},
              out / "model.safetensors")
    digest = hashlib.sha256((out / "model.safetensors").read_bytes()).hexdigest()
    card_source.card("c1d", "mix", [], [], {"covariance": [[0.04, 0.0], [0.0, 0.05]]}, run.recipe("emomucs"),
                     "model.safetensors", digest).write(out / "card.json")
    return out


def test_a_window_is_that_of_c2d():
    track = toys.noise_track(25.0)
    np.testing.assert_array_equal(C1DMix().encode(track, Segment(0, 20)), C2DMix().encode(track, Segment(0, 20)))


def test_a_short_song_goes_on_in_silence():
    x = C1DMix().encode(toys.noise_track(5.0), Segment(0, 20))[0, 0]
    assert x.shape == (96, 938) and x[:, :230].min() > 0.1 and not x[:, 240:].any()


def test_it_answers_as_its_network_does(tmp_path):
    torch.manual_seed(0)
    network = C1D().eval()
    model, x = C1DMix(saved(tmp_path, network.state_dict())), np.random.default_rng(0).random((9, 1, 96, 938), np.float32)
    with model.session(), torch.no_grad():
        np.testing.assert_allclose(model.outputs(x), network(torch.from_numpy(x)).numpy(), atol=1e-5)


def test_weights_of_another_network_are_refused(tmp_path):
    with pytest.raises(WeightsError, match="do not fit"), C1DMix(saved(tmp_path, C2D().state_dict())).session():
        pass

"""The published networks in our own modules: what the files say, what they hear, and chunks of a song."""

import io
import os
from pathlib import Path

import h5py
import numpy as np
import pytest
import torch

from mer_core.audio import decode, resample
from mer_core.errors import WeightsError
from mer_core.features import spectral
from mer_core.models.backbones import chunks, cnn14, mn04, musicnn
from mer_core.models.nets.cnn14 import BANDS, CNN14, FRONT
from mer_core.models.nets.mn04 import MN04
from mer_core.models.nets.musicnn import MusiCNN, from_keras, keras_names
from mer_core.schema import Segment

needs = {backbone: pytest.mark.skipif(bool(backbone.WEIGHTS.missing()), reason=backbone.WEIGHTS.missing())
         for backbone in (musicnn, mn04)}


def violin(seconds=10.0, sr=chunks.HEARD):
    """A bowed tone: a saw with vibrato."""
    t = np.arange(int(seconds * sr)) / sr
    phase = 440 * t + 1.2 * np.sin(2 * np.pi * 5.5 * t)
    return (0.2 * sum(np.sin(2 * np.pi * k * phase) / k for k in range(1, 12))).astype(np.float32)


def test_chunks_lie_side_by_side_and_the_last_ends_with_the_song():
    assert chunks.starts(100, 187).tolist() == [0]
    assert chunks.starts(561, 187).tolist() == [0, 187, 374]
    assert chunks.starts(500, 187).tolist() == [0, 187, 313]
    assert chunks.starts(430, 187).tolist() == [0, 187]  # 56 frames more are too few for a chunk


def test_a_segment_takes_the_chunks_whose_centre_lies_in_it():
    centres, values = np.array([1.5, 4.5, 7.5]), np.array([[1.0], [3.0], [8.0]])
    found = chunks.means(values, centres, [Segment(0, 6), Segment(6, 9), Segment(20, 30)])
    assert found[:, 0].tolist() == [2.0, 8.0, 8.0]


def keras_file(tensors: dict) -> bytes:
    """Tensors of MusiCNN as Keras writes them, with the counter it appends to some names."""
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        for i, (ours, (layer, variable)) in enumerate(keras_names().items()):
            value = tensors[ours].numpy()
            if ours.startswith("middle") and value.ndim == 3:
                value = value[:, None].transpose(3, 2, 1, 0)  # (out, in, frames) -> (frames, in, 1, out)
            elif value.ndim == 4:
                value = value.transpose(2, 3, 1, 0)
            elif value.ndim == 2:
                value = value.T
            file[f"model_weights/{layer}/{layer}/{variable}{'_1' if i % 2 else ''}:0"] = value
    return buffer.getvalue()


def test_a_keras_file_becomes_musicnn():
    torch.manual_seed(0)
    network = MusiCNN().eval()
    state = from_keras(musicnn.arrays(keras_file(network.state_dict())))
    assert set(state) == {k for k in network.state_dict() if not k.endswith("tracked")}
    for name, value in state.items():
        assert torch.equal(value, network.state_dict()[name]), name


def test_musicnn_pools_maximum_and_mean_in_turn():
    torch.manual_seed(0)
    with torch.no_grad():
        pooled = MusiCNN().eval().pooled(torch.rand(2, 187, 96))
    assert pooled.shape == (2, 1506)
    assert (pooled[:, 0::2] >= pooled[:, 1::2]).all()


@pytest.fixture
def recording():
    """name, seconds -> (samples,) of the start of a known recording."""
    folder = os.environ.get("MER_TEST_AUDIO")
    if not folder:
        pytest.skip("MER_TEST_AUDIO names no folder")
    return lambda name, seconds: spectral.mono(decode(Path(folder) / name), chunks.HEARD)[:seconds * chunks.HEARD]


@needs[musicnn]
def test_musicnn_knows_a_folk_song_and_a_jazz_piece(recording):
    network = musicnn.load()
    assert sum(p.numel() for p in network.parameters()) == 787_159
    for name, words in (("lets_go_fishin.ogg", {"folk"}), ("vibe_ace.ogg", {"jazz"})):
        heard = musicnn.hear(network, recording(name, 9))
        assert heard["embed"].shape == (3, 200) and heard["pooled"].shape == (3, 1506)
        best = np.argsort(-heard["tags"].mean(axis=0))[:3]
        assert words <= {musicnn.TAGS[i] for i in best}


STRINGS = {189, 190, 191, 193}  # AudioSet: bowed string instrument, string section, violin, cello


@needs[mn04]
def test_mn04_hears_strings_where_there_are_strings(recording):
    heard = mn04.hear(mn04.load(), recording("hungarian_dance_5.ogg", 20))
    assert heard["embed"].shape == (2, 384) and heard["blocks"].shape == (2, 512)
    assert heard["times"].tolist() == [5, 15]
    best = np.argsort(-heard["logits"].mean(axis=0))
    assert best[0] == 137 and len(STRINGS & set(best[:6].tolist())) >= 3  # 137: music


@needs[mn04]
def test_other_tensors_are_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("MER_WEIGHTS", str(tmp_path))
    with pytest.raises(WeightsError, match="mn04"):
        mn04.load()
    (tmp_path / mn04.WEIGHTS.file).write_bytes(b"not weights")
    with pytest.raises(WeightsError, match="sha256"):
        mn04.load()


def test_mn04_halves_time_and_pitch_five_times():
    network = MN04().eval()
    with torch.no_grad():
        assert network.features(torch.rand(1, 1, 128, 256)).shape == (1, 384, 4, 8)
    assert sum(p.numel() for p in network.parameters()) == 983_599


def test_mn04s_bands_are_kaldis():
    bank = mn04._filterbank()
    assert bank.shape == (513, 128) and bank.max() <= 1 and not bank[-1].any()
    tips = 700 * np.expm1(np.linspace(0, np.log1p(15_000 / 700), 130)[1:-1])
    highest = bank[:, 64:].argmax(axis=0) * mn04.SR / mn04.N_FFT
    assert np.abs(highest - tips[64:]).max() < mn04.SR / mn04.N_FFT


TINY = (2, 3, 4, 4, 6, 8)


def checkpoint(network: CNN14) -> bytes:
    """A file in the published format: the tensors under "model", those of the transform among them."""
    buffer = io.BytesIO()
    torch.save({"iteration": 1, "model": network.state_dict() | {name: torch.zeros(1) for name in FRONT}}, buffer)
    return buffer.getvalue()


def test_a_panns_checkpoint_becomes_cnn14():
    torch.manual_seed(0)
    network = CNN14(5, TINY).eval()
    found = cnn14.fitted(CNN14(5, TINY), checkpoint(network))
    x = torch.rand(2, 1, 100, BANDS)
    with torch.no_grad():
        assert torch.equal(found(x), network(x)) and found.embed(x).shape == (2, 8)
        heard = cnn14.hear(found, violin(12.0))
    assert heard["embed"].shape == (1, 8)
    with pytest.raises(WeightsError, match="CNN14"):
        cnn14.fitted(CNN14(5, TINY[:-1]), checkpoint(network))


def test_cnn14_has_the_published_size():
    with torch.device("meta"):
        network = CNN14()
    assert sum(p.numel() for p in network.parameters()) == 80_753_615  # table 1 of the paper: 80.8 million
    names = set(network.state_dict())
    assert {"bn0.running_var", "conv_block6.conv2.weight", "conv_block1.bn1.weight", "fc1.weight",
            "fc_audioset.bias"} <= names
    assert network.get_parameter("conv_block6.conv2.weight").shape == (2048, 2048, 3, 3)


def test_cnn14s_picture_is_in_decibels():
    y = resample(violin(2.0), chunks.HEARD, cnn14.SR)
    loud, soft = cnn14.picture(y), cnn14.picture(y / 10)
    assert loud.shape == (201, 64)
    heard = soft > -90
    assert heard.mean() > 0.3
    np.testing.assert_allclose((loud - soft)[heard], 20, atol=0.05)

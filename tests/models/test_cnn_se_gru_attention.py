"""The attention model with its shipped weights; what it shares with every model is in tests/contracts."""

import numpy as np
import pytest
from safetensors.torch import load, save

from mer_core.errors import WeightsError
from mer_core.models._chunks import INPUT
from mer_core.models.cnn_se_gru_attention import CNNSeGruAttention
from mer_core.schema import Track, TrackInfo


@pytest.fixture(scope="module")
def model() -> CNNSeGruAttention:
    return CNNSeGruAttention()


def song(seconds: float, gain: float = 1.0) -> Track:
    """Noise that is soft, and loud from 4 to 5 s."""
    y = np.random.default_rng(0).normal(0, 0.02, (2, int(44_100 * seconds))).astype(np.float32)
    y[:, 4 * 44_100:5 * 44_100] *= 10
    return Track(TrackInfo("", "noise", seconds, 2), gain * y)


def test_windows_are_chunks_of_three_seconds(model):
    track = song(10.0)
    segments = model.windows(track.duration)
    assert [round(s.start, 3) for s in segments] == [0, 3, 6, 7] and segments[-1].end == 10.0
    assert model.encode_all(track, segments).shape == (4, 1, 128, 128)
    assert model.grid(track).shape[0] == INPUT.spec.n_mels and model.column(segments[1]) == 129


def test_attention_lies_on_the_time_of_the_song_and_follows_the_sound(model):
    track = song(6.0)
    segments = model.windows(track.duration)
    with model.session():
        x = model.encode_all(track, segments)
        weights, times = model.attention(x, segments)
        changed = x.copy()
        changed[1, :, :, 64:] = 0  # silence from 4.5 s on
        other, _ = model.attention(changed, segments)
    assert weights.shape == times.shape == (2, 16) and (weights > 0).all()
    np.testing.assert_allclose(weights.sum(axis=1), 1, rtol=1e-5)
    assert times.min() > 0 and times.max() < 6 and (np.diff(times.ravel()) > 0).all()
    np.testing.assert_array_equal(other[0], weights[0])
    assert np.abs(other[1] - weights[1]).max() > 1e-4


def test_the_card_says_what_it_gives_and_fits_its_weights(model):
    assert "attention" in model.card.gives and "layers" not in model.card.gives
    assert (model.folder / model.card.weights).stat().st_size < 3e6
    with model.session():
        assert sum(p.numel() for p in model.network.parameters()) == model.card.parameters


def test_weights_made_for_another_input_are_refused(model, tmp_path):
    import hashlib
    from dataclasses import replace

    tensors = load(model.weights())
    tensors["input.floor"] = tensors["input.floor"] - 10
    raw = save(tensors)
    (tmp_path / model.card.weights).write_bytes(raw)
    replace(model.card, digest=hashlib.sha256(raw).hexdigest()).write(tmp_path / "card.json")
    with pytest.raises(WeightsError, match="another input"), CNNSeGruAttention(tmp_path).session():
        pass

"""What every model promises, checked for each entry of the registry."""

import shutil
import subprocess
import sys
import threading
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from mer_core import registry
from mer_core.errors import WeightsError
from mer_core.models._base import Model
from mer_core.schema import STEM_NAMES, ModelCard, Segment, Stems, Track

sys.path.insert(0, str(Path(__file__).parent))
import toys  # noqa: E402

MODELS = sorted(name for name in registry.entries("models")
                if (registry.ASSETS / "models" / name / "card.json").exists())  # a model may be there to be trained


@pytest.fixture(scope="module", params=MODELS)
def model(request) -> Model:
    found = registry.get("models", request.param)()
    if missing := found.available():
        pytest.skip(missing)
    return found


def test_cards_are_read_without_heavy_imports():
    code = ("import sys; from mer_core import registry\n"
            "models = [cls() for cls in registry.entries('models').values()]\n"
            "cards = [(m.card, m.available()) for m in models if (m.folder / 'card.json').exists()]\n"
            "heavy = {'torch', 'xgboost', 'shap', 'librosa', 'sklearn'} & set(sys.modules)\n"
            "assert cards and not heavy, heavy")
    done = subprocess.run([sys.executable, "-c", code], cwd=registry.ASSETS.parent, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_card_is_complete(model):
    card = model.card
    assert card.name == model.name
    assert card.takes["window"] >= card.takes["hop"] > 0
    assert {"audio"} <= set(card.gives)
    (classes_are_measured if card.kind == "classes" else ratings_are_measured)(card)
    for text in (card.title, card.summary, card.licence, card.paper, *card.limits):
        assert text.strip()
    assert card.limits and all({"licence", "clips"} <= set(source) for source in card.trained_on)
    assert set(card.commands) >= {"train", "evaluate"}


def ratings_are_measured(card: ModelCard) -> None:
    assert np.asarray(card.test_error["covariance"]).shape == (len(card.targets),) * 2
    assert np.linalg.eigvalsh(card.test_error["covariance"]).min() > 0
    for k, target in enumerate(card.targets):
        assert set(card.test_error[target]) >= {"r2", "rmse", "r", "ccc"}
        assert card.test_error["covariance"][k][k] == pytest.approx(card.test_error[target]["rmse"] ** 2, rel=0.01)


def classes_are_measured(card: ModelCard) -> None:
    """The figures of each class and the accuracy are those of the confusion matrix, whose rows are the truth."""
    assert card.unit == "log-odds"
    confusion = np.array(card.test_error["confusion"])
    assert confusion.shape == (len(card.targets),) * 2
    assert card.test_error["accuracy"] == pytest.approx(confusion.trace() / confusion.sum(), abs=1e-3)
    for k, target in enumerate(card.targets):
        hits = confusion[k, k]
        assert card.test_error[target]["recall"] == pytest.approx(hits / confusion[k].sum(), abs=1e-3)
        assert card.test_error[target]["precision"] == pytest.approx(hits / confusion[:, k].sum(), abs=1e-3)


def test_card_survives_writing(model, tmp_path):
    model.card.write(tmp_path / "card.json")
    assert ModelCard.read(tmp_path / "card.json") == model.card


def test_other_or_missing_weights_are_refused(model, tmp_path):
    shutil.copytree(model.folder, tmp_path / "m")
    weights = tmp_path / "m" / model.card.weights
    changed = bytearray(weights.read_bytes())
    changed[len(changed) // 2] ^= 1
    weights.write_bytes(changed)
    with pytest.raises(WeightsError, match="sha256"), type(model)(tmp_path / "m").session():
        pass
    weights.unlink()
    with pytest.raises(WeightsError, match="train"), type(model)(tmp_path / "m").session():
        pass
    (tmp_path / "m" / "card.json").unlink()
    with pytest.raises(WeightsError, match="card"):
        type(model)(tmp_path / "m").card  # noqa: B018


def song(model: Model, duration: float, seed: int = 0) -> Track:
    """As the service hands it over: with stems where the card takes them, so that none is separated again and again."""
    track = toys.noise_track(duration, seed)
    return replace(track, stems=stems_of(duration, seed)) if model.card.takes.get("stems") else track


@cache
def stems_of(duration: float, seed: int = 0) -> Stems:
    y = np.stack([toys.noise_track(duration, seed=seed + s).y * g for s, g in enumerate((0.5, 0.3, 0.8, 0.1))])
    return Stems(names=STEM_NAMES, y=y, residual=0.01 * toys.noise_track(duration, seed=9).y, backend="test")


def test_one_window_and_all_windows_are_encoded_alike(model):
    track = song(model, 31.0)
    with model.session():
        segments = model.windows(track.duration)
        together = np.asarray(model.encode_all(track, segments))
        for k in (0, len(segments) - 1):
            one = np.asarray(model.encode(track, segments[k]))
            assert one.shape == (1, *together.shape[1:])
            np.testing.assert_allclose(model.outputs(one)[0], model.outputs(together)[k], atol=1e-4)
    assert len(together) == len(segments)


def test_a_window_past_the_end_is_encoded(model):
    with model.session():
        x = model.encode(song(model, 5.0), Segment(0.0, model.card.takes["window"]))
        assert np.isfinite(model.outputs(x)).all()


@pytest.mark.parametrize("duration, channels", [(5.0, 2), (40.0, 1)])
def test_predicts(model, duration, channels):
    track = toys.noise_track(duration, channels=channels)  # a model on stems separates the short one itself
    prediction = model.predict(track if duration < 10 else replace(track, stems=stems_of(duration)))
    targets = len(model.card.targets)
    windows = model.windows(duration)
    assert prediction.curve.shape == (targets, len(windows)) and prediction.times.shape == (len(windows),)
    assert prediction.values.shape == (targets,) and prediction.covariance.shape == (targets, targets)
    assert np.isfinite(prediction.curve).all() and np.abs(prediction.curve).max() <= 1
    if model.card.kind == "classes":
        np.testing.assert_allclose(prediction.curve.sum(axis=0), 1, atol=1e-6)
    assert (np.diff(prediction.times) > 0).all() and 0 < prediction.times[0] and prediction.times[-1] < duration
    assert prediction.targets == model.card.targets


def test_silence_gives_numbers(model):
    track = toys.noise_track(6.0)
    assert np.isfinite(model.predict(Track(track.info, np.zeros_like(track.y))).values).all()


def test_same_song_same_numbers_from_two_threads(model):
    tracks = [song(model, 8.0, seed) for seed in (1, 2)]
    alone = [model.predict(track).values for track in tracks]
    found: dict[int, list] = {0: [], 1: []}

    def work(k: int) -> None:
        found[k] = [model.predict(tracks[k]).values for _ in range(3)]
    threads = [threading.Thread(target=work, args=(k,)) for k in (0, 1)]
    [t.start() for t in threads]
    [t.join() for t in threads]
    for k in (0, 1):
        assert len(found[k]) == 3
        for values in found[k]:
            np.testing.assert_array_equal(values, alone[k])


def test_mixer_agrees_with_mixing_the_samples(model):
    stems = stems_of(23.0)
    segments = model.windows(23.0)
    with model.session():
        own, plain = model.mixer(stems, segments), Model.mixer(model, stems, segments)
        for gains in ([1, 1, 1, 1, 1], [0, 1, 0, 1, 0], [0.5, 0, 1.5, 0, 1], [0, 0, 0, 0, 0]):
            np.testing.assert_allclose(model.outputs(own(np.array(gains, np.float32))),
                                       model.outputs(plain(np.array(gains, np.float32))), atol=1e-4)


def test_its_network_has_as_many_parameters_as_the_card_says(model):
    with model.session():
        if (network := getattr(model, "network", None)) is None:
            pytest.skip(f"{model.name} has no network of its own")
        assert sum(p.numel() for p in network.parameters()) == model.card.parameters


def test_gradients_reach_the_input(model):
    if "gradients" not in model.card.gives:
        pytest.skip(f"{model.name} gives no gradients")
    import torch

    track = song(model, 8.0)
    with model.session():
        x = torch.from_numpy(np.array(model.encode(track, model.windows(8.0)[0]))).requires_grad_()
        y = model.forward(x)
        assert y.shape == (1, len(model.card.targets))
        gradient, = torch.autograd.grad(y[0, 0], x)
        assert gradient.abs().max() > 0
        layers = x
        for layer in model.layers() if "layers" in model.card.gives else ():
            layers = layer(layers)
        assert "layers" not in model.card.gives or torch.allclose(layers, y, atol=1e-5)


def test_a_session_leaves_no_trace(model):
    if "layers" not in model.card.gives:
        pytest.skip(f"{model.name} has no layers")
    import torch

    track = song(model, 6.0)
    before = model.predict(track).values
    with model.session():
        kept = {k: v.clone() for k, v in model.network.state_dict().items()}
        flags = [p.requires_grad for p in model.network.parameters()]
    with model.session():
        model.network.train().requires_grad_(True)
        for module in model.network.modules():
            module.register_forward_hook(lambda m, i, o: o * 2)
            module.register_forward_pre_hook(lambda m, i: None)
            module.register_full_backward_hook(lambda m, i, o: None)
        model.forward(np.asarray(model.encode_all(track, model.windows(6.0)))).sum().backward()
        with torch.no_grad():
            [p.add_(1) for p in model.network.parameters()]
    assert [p.requires_grad for p in model.network.parameters()] == flags
    assert all(p.grad is None for p in model.network.parameters())
    assert all(torch.equal(v, kept[k]) for k, v in model.network.state_dict().items())
    assert not any(m.training or m._forward_hooks or m._forward_pre_hooks or m._backward_hooks
                   for m in model.network.modules())
    np.testing.assert_array_equal(model.predict(track).values, before)

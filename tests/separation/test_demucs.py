"""The plumbing of Demucs, with a tiny network of its own class in its own file format; its weights are random."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest
import yaml

from mer_core.errors import Cancelled, ParameterError, WeightsError
from mer_core.schema import SAMPLE_RATE, STEM_NAMES, Track, TrackInfo
from mer_core.separation import _demucs_weights
from mer_core.separation.demucs import Demucs

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")

FOUR = ["drums", "bass", "other", "vocals"]
SIX = [*FOUR, "guitar", "piano"]


def network(sources, seed, **facts):
    """A randomly weighted HTDemucs of about 70,000 parameters, and the arguments it was made with."""
    from demucs.htdemucs import HTDemucs

    torch.manual_seed(seed)
    kwargs = {"channels": 4, "t_layers": 1, "t_heads": 2, "bottom_channels": 8, "dconv_comp": 2, "segment": 1} | facts
    return HTDemucs(sources, **kwargs).eval(), ([list(sources)], kwargs)


def save(folder, signature, sources=FOUR, seed=0, **facts):
    from demucs.states import save_with_checksum

    net, (args, kwargs) = network(sources, seed, **facts)
    package = {"klass": type(net), "args": args, "kwargs": kwargs, "state": net.state_dict(), "training_args": {}}
    save_with_checksum(package, folder / f"{signature}.th")
    return net


def song(channels=2, seconds=3.3, seed=1):
    y = np.random.default_rng(seed).normal(0, 0.1, (channels, round(seconds * SAMPLE_RATE))).astype(np.float32)
    y += 0.2 * np.sin(2 * np.pi * 220 * np.arange(y.shape[1]) / SAMPLE_RATE).astype(np.float32)
    return Track(TrackInfo("id", "song", seconds, channels), y)


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    """Threads that wait for each other cost a tiny network far more than they gain on a busy machine."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("MER_DEMUCS", str(tmp_path))
    monkeypatch.setenv("MER_DEMUCS_MODEL", "tiny")
    return tmp_path


@pytest.fixture
def bare(tmp_path, monkeypatch):
    """A machine without any weights."""
    from huggingface_hub import constants

    for name in ("MER_DEMUCS", "MER_DEMUCS_MODEL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    return tmp_path


def by_demucs(folder, name, track):
    """name of source -> (channels, samples), by Demucs' own functions alone."""
    from demucs.apply import apply_model
    from demucs.pretrained import get_model

    model = get_model(name, repo=folder)
    wav = torch.from_numpy(track.y.copy())
    ref = wav.mean(0)
    mean, std = ref.mean(), ref.std() + 1e-8
    out = apply_model(model, ((wav - mean) / std)[None], shifts=0) * std + mean
    return dict(zip(model.sources, out[0].numpy(), strict=True))


def test_same_stems_as_demucs_itself(folder):
    save(folder, "tiny")
    track = song()
    before = track.y.copy()
    stems = Demucs().separate(track)
    expected = by_demucs(folder, "tiny", track)
    assert stems.names == STEM_NAMES and stems.backend == "demucs"
    for name, y in zip(stems.names, stems.y, strict=True):
        assert np.abs(y).max() > 1e-4
        np.testing.assert_allclose(y, expected[name], atol=2e-6)
    np.testing.assert_allclose(stems.mix, track.y, atol=1e-6)
    assert np.array_equal(track.y, before)


def test_a_bag_weights_each_source_as_demucs_does(folder, monkeypatch):
    save(folder, "aaaa", seed=1)
    save(folder, "bbbb", seed=2, segment=2)
    bag = {"models": ["aaaa", "bbbb"], "weights": [[1, 0, 2, 1], [0, 1, 1, 1]]}
    (folder / "pair.yaml").write_text(yaml.safe_dump(bag))
    monkeypatch.setenv("MER_DEMUCS_MODEL", "pair")
    track = song()
    stems = Demucs().separate(track)
    expected = by_demucs(folder, "pair", track)
    for name, y in zip(stems.names, stems.y, strict=True):
        np.testing.assert_allclose(y, expected[name], atol=2e-6)


def test_six_sources_fold_guitar_and_piano_into_other(folder):
    save(folder, "tiny", SIX)
    track = song()
    stems = dict(zip(STEM_NAMES, Demucs().separate(track).y, strict=True))
    expected = by_demucs(folder, "tiny", track)
    np.testing.assert_allclose(stems["other"], expected["other"] + expected["guitar"] + expected["piano"], atol=3e-6)
    np.testing.assert_allclose(stems["bass"], expected["bass"], atol=2e-6)


def test_mono_is_the_mean_of_its_stereo_copy(folder):
    save(folder, "tiny")
    mono = song(channels=1)
    stereo = Track(mono.info, np.repeat(mono.y, 2, axis=0))
    single, double = Demucs().separate(mono), Demucs().separate(stereo)
    assert single.y.shape == (4, 1, mono.y.shape[1])
    np.testing.assert_allclose(single.y[:, 0], double.y.mean(axis=1), atol=2e-6)
    np.testing.assert_allclose(single.mix, mono.y, atol=1e-6)


def test_a_model_at_another_rate_gives_stems_at_the_songs(folder):
    save(folder, "tiny", samplerate=32_000)
    track = song()
    out = np.full((5, *track.y.shape), np.nan, np.float32)
    stems = Demucs().separate(track, out=out)
    assert np.isfinite(out).all() and np.shares_memory(out, stems.y)
    np.testing.assert_allclose(stems.mix, track.y, atol=1e-6)


def test_progress_rises_and_cancel_stops_between_segments(folder):
    save(folder, "tiny")
    seen = []
    Demucs().separate(song(), progress=lambda fraction, text: seen.append(fraction))
    assert seen == sorted(seen) and seen[0] == 0 and seen[-1] == pytest.approx(1) and len(seen) > 5

    calls = []

    def stop(fraction, text):
        calls.append(fraction)
        if len(calls) == 3:
            raise Cancelled("stop")
    with pytest.raises(Cancelled):
        Demucs().separate(song(), progress=stop)
    assert len(calls) == 3


def test_the_digest_names_the_weights(folder):
    save(folder, "tiny", seed=1)
    first = Demucs().digest
    assert first == Demucs().digest
    for file in folder.glob("tiny-*"):
        file.unlink()
    save(folder, "tiny", seed=2)
    assert Demucs().digest != first


def test_a_file_that_is_not_what_its_name_says_is_refused(folder):
    save(folder, "tiny")
    file = next(folder.glob("tiny-*.th"))
    file.rename(folder / "tiny-00000000.th")
    with pytest.raises(WeightsError, match="not the file it says"):
        Demucs().separate(song())


def test_three_channels_are_refused(folder):
    save(folder, "tiny")
    with pytest.raises(ParameterError, match="not 3"):
        Demucs().separate(song(channels=3))


def test_without_weights_it_says_what_to_do(bare):
    text = Demucs().available()
    assert all(part in text for part in ("htdemucs", "84 MB", "MIT", "https://huggingface.co/adefossez", "MER_DEMUCS"))
    with pytest.raises(WeightsError, match="84 MB"):
        Demucs().separate(song())


def test_an_incomplete_bag_is_not_available(folder, monkeypatch):
    save(folder, "aaaa")
    (folder / "pair.yaml").write_text(yaml.safe_dump({"models": ["aaaa", "bbbb"]}))
    monkeypatch.setenv("MER_DEMUCS_MODEL", "pair")
    assert "not in" in Demucs().available()
    save(folder, "bbbb")
    assert Demucs().available() == ""


def test_weights_in_torchs_own_cache_are_found(bare):
    checkpoints = bare / "torch" / "hub" / "checkpoints"
    checkpoints.mkdir(parents=True)
    save(checkpoints, "955717e8")  # what htdemucs' description in the package asks for
    assert Demucs().available() == ""
    assert Demucs().separate(song()).y.shape[0] == 4


@pytest.mark.parametrize("model", ["htdemucs", "htdemucs_ft", "htdemucs_6s", "hdemucs_mmi", "mdx_extra_q"])
def test_the_address_is_the_one_demucs_uses(model):
    from demucs.hf import DEFAULT_NAMESPACE, hf_repo_name

    assert _demucs_weights.repository(model) == f"{DEFAULT_NAMESPACE}/{hf_repo_name(model)}"


def test_no_connection_is_said_plainly(bare, monkeypatch):
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(WeightsError, match="could not be fetched"):
        Demucs().download()


def test_download_from_a_hub_then_separate(bare, monkeypatch):
    files = hub_files()
    with hub(files) as address:
        from huggingface_hub import constants

        monkeypatch.setattr(constants, "ENDPOINT", address)
        monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE",
                            address + "/{repo_id}/resolve/{revision}/{filename}")
        seen = []
        Demucs().download(progress=lambda fraction, text: seen.append(fraction))
    assert seen[0] == 0 and seen[-1] == 1 and seen == sorted(seen)
    assert _demucs_weights.find("htdemucs", None).files[0].suffix == ".safetensors"
    assert Demucs().available() == ""
    track = song()
    np.testing.assert_allclose(Demucs().separate(track).mix, track.y, atol=1e-6)


def hub_files() -> dict[str, bytes]:
    """htdemucs as the hub holds it: a description, and safetensors with the class in the metadata."""
    import safetensors.torch

    net, (args, kwargs) = network(FOUR, 3)
    facts = {"klass": "demucs.htdemucs.HTDemucs", "args": json.dumps(args), "kwargs": json.dumps(kwargs)}
    weights = safetensors.torch.save({k: v.contiguous() for k, v in net.state_dict().items()}, facts)
    return {"htdemucs.yaml": b"models: ['955717e8']\n", "955717e8.safetensors": weights}


class hub:
    """A server that answers for files as the hub does."""

    def __init__(self, files):
        class Answer(BaseHTTPRequestHandler):
            def do_HEAD(self):
                self.head(files.get(self.path.rsplit("/", 1)[-1]))

            def do_GET(self):
                content = files.get(self.path.rsplit("/", 1)[-1])
                self.head(content)
                self.wfile.write(content or b"")

            def head(self, content):
                self.send_response(200 if content else 404)
                self.send_header("Content-Length", str(len(content or b"")))
                self.send_header("X-Repo-Commit", "0" * 40)
                self.send_header("ETag", f'"{len(content or b"")}"')
                self.end_headers()

            def log_message(self, *_):
                pass
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{self.server.server_port}"

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()

"""Other teams' weights: said to be missing, checked, fetched on request, and never half kept."""

import hashlib
from pathlib import Path

import pytest

from mer_core.errors import WeightsError
from mer_core.models.backbones import cnn14, mn04, musicnn
from mer_core.models.backbones.weights import Pretrained


@pytest.fixture
def published(tmp_path, monkeypatch):
    """A file at an address, and an empty folder to fetch it into."""
    source = tmp_path / "source.bin"
    source.write_bytes(b"weights" * 20_000)
    monkeypatch.setenv("MER_WEIGHTS", str(tmp_path / "weights"))
    return Pretrained(title="A net", file="net.bin", bytes=140_000, licence="MIT", address=source.as_uri(),
                      digest=hashlib.sha256(source.read_bytes()).hexdigest())


def test_what_is_missing_is_said_with_size_licence_and_address(published, tmp_path):
    for word in ("A net", "net.bin", "0.1 MB", "MIT", str(tmp_path / "weights"), "MER_WEIGHTS", published.address):
        assert word in published.missing()
    with pytest.raises(WeightsError, match="net.bin"):
        published.read()


def test_it_is_fetched_only_on_request_and_tells_how_far_it_is(published):
    said = []
    path = published.download(progress=lambda fraction, text="": said.append((fraction, text)))
    assert published.missing() == "" and published.read() == path.read_bytes()
    assert [f for f, _ in said] == sorted(f for f, _ in said) and said[-1][0] == 1.0
    assert any("MIT" in text and "0.1 MB" in text for _, text in said)
    assert [p.name for p in path.parent.iterdir()] == ["net.bin"]


def test_another_file_is_refused_and_not_kept(published):
    Path(published.address.removeprefix("file://")).write_bytes(b"something else")
    with pytest.raises(WeightsError, match="14 bytes"):
        published.download()
    assert not published.path.exists()
    published.path.parent.mkdir()
    published.path.write_bytes(b"something else")
    with pytest.raises(WeightsError, match="not used"):
        published.read()


def test_without_a_connection_nothing_is_stored(published):
    Path(published.address.removeprefix("file://")).unlink()
    with pytest.raises(WeightsError, match="Nothing was stored"):
        published.download()
    assert not published.path.parent.exists()


@pytest.mark.parametrize("backbone", [musicnn, mn04, cnn14])
def test_every_backbone_states_its_file(backbone):
    weights = backbone.WEIGHTS
    assert len(weights.digest) == 64 and int(weights.digest, 16) and weights.bytes > 1e6
    assert weights.address.startswith("https://") and weights.licence

import numpy as np
import pytest
import soundfile

from mer_core.datasets._base import Clip
from mer_core.errors import DataError
from mer_core.models import _hearing
from mer_core.training import embeddings_cache


class Ear:
    """Hears how loud a clip is; counts how often it is asked."""

    asked = 0

    class WEIGHTS:
        digest = "abcdef0123456789"

    @staticmethod
    def load():
        return "network"

    @classmethod
    def hear(cls, network, y):
        assert network == "network"
        cls.asked += 1
        return {"embed": np.array([[np.abs(y).max()]]), "times": np.array([5.0])}


@pytest.fixture
def clips(tmp_path, monkeypatch):
    monkeypatch.setitem(_hearing.EARS, "ear", Ear)
    found = []
    for i, gain in enumerate((0.5, 0.25)):
        path = tmp_path / f"{i}.wav"
        soundfile.write(path, gain * np.sin(np.arange(4 * 22_050) * 0.1), 22_050)
        found.append(Clip(str(i), path, str(i), (0.0, 0.0)))
    return found


def test_a_clip_is_heard_once(clips, tmp_path):
    Ear.asked = 0
    first = embeddings_cache.cached("ear", clips, tmp_path / "kept")
    again = embeddings_cache.cached("ear", clips, tmp_path / "kept")
    assert Ear.asked == 2
    assert [float(h["embed"][0, 0]) for h in first] == pytest.approx([0.5, 0.25], abs=0.02)
    assert all(np.array_equal(a["embed"], b["embed"]) and a["embed"].dtype == np.float32 for a, b in zip(first, again))
    kept = list((tmp_path / "kept").rglob("*"))
    assert {p.parent.name for p in kept if p.is_file()} == {"ear-abcdef01-1"} and len(kept) == 3


def test_a_clip_that_cannot_be_read_is_named(clips, tmp_path):
    (tmp_path / "broken.wav").write_bytes(b"no sound")
    broken = Clip("x", tmp_path / "broken.wav", "g", (0.0, 0.0))
    with pytest.raises(DataError, match="broken.wav"):
        embeddings_cache.cached("ear", [broken], tmp_path / "kept")

"""One file a clip: by its bytes, once, whole or not at all."""

import numpy as np
import pytest
import soundfile

from mer_core.datasets._base import Clip
from mer_core.training import clip_files


@pytest.fixture
def clips(tmp_path) -> list[Clip]:
    for i in range(3):
        soundfile.write(tmp_path / f"{i}.wav", np.full(4 * 44_100, 0.1 * (i + 1)), 44_100)
    return [Clip(str(i), tmp_path / f"{i}.wav", "g", (0.0, 0.0)) for i in range(3)]


def loudest(track) -> np.ndarray:
    return np.abs(track.y).max(keepdims=True)


@pytest.mark.parametrize("workers", [1, 2])
def test_every_clip_has_its_file_in_order(clips, tmp_path, workers):
    said = []
    files = clip_files.kept(tmp_path / "kept", clips, loudest, workers=workers, progress=lambda f, text: said.append((f, text)))
    assert [float(np.load(file).item()) for file in files] == pytest.approx([0.1, 0.2, 0.3], abs=1e-3)
    assert said[-1] == (1, "kept: 3 of 3 clips") and len(list((tmp_path / "kept").iterdir())) == 3


def test_a_clip_is_known_by_its_bytes_and_arrays_by_their_names(clips, tmp_path):
    first = clip_files.kept(tmp_path / "kept", clips[:1], lambda track: {"a": np.ones(2), "b": np.zeros(1)}, suffix=".npz")
    clips[0].path.rename(tmp_path / "another name.wav")
    moved = [Clip("x", tmp_path / "another name.wav", "g", (0.0, 0.0))]
    again = clip_files.kept(tmp_path / "kept", moved, lambda track: pytest.fail("made again"), suffix=".npz")
    assert again == first and set(np.load(first[0])) == {"a", "b"}


def test_work_that_fails_leaves_no_file(clips, tmp_path):
    with pytest.raises(ZeroDivisionError):
        clip_files.kept(tmp_path / "kept", clips, lambda track: 1 / 0)
    assert not list((tmp_path / "kept").iterdir())

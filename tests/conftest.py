"""Real music for the tests: the folder of MER_TEST_AUDIO where it is set, else the project's own demo tracks."""

import json
import os
from pathlib import Path

import pytest
import soundfile

ROOT = Path(__file__).resolve().parents[1]
DEMOS = ROOT / "assets" / "demos"


@pytest.fixture(scope="session")
def song_file(tmp_path_factory) -> Path:
    """A short stereo song (6 s of falcon69, or 8 s of a demo track) that the app has never seen."""
    given = Path(os.environ.get("MER_TEST_AUDIO", "")) / "falcon69_mix.flac"
    return given if given.is_file() else excerpt(DEMOS / demo_slugs()[0] / "mix.flac", tmp_path_factory.mktemp("song"), 8, 8)


@pytest.fixture(scope="session")
def other_song_file(tmp_path_factory, song_file) -> Path:
    """Another song under the same name, in another folder."""
    made = excerpt(DEMOS / demo_slugs()[-1] / "mix.flac", tmp_path_factory.mktemp("other"), 4, 5)
    return made.rename(made.parent / song_file.name)


@pytest.fixture(scope="session")
def bad_file(tmp_path_factory) -> Path:
    """Text that calls itself a song."""
    path = tmp_path_factory.mktemp("bad") / "not really.mp3"
    path.write_text("This is not a song. " * 100)
    return path


def demo_slugs() -> list[str]:
    return [demo["slug"] for demo in json.loads((DEMOS / "demos.json").read_text(encoding="utf-8"))]


def excerpt(source: Path, folder: Path, start: float, seconds: float) -> Path:
    """`seconds` of a sound file as a 24-bit flac without tags."""
    sr = soundfile.info(source).samplerate
    y, _ = soundfile.read(source, int(seconds * sr), int(start * sr), always_2d=True)
    path = folder / "a quiet place.flac"
    soundfile.write(path, y, sr, "PCM_24")
    return path

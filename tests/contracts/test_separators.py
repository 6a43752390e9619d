"""What every separator promises, checked for each entry of the registry on the songs that it can take."""

import json
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from mer_core import registry
from mer_core.audio import decode
from mer_core.errors import Cancelled
from mer_core.schema import SAMPLE_RATE, STEM_NAMES, Track, TrackInfo

SEPARATORS = sorted(registry.entries("separation"))


def synthetic(channels: int, seconds: float = 4.0) -> Track:
    """A bass note, a gliding tune, a chord off centre and a beat of noise bursts."""
    t = np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    glide = np.sin(2 * np.pi * (300 * t + 20 * np.sin(2 * np.pi * t)))
    chord = sum(np.sin(2 * np.pi * f * t) for f in (262, 330, 392)) / 3
    beat = np.random.default_rng(0).normal(0, 1, t.size) * np.exp(-30 * (t % 0.5))
    centre = 0.2 * np.sin(2 * np.pi * 55 * t) + 0.15 * glide + 0.1 * beat
    y = np.stack([centre + 0.2 * chord, centre + 0.05 * chord])[:channels]
    return Track(TrackInfo(f"synthetic {channels}", "synthetic", seconds, channels), y.astype(np.float32))


@pytest.fixture(scope="module")
def demo() -> Track:
    folder = registry.ASSETS / "demos"
    slug = json.loads((folder / "demos.json").read_text(encoding="utf-8"))[0]["slug"]
    return decode(folder / slug / "mix.flac")


@pytest.fixture(scope="module", params=SEPARATORS)
def separator(request):
    return registry.get("separation", request.param)()


@pytest.fixture(params=["stereo", "mono", "demo"])
def track(request, separator) -> Track:
    song = request.getfixturevalue("demo") if request.param == "demo" else synthetic(1 + (request.param == "stereo"))
    if separator.available(song):
        pytest.skip(separator.available(song))
    return song


def test_every_song_has_a_separator(demo):
    for song in (demo, synthetic(1), synthetic(2)):
        assert any(not registry.get("separation", name)().available(song) for name in SEPARATORS)


def test_asking_is_cheap_and_needs_no_torch():
    code = ("import sys; from mer_core import registry\n"
            "found = [(cls.title, cls().digest) for cls in registry.entries('separation').values()]\n"
            "assert found and 'torch' not in sys.modules and 'streamlit' not in sys.modules")
    done = subprocess.run([sys.executable, "-c", code], cwd=registry.ASSETS.parent, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_absence_is_a_sentence(separator):
    unknown = replace(synthetic(2).info, id="unknown")
    text = separator.available(Track(unknown, np.zeros((2, 0), np.float32)))
    assert text == "" or (text[0].isupper() and text.endswith("."))


def test_stems_and_residual_sum_to_the_mix(separator, track):
    before = track.y.copy()
    out = np.full((len(STEM_NAMES) + 1, *track.y.shape), np.nan, np.float32)
    seen = []
    stems = separator.separate(track, progress=lambda fraction, text: seen.append(fraction), out=out)
    assert stems.names == STEM_NAMES and stems.backend == separator.name and stems.sr == SAMPLE_RATE
    assert stems.y.shape == (len(STEM_NAMES), *track.y.shape) and stems.residual.shape == track.y.shape
    assert np.shares_memory(out, stems.y) and np.shares_memory(out, stems.residual)
    assert np.isfinite(out).all() and np.array_equal(track.y, before)
    np.testing.assert_allclose(stems.mix, track.y, atol=1e-6)
    assert seen == sorted(seen) and 0 <= seen[0] and seen[-1] <= 1


def test_twice_is_the_same(separator, track):
    if track.duration > 10 and separator.name == "embedded":
        pytest.skip("the synthetic songs show it in less time")
    first, second = separator.separate(track), separator.separate(track)
    assert np.array_equal(first.y, second.y)
    assert separator.digest == registry.get("separation", separator.name)().digest


def test_cancel_leaves(separator, track):
    def stop(fraction, text):
        raise Cancelled("stop")
    with pytest.raises(Cancelled):
        separator.separate(track, progress=stop)


def test_silence_stays_silent(separator):
    song = Track(synthetic(2).info, np.zeros((2, 3 * SAMPLE_RATE), np.float32))
    if separator.available(song):
        pytest.skip(separator.available(song))
    stems = separator.separate(song)
    assert np.abs(stems.y).max() == 0 and np.abs(stems.residual).max() == 0

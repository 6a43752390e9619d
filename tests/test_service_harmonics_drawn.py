"""The consonance profile as tiles: every row and column where the profile has it."""

import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from mer_core import tiles
from mer_core.errors import ParameterError
from mer_core.service import Service
from mer_core.store import Store

sys.path.insert(0, str(Path(__file__).parent / "explainers"))
import harmonic_nets as nets  # noqa: E402

ASKED = ("toy", "contentment")


@pytest.fixture(scope="module")
def service(tmp_path_factory) -> Service:
    """A and E speak for contentment."""
    found = Service(Store(tmp_path_factory.mktemp("store")))
    found._models["toy"] = nets.TwoSided(nets.Listening(good=(0, 7), bad=(9,)), a4=440.0)
    return found


@pytest.fixture(scope="module")
def info(service, tmp_path_factory):
    path = tmp_path_factory.mktemp("song") / "chord.wav"
    soundfile.write(path, nets.chord((440.0, 659.26), seconds=4.0).y[0], 44_100, "FLOAT")
    return service.add(path, path.name)


def test_pitch_classes_lie_as_the_chromagrams_do(service, info):
    profile, made = service.consonance(info, *ASKED), service.consonance_tiles(info, *ASKED, "pitch_classes")
    assert (made.rows, made.low, made.signed, made.unit) == (12, 0, True, "contentment log-odds")
    shown = tiles.values(made)
    assert set(np.argsort(-shown.sum(axis=1))[:2]) == {4, 9}  # E and A, from C on
    np.testing.assert_allclose(shown[9], np.minimum(profile.pitch_classes[0], made.high), atol=made.high / 127)
    assert made.start == pytest.approx(0, abs=0.06) and made.step == pytest.approx(np.median(np.diff(profile.times)), rel=0.01)


def test_intervals_share_out_the_brightness(service, info):
    profile, made = service.consonance(info, *ASKED), service.consonance_tiles(info, *ASKED, "intervals")
    shown = tiles.values(made)
    assert made.rows == 7 and set(np.argsort(-shown.sum(axis=1))[:2]) == {0, 5}  # alone, and a fifth apart
    np.testing.assert_allclose(shown.sum(axis=0), profile.brightness, atol=7 * made.high / 127 + 0.02 * made.high)


def test_tiles_are_kept_and_something_else_is_refused(service, info, monkeypatch):
    service.consonance_tiles(info, *ASKED, "intervals")
    monkeypatch.setattr(service.store, "create", lambda key: pytest.fail(f"computed again: {key}"))
    assert service.stored("consonance_tiles", info, *ASKED, "intervals").rows == 7
    with pytest.raises(ParameterError, match="'octaves'"):
        service.consonance_tiles(info, *ASKED, "octaves")

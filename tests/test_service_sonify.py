"""Sonification through the one door: the song or one stem of it, each choice once."""

import numpy as np
import pytest
import soundfile

from mer_core import audio
from mer_core.service import Service
from mer_core.sonify import SonifyParams
from mer_core.store import Store

ASKED = ("lrp", "c2d_mix", "arousal")


@pytest.fixture(scope="module")
def service(tmp_path_factory) -> Service:
    return Service(Store(tmp_path_factory.mktemp("store")))


@pytest.fixture(scope="module")
def info(service, song_file):
    return service.add(song_file, song_file.name)


def test_what_mattered_within_a_stem_is_as_loud_as_the_stem(service, info):
    seen = []
    path, facts = service.sonify(info, *ASKED, params=SonifyParams(source="drums"),
                                 progress=lambda share, text="": seen.append(share))
    y = soundfile.read(path, always_2d=True, dtype="float32")[0].T
    stem = service.stems(info).parts["drums"]
    assert y.shape == stem.shape and facts["source"] == "drums" and seen == sorted(seen)
    assert facts["loudness_before"] == pytest.approx(audio.loudness(stem, info.sr))
    assert abs(audio.loudness(y, info.sr) - facts["loudness_before"]) <= 0.3 or facts["limited_db"] > 11
    assert np.abs(y).max() <= facts["peak"] + 2 ** -23 and facts["peak"] <= 1  # rounded to 24 bits


def test_a_stem_and_its_complement_add_up_to_it(service, info):
    choice, scaled = {"source": "bass", "strength_db": 12.0}, 0
    for complement in (False, True):
        path, facts = service.sonify(info, *ASKED, params=SonifyParams(complement=complement, **choice))
        y = soundfile.read(path, always_2d=True, dtype="float32")[0].T
        scaled = scaled + y / 10 ** (facts["gain_db"] / 20)
        if facts["limited_db"] > 0.01:
            pytest.skip("the limiter was at work on this song")
    np.testing.assert_allclose(scaled, service.stems(info).parts["bass"], atol=1e-3)


def test_each_choice_is_made_once(service, info, monkeypatch):
    def ask(separator=None, **choices):
        return service.sonify(info, *ASKED, params=SonifyParams(**choices), separator=separator)[0]
    best = service.separators(info)[0].name
    song, drums = ask(), ask(source="drums")
    assert song != drums != ask(source="drums", sign="positive")

    def refuse(key):
        raise AssertionError(f"computed again: {key}")
    monkeypatch.setattr(service.store, "create", refuse)
    assert ask() == ask(separator=best) == song  # the song needs no separator
    assert ask(source="drums", separator=best) == drums
    assert ask(keep=0.5, knee=0.3) == song  # neither matters for the squared curve
    with pytest.raises(AssertionError, match="computed again"):
        ask(full=0.8)
    assert service.stored("sonify", info, *ASKED, params=SonifyParams(source="vocals")) is None


def test_a_stem_waits_among_the_long_work(service, info, monkeypatch):
    pools = []
    monkeypatch.setattr(service.jobs, "start", lambda key, work, long: pools.append(long))
    for source in ("song", "drums"):
        service.start("sonify", info, *ASKED, params=SonifyParams(source=source))
    service.start("sonify", info, *ASKED)
    assert pools == [False, True, False]

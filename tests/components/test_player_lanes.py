"""What is sent of the lanes: addresses, axes and scales, small."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from components.player.lanes import PITCHES, Curves, Heat, Moments, Wave, curve
from mer_core.errors import ParameterError
from mer_core.schema import SHARES, Explanation, Grid, Prediction
from mer_core.steps import Steps
from mer_core.tiles import Tiles, Waveform


def address(path: Path) -> str:
    return f"/media/{path.name}"


def tiles(signed: bool = False, hz=(40.0, 16_000.0)) -> Tiles:
    return Tiles(Path("overview.png"), (Path("0.png"), Path("1.png")), 2048, 3000, -0.01, 0.02, 0.04, 96, hz,
                 -1.0 if signed else -70.0, 1.0 if signed else -10.0, "arousal" if signed else "dB", signed)


def prediction(targets=("valence", "arousal")) -> Prediction:
    lines = np.linspace(-1, 1, 5 * len(targets)).reshape(len(targets), 5)
    covariance = np.diag(np.arange(1.0, 1 + len(targets)))
    return Prediction("test", targets, lines.mean(axis=1), np.arange(5), lines, covariance)


def test_a_spectrogram_carries_its_relevance_its_axis_and_its_units():
    lane = Heat("spectrogram", "spectrogram", "frequency (Hz)", tiles(), tiles(signed=True), paint=True)
    sent = lane.message(address)
    assert sent["image"]["tiles"] == ["/media/0.png", "/media/1.png"] and sent["image"]["hz"] == [40.0, 16_000.0]
    assert sent["over"]["signed"] and sent["over"]["unit"] == "arousal" and sent["paint"]
    assert len(json.dumps(sent)) < 1500


def test_pitch_classes_have_names_instead_of_hertz():
    sent = Heat("chroma", "pitch classes", "pitch class", tiles(hz=None), rows=PITCHES).message(address)
    assert sent["rows"] == list(PITCHES) and sent["image"]["hz"] is None and sent["over"] is None


def test_rows_in_colour_have_short_names_and_words():
    sent = Heat("intervals", "intervals", "semitones", tiles(signed=True, hz=None), rows=("0", "1"),
                words=("unison", "minor second")).message(address)
    assert sent["image"]["signed"] and sent["rows"] == ["0", "1"] and sent["words"] == ["unison", "minor second"]


def test_a_stem_and_the_song_are_different_lanes():
    song, drums = (Wave(Waveform(Path("a.bin")), name, "red", voice).message(address)
                   for name, voice in (("song", ""), ("drums", "drums")))
    assert song["name"] != drums["name"] and drums["voice"] == "drums" and song["rate"] == 100
    assert Curves().message(address)["kind"] == "curves"


def test_a_prediction_is_sent_by_target_in_one_order():
    sent = curve(prediction(("arousal", "valence")))
    assert sent["times"] == [0, 1, 2, 3, 4] and sent["arousal"][0] == -1 and sent["valence"][-1] == 1
    assert sent["covariance"] == [[2, 0], [0, 1]]  # valence first
    assert sent["values"]["valence"] == pytest.approx(0.5556, abs=1e-4)
    assert curve(None) is None


def test_a_prediction_without_arousal_is_refused():
    with pytest.raises(ParameterError, match="this prediction has valence"):
        curve(prediction(("valence",)))


def over_time(values, **more) -> Explanation:
    grid = Grid(0.1 + 0.2 * np.arange(len(values)), ())
    return Explanation("m", "x", "arousal", "time", values, 0.0, float(np.sum(values)), grid=grid, **more)


def test_moments_lie_on_the_songs_time_on_one_scale_for_both_signs():
    sent = Moments(over_time([0.1, -0.4, 0.0123456]), "relevance").message(address)
    assert sent["start"] == pytest.approx(0, abs=1e-6) and sent["step"] == pytest.approx(0.2)
    assert sent["values"] == [0.1, -0.4, 0.01235] and sent["high"] == pytest.approx(0.4) and sent["signed"]
    assert sent["unit"] == "arousal" and sent["label"] == "relevance, 0.20 s a bar"
    alone = Moments(over_time([0.5]), "relevance").message(address)
    assert alone["start"] == pytest.approx(0, abs=1e-6) and alone["step"] == pytest.approx(0.2)


def test_shares_have_no_sign_and_a_lane_keeps_its_place_before_they_are_there():
    sent = Moments(over_time([0.25, 0.75], unit=SHARES), "attention").message(address)
    assert not sent["signed"] and sent["unit"] == SHARES and sent["high"] == 0.75
    assert Moments(None, "attention").message(address)["values"] == []


def test_beats_have_bars_from_each_to_the_next():
    beats = Steps.between([0.5, 1.0, 1.75, 2.1])
    e = Explanation("m", "x", "arousal", "time", [0.1, -0.2, 0.3], 0.0, 0.2, grid=beats)
    sent = Moments(e, "relevance").message(address)
    assert sent["edges"] == [0.5, 1.0, 1.75, 2.1] and "step" not in sent and sent["moment"] == "beat"
    assert sent["label"] == "relevance, 0.35 to 0.75 s a beat"
    even = replace(e, grid=Steps.between([0.0, 0.5, 1.0, 1.5]))
    assert Moments(even, "relevance").message(address)["label"] == "relevance, 0.50 s a beat"


def test_a_long_song_s_moments_stay_small():
    values = np.random.default_rng(0).normal(0, 1e-4, 6000)
    assert len(json.dumps(Moments(over_time(values), "relevance").message(address))) < 90_000

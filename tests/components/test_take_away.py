"""Downloads: files that hold the sound or the numbers, names that are safe anywhere."""

import io
import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import soundfile

from components import take_away
from mer_core.schema import SHARES, Explanation, Grid

MAP = Explanation(model="m", method="lrp", target="arousal", space="timefreq", base=0.1, output=0.4,
                  values=np.array([[0.01, 0.02, -1.23456e-6], [0.0, 0.1, 0.05]]), params={"rule": "epsilon"},
                  grid=Grid(times=np.array([0, 0.5, 1]), freqs=np.array([100.0, 200])), notes=("A note.",))
STEMS = Explanation(model="m", method="stem_shapley", target="valence", space="stems", base=0.0, output=0.3,
                    values=np.array([0.1, 0.2]), labels=("vocals", "drums"))


def test_a_stored_sound_becomes_a_16_bit_wav_of_the_same_samples(tmp_path):
    y = np.sin(2 * np.pi * 440 * np.arange(4410) / 44_100)[:, None] * [0.5, 0.25]
    soundfile.write(tmp_path / "a.flac", y, 44_100, subtype="PCM_24")
    data = io.BytesIO(take_away.wav(tmp_path / "a.flac"))
    assert soundfile.info(data).subtype == "PCM_16"
    data.seek(0)
    read, sr = soundfile.read(data)
    assert sr == 44_100 and read.shape == y.shape and np.abs(read - y).max() < 3 / 32768


@pytest.mark.parametrize("title, name", [("A Song", "A_Song.wav"), ("../../etc/passwd", "etc_passwd.wav"),
                                         ("", "song.wav"), ("Ärger – über", "Ärger_über.wav"), ("<b>\x00", "b.wav"),
                                         ("x" * 300, "x" * 80 + ".wav")])
def test_file_names_are_safe(title, name):
    assert take_away.file_name(title, "wav") == name


def test_a_stored_flac_is_handed_out_as_it_is_and_another_sound_as_the_same_samples(tmp_path):
    y = np.round(np.random.default_rng(0).uniform(-1, 1, (1000, 2)) * 32000) / 32768
    for name in ("a.flac", "a.wav"):
        soundfile.write(tmp_path / name, y, 44_100, subtype="PCM_16")
    assert take_away.flac(tmp_path / "a.flac") == (tmp_path / "a.flac").read_bytes()
    np.testing.assert_allclose(soundfile.read(io.BytesIO(take_away.flac(tmp_path / "a.wav")))[0], y, atol=1e-6)


def test_the_json_of_an_explanation_adds_up_and_says_where_its_cells_lie():
    facts = json.loads(take_away.explanation_json(MAP))
    assert facts["base"] + np.sum(facts["values"]) + facts["residual"] == pytest.approx(facts["output"])
    np.testing.assert_array_equal(np.float32(facts["values"]), MAP.values)
    assert facts["grid"] == {"time_s": [0, 0.5, 1], "hz": [100, 200]} and facts["params"] == {"rule": "epsilon"}
    assert (facts["model"], facts["method"], facts["target"]) == ("m", "lrp", "arousal") and "arousal" in facts["unit"]
    assert json.loads(take_away.explanation_json(STEMS))["grid"] is None


def test_the_csv_of_a_map_has_a_row_for_each_cell():
    rows = pd.read_csv(io.BytesIO(take_away.explanation_csv(MAP)))
    assert list(rows) == ["time_s", "hz", "value"] and len(rows) == MAP.values.size
    back = rows.pivot(index="hz", columns="time_s", values="value")
    np.testing.assert_array_equal(np.float32(back), MAP.values)
    assert list(back.index) == [100, 200] and list(back.columns) == [0, 0.5, 1]


def test_the_csv_of_named_parts_has_their_labels_and_measures():
    assert take_away.explanation_csv(STEMS).decode().splitlines() == ["label,value", "vocals,0.1", "drums,0.2"]
    features = Explanation(**{**vars(STEMS), "space": "features", "inputs": np.array([3, 4.5])})
    assert take_away.explanation_csv(features).decode().splitlines()[2] == "drums,0.2,4.5"


def test_nothing_is_converted_before_the_button_is_pressed(tmp_path, monkeypatch):
    shown = []
    monkeypatch.setattr(take_away.st, "download_button", lambda *args, **kwargs: shown.append(args))
    take_away.sound_button("The mix", tmp_path / "not yet there.flac", "A Song", "mix")
    take_away.json_button("Relevance as JSON", lambda: b"{}", "A Song", "json")
    assert [(one[0], one[2]) for one in shown] == [("The mix as WAV", "A_Song.wav"), ("The mix as FLAC", "A_Song.flac"),
                                                   ("Relevance as JSON", "A_Song.json")]
    assert shown[2][1]() == b"{}"
    with pytest.raises(FileNotFoundError):
        shown[1][1]()


def test_moments_are_taken_away_with_their_seconds():
    over_time = Explanation(model="m", method="attention", target="arousal", space="time", base=0.1, output=0.4,
                            values=np.array([0.1, 0.2]), grid=Grid(times=np.array([0.1, 0.3]), freqs=()))
    rows = pd.read_csv(io.BytesIO(take_away.explanation_csv(over_time)))
    assert list(rows) == ["time_s", "value"] and rows["time_s"].tolist() == pytest.approx([0.1, 0.3])
    facts = json.loads(take_away.explanation_json(over_time))
    assert facts["grid"]["hz"] == [] and len(facts["grid"]["time_s"]) == len(facts["values"])
    assert facts["base"] + np.sum(facts["values"]) + facts["residual"] == pytest.approx(0.4)
    shares = json.loads(take_away.explanation_json(replace(over_time, unit=SHARES)))
    assert not {"sum", "residual"} & set(shares) and shares["unit"].endswith(SHARES)

"""`explain` on the command line: one song, one model, one method, as files that say the same thing."""

import json

import numpy as np
import pandas as pd
import pytest
import soundfile

from mer_core.__main__ import main


@pytest.fixture(scope="module", autouse=True)
def cache(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MER_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


def explain(song, out, *words) -> int:
    return main(["explain", str(song), "--out", str(out), *words])


def test_grad_cam_is_written_as_numbers_picture_sound_and_consonance(tmp_path, song_file, capsys):
    assert explain(song_file, tmp_path, "--model", "harmonics_cnn", "--method", "grad_cam") == 0
    first, *said = capsys.readouterr().out.splitlines()
    folder, = tmp_path.iterdir()
    assert first == str(folder) and "%" in said[0] and any("Brightest for" in line for line in said)
    sound = soundfile.info(folder / "contentment.wav")
    assert soundfile.info(folder / "tones-contentment.wav").frames == sound.frames
    facts = json.loads((folder / "contentment.json").read_text())
    assert facts["base"] + np.sum(facts["values"]) + facts["residual"] == pytest.approx(facts["output"], abs=1e-4)
    rows = pd.read_csv(folder / "consonance-contentment.csv")
    np.testing.assert_allclose(rows.loc[:, "A":"G♯"].sum(axis=1), rows["brightness"], rtol=1e-4, atol=1e-6)
    assert (folder / "heatmap.png").stat().st_size > 50_000


def test_parameters_are_set_as_text(tmp_path, song_file, capsys):
    assert explain(song_file, tmp_path, "--model", "harmonics_cnn", "--method", "grad_cam", "--set", "pitch_class=C") == 0
    facts = json.loads(next(tmp_path.glob("*/sadness.json")).read_text())
    assert facts["params"]["pitch_class"] == "C" and "the method's own defaults" in capsys.readouterr().out


def test_terms_of_features_have_no_sound_and_no_picture(tmp_path, song_file):
    assert explain(song_file, tmp_path, "--model", "mid2e_va", "--method", "linear") == 0
    written = {f"{target}.{kind}" for target in ("valence", "arousal") for kind in ("csv", "json")}
    assert {p.name for p in tmp_path.glob("*/*")} == written


@pytest.mark.parametrize("words, said", [
    (("--model", "nobody", "--method", "lrp"), "nobody"),
    (("--model", "c2d_mix", "--method", "grad_cam"), "grad_cam does not explain c2d_mix"),
    (("--model", "c2d_mix", "--method", "lrp", "--set", "rule"), "NAME=VALUE"),
    (("--model", "c2d_mix", "--method", "lrp", "--set", "colour=red"), "no parameter 'colour'"),
    (("--model", "c2d_mix", "--method", "lrp", "--set", "epsilon=much"), "epsilon must be a number"),
    (("--model", "c2d_mix", "--method", "lrp", "--set", "epsilon=-1"), "has to lie between")])
def test_a_wrong_choice_is_named_before_any_work(tmp_path, song_file, capsys, words, said):
    assert explain(song_file, tmp_path, *words) == 1
    assert said in capsys.readouterr().err and not list(tmp_path.iterdir())

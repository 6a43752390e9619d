"""The Experiments page in Streamlit's test runner: with all that is stored, and with nothing but the papers."""

import json
import shutil
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile
from streamlit.testing.v1 import AppTest

from mer_core import results
from mer_core.service import Service, _predicted
from tests.components import made_harmonics
from tests.components import made_dbn

ROOT = Path(__file__).resolve().parents[2]
SECTIONS = ("Models", "Sources", "Measured features", "Networks on pictures", "Embeddings", "Quadrants", "Descriptors",
            "Happy or sad", "Harmonics", "Rhythm and melody")
TABLES = {"Models": 1, "Sources": 2, "Measured features": 2, "Networks on pictures": 1, "Embeddings": 1, "Quadrants": 1,
          "Descriptors": 3, "Happy or sad": 1, "Harmonics": 1, "Rhythm and melody": 1}


@pytest.fixture
def page(app) -> AppTest:
    return app.run().switch_page("pages/experiments.py").run()


def choose(page: AppTest, key: str, value: str) -> AppTest:
    page.session_state[key] = value
    page.run()
    assert not page.exception, page.exception
    return page


def said(page: AppTest) -> str:
    return "\n".join(part.value for part in (*page.markdown, *page.caption, *page.subheader))


@pytest.mark.parametrize("section", SECTIONS)
def test_a_section_shows_its_tables_and_lets_them_be_taken_away(page, section):
    choose(page, "experiment", section)
    assert len(page.table) >= TABLES[section] and len(page.get("download_button")) >= TABLES[section]
    assert "do not compare" in said(page)
    for metric in results.METRICS:
        choose(page, "metric", metric)


@pytest.mark.parametrize("section", SECTIONS[1:])
def test_what_was_not_run_here_says_so_and_how_to(page, section, tmp_path, monkeypatch):
    shutil.copy(results.FOLDER / "paper.json", tmp_path)
    monkeypatch.setattr(results, "FOLDER", tmp_path)
    choose(page, "experiment", section)
    name = {"Sources": "emomucs", "Measured features": "handcrafted", "Networks on pictures": "cnn_family",
            "Embeddings": "tsne", "Quadrants": "quadrants", "Descriptors": "thesis", "Happy or sad": "vit",
            "Harmonics": "harmonics", "Rhythm and melody": "dbn"}[section]
    assert "was not run here yet" in said(page)
    assert results.STORED[name].command in [code.value for code in page.code]
    assert page.table  # the paper's own column stands


def test_the_songs_best_source_follows_the_switch(page):
    found = results.load("emomucs")
    if not found or not found["figure3"]["tracks"]:
        pytest.skip("figure 3 is not stored")
    choose(page, "experiment", "Sources")
    choose(page, "best-for", "arousal")
    best = [track["best"]["arousal"] for track in found["figure3"]["tracks"]]
    assert f"drums {best.count('drums')}" in said(page)


def test_a_family_that_was_run_shows_how_it_learnt(page, tmp_path, monkeypatch):
    for name in ("paper.json", "tsne.json"):
        shutil.copy(results.FOLDER / name, tmp_path)
    curve = [{"epoch": 1, "loss": 1.0, "validation": 0.8}, {"epoch": 2, "loss": 0.6, "validation": 0.9}]
    cells = {"valence": {"r2": 0.123}, "arousal": {"r2": 0.456}}
    (tmp_path / "cnn_family.json").write_text(json.dumps({
        "command": results.STORED["cnn_family"].command, "paper": {"note": "The text says time."},
        "here": {"data": "Toy", "clips": 3, "protocol": "none", "reduced": ["One fold."]},
        "table": [{"name": "cnn", "here": cells}, {"name": "cnn_se_gru", "here": None}],
        "curves": {"cnn": {"pretrain": [], "folds": [curve, curve]}, "cnn_se_gru": {"pretrain": [], "folds": []}}}))
    monkeypatch.setattr(results, "FOLDER", tmp_path)
    choose(page, "experiment", "Networks on pictures")
    assert "one line for each of 2 folds" in said(page) and "The text says time." in said(page)
    shown = page.table[0].value
    assert shown.loc["CNN", ("valence", "here")] == 0.123 and shown.loc["CNN", ("valence", "paper")] == 0.435
    choose(page, "network", "cnn_se_gru")
    choose(page, "network", "cnn_se_temporal")
    assert "was not run here yet" in said(page)


def test_the_thesiss_figures_follow_their_switches(page):
    if not results.load("thesis"):
        pytest.skip("the thesis's feature route is not stored")
    choose(page, "experiment", "Descriptors")
    assert "**felt**" in said(page) and "**not learned from listeners**" in said(page)
    choose(page, "thesis-products", True)
    assert "the 20 strongest terms" in said(page)
    for measure in ("r_mean", "mse"):
        choose(page, "thesis-measure", measure)
    choose(page, "thesis-data", "musifeast17")
    assert "On MUSIFEAST-17" in said(page) and "all clips of MUSIFEAST-17" in said(page)
    for of in ("19", "33 relative", "13 functional"):
        choose(page, "thesis-set", of)
    assert "for the seven descriptors only" in said(page)


@pytest.fixture
def cases(page, tmp_path, monkeypatch) -> AppTest:
    """Stored answers on four clips, one of them at hand in a folder of the published layout."""
    folder, shelf = tmp_path / "data" / "Dataset", tmp_path / "results"
    (folder / "Q3").mkdir(parents=True)
    (folder / "panda_dataset_taffc_metadata.csv").write_text(
        "Song,Artist,Title,Quadrant,GenresStr\nMT1,Somebody,Grey * morning,Q3,Folk\n", encoding="latin-1")
    y = np.random.default_rng(0).normal(scale=0.05, size=22_050 * 4)
    soundfile.write(folder / "Q3" / "MT1.mp3", y, 22_050, format="MP3")
    clips = [{"id": "MT1", "title": "Grey * morning", "truth": "sad", "happy": 0.93},
             {"id": "MT2", "title": "Noon", "truth": "happy", "happy": 0.8},
             {"id": "MT3", "title": "Rain", "truth": "sad", "happy": 0.3}]
    side = {"data": "Toy", "dataset": "4q", "clips": 3, "accuracy": 2 / 3, "confusion": [[1, 0], [1, 1]],
            "happy": {"precision": 0.5, "recall": 1.0}, "sad": {"precision": 1.0, "recall": 0.5},
            "protocol": "three clips"}
    shelf.mkdir()
    (shelf / "vit.json").write_text(json.dumps({
        "command": results.STORED["vit"].command, "paper": {**side, "system": "theirs", "where": "figure 21"},
        "here": side, "cases": [], "curves": {"folds": [[{"epoch": 1, "loss": 0.5, "validation": 0.4}]]}, "clips": clips}))
    monkeypatch.setattr(results, "FOLDER", shelf)
    monkeypatch.delenv("MER_DATA", raising=False)
    return choose(page, "experiment", "Happy or sad")


def opens(page: AppTest) -> list[str]:
    return [b.key for b in page.button if b.key and b.key.startswith("open-") and not b.key.startswith("open-demo")]


def test_the_four_cases_are_listed_and_the_demos_can_be_opened_without_the_set(cases):
    assert "93.0% happy, truly sad" in said(cases) and "No clip is in this cell." in said(cases)
    assert not opens(cases) and "`MER_DATA=DIR streamlit run app.py`" in said(cases) and "not what listeners" in said(cases)
    cases.button(key="open-demo-sad").click().run()
    assert cases.session_state["song"].title == "Letter Unsent" and "The song is now **Letter Unsent**" in said(cases)


def test_a_clip_of_the_set_becomes_the_song_of_the_session(cases, tmp_path, monkeypatch):
    monkeypatch.setenv("MER_DATA", str(tmp_path / "data"))
    cases.run()
    assert opens(cases) == ["open-MT1"]
    cases.button(key="open-MT1").click().run()
    for _ in range(200):
        if cases.session_state["song"].title == "Grey * morning":
            break
        time.sleep(0.1)
        cases.run()
    assert not cases.exception and cases.session_state["song"].duration == pytest.approx(4.0, abs=0.2)
    assert r"The song is now **Grey \* morning**" in said(cases)
    if "vit_happy_sad" in Service.default().cards():
        method = cases.session_state["kept-way"]
        assert cases.session_state[f"kept-model-{method}"] == "vit_happy_sad"
        assert cases.session_state["kept-target-happy-sad"] == "happy"  # what it was taken for


def test_a_folder_without_the_set_is_named(cases, tmp_path, monkeypatch):
    monkeypatch.setenv("MER_DATA", str(tmp_path))
    cases.run()
    assert "present folder does not do: 4Q is not in" in said(cases) and not opens(cases)


def test_an_untrained_transformer_is_missed_with_its_command(page, monkeypatch):
    real = _predicted.card_path
    monkeypatch.setattr(_predicted, "card_path",
                        lambda name: Path("/nowhere") if name == "vit_happy_sad" else real(name))
    choose(page, "experiment", "Happy or sad")
    assert any("`python -m mer_core train vit_happy_sad --data DIR`" in info.value for info in page.info)
    assert "has no weights here yet" in said(page)


def test_ellipses_are_compared_calibrated_and_their_layers_followed(page, tmp_path, monkeypatch):
    found = made_dbn.results()
    (tmp_path / "dbn.json").write_text(json.dumps(found))
    shutil.copy(results.FOLDER / "paper.json", tmp_path)
    monkeypatch.setattr(results, "FOLDER", tmp_path)
    choose(page, "experiment", "Rhythm and melody")
    assert "Here the smallest mean distance is **0.150** (Rhythm, layer 2); **25%** less than" in said(page)
    assert page.table[0].value.loc["Rhythm, layer 2", ("after fine-tuning", "paper")] == 0.128
    assert "The text says otherwise." in said(page) and "One Gaussian for each clip" in said(page)
    assert "**55%** in the 50% ellipse" in said(page) and "a little too wide" in said(page)
    choose(page, "dbn-measure", "kl")
    assert page.table[0].value.loc["20 MFCC", ("after fine-tuning", "here")] == 0.9
    assert "goes from 0.9 to **0.4**" in said(page) and "3 above that of" in said(page)
    choose(page, "dbn-curve-layer", "1")
    assert "goes from 0.09 to **0.04**" in said(page)


def test_the_harmonics_cnn_says_what_was_found_and_follows_its_switches(page, tmp_path, monkeypatch):
    (tmp_path / "harmonics.json").write_text(json.dumps(made_harmonics.stored(d=-0.6)))
    monkeypatch.setattr(results, "FOLDER", tmp_path)
    choose(page, "experiment", "Harmonics")
    whole = said(page)
    assert "macro F1 **0.610**, 0.560 to 0.660" in whole and "**higher by 0.110**" in whole and "do not compare" in whole
    assert "**No, the other way round here.**" in whole and "the other way round." in whole
    assert "10 Q1 exuberance, 10 Q2 anxiety" in whole
    assert len(page.table) == 2 and len(page.get("plotly_chart")) == 5 and len(page.get("download_button")) == 3
    choose(page, "brightness", "drawn")
    assert "A share. Each song" in said(page)
    choose(page, "harmonics-row", "plain")
    choose(page, "harmonics-curve", "random")


def test_the_page_needs_no_torch():
    code = ("import sys; from components.experiments import embeddings, emomucs, happy_sad, harmonics, models, networks, shown, "
            "rhythm_melody, study, thesis; "
            "print([m for m in ('torch', 'sklearn', 'shap', 'xgboost') if m in sys.modules])")
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"

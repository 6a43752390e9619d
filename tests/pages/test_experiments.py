"""The Experiments page in Streamlit's test runner: with all that is stored, and with nothing but the papers."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from mer_core import results

ROOT = Path(__file__).resolve().parents[2]
SECTIONS = ("Models", "Sources", "Measured features", "Networks on pictures", "Embeddings", "Quadrants")
TABLES = {"Models": 1, "Sources": 2, "Measured features": 2, "Networks on pictures": 1, "Embeddings": 1, "Quadrants": 1}


@pytest.fixture
def page(tmp_path, monkeypatch) -> AppTest:
    monkeypatch.setenv("MER_CACHE", str(tmp_path / "cache"))
    monkeypatch.chdir(ROOT)
    st.cache_resource.clear()
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120).run()
    yield app.switch_page("pages/experiments.py").run()
    st.cache_resource.clear()


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
            "Embeddings": "tsne", "Quadrants": "quadrants"}[section]
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


def test_the_page_needs_no_torch():
    code = ("import sys; from components.experiments import embeddings, emomucs, models, networks, shown, study; "
            "print([m for m in ('torch', 'sklearn', 'shap', 'xgboost') if m in sys.modules])")
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"

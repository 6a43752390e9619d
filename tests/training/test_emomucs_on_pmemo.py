"""The command that reproduces the tables for whoever has PMEmo, on a tiny set in its layout, from audio files to results."""

import csv
import json

import numpy as np
import soundfile

from mer_core.__main__ import main
from mer_core.training import fit_emomucs, results_emomucs, run, stems_cache

ALTER = {"gain": 1.0, "short": 0.0, "shortest": 130, "masks": 0, "bands": 0, "gap": 0}
NETWORK = {"epochs": 1, "patience": 1, "batch": 4, "rate": 1e-3, "decay": 0.0, "dropout": 0.0, "head_dropout": 0.0,
           "alter": ALTER}
RECIPE = {
    "model": "emomucs", "entry": "mer_core.training.fit_emomucs", "seed": 0, "rated": "musifeast17", "weak": "4q",
    "weak_sources": ["mix"], "outer": 3, "inner": 2, "inner_used": 1, "windows": 1,
    "shipped": {"network": "c2d", "fusion": "late", "training": "freeze"},
    "pretrain": {"c2d": NETWORK | {"frames": 140, "softness": 0.05}},
    "source": {"c2d": NETWORK | {"frames": 140, "front": 10, "views": 1}},
    "fusion": {"hidden": {"early": 4, "mid": 4, "late": 4}, "dropout": 0.0, "freeze": {}, "finetune": {},
               "full": {"frames": {"c1d": 938, "c2d": 140}}}}


def table(path, rows):
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)


def sound(path, seed):
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, 0.1 * np.random.default_rng(seed).standard_normal((4 * 22_050, 1)), 22_050, format="WAV")


def write(root):
    rng = np.random.default_rng(0)
    table(root / "pmemo/metadata.csv", [["musicId", "title", "artist"], *([i, f"t{i}", f"artist {i}"] for i in range(6))])
    table(root / "pmemo/annotations/static_annotations.csv",
          [["musicId", "Arousal(mean)", "Valence(mean)"], *([i, *rng.uniform(0.1, 0.9, 2)] for i in range(6))])
    table(root / "4q/Dataset/panda_dataset_taffc_metadata.csv", [
        ["Song", "Artist", "Title", "Quadrant", "GenresStr"],
        *([f"MT{q}{i}", "artist 0" if (q, i) == (1, 0) else f"other {q}{i}", "t", f"Q{q}", "Pop"]
          for q in (1, 2, 3, 4) for i in range(2))])
    for i in range(6):
        sound(root / f"pmemo/chorus/{i}.mp3", i)
    for q in (1, 2, 3, 4):
        for i in range(2):
            sound(root / f"4q/Dataset/Q{q}/MT{q}{i}.mp3", 10 * q + i)


def test_it_measures_another_set_in_its_own_layout(tmp_path, monkeypatch, capsys):
    write(tmp_path / "data")
    whole = fit_emomucs.plan
    monkeypatch.setattr(run, "recipe", lambda name: dict(RECIPE))
    monkeypatch.setattr(fit_emomucs, "plan", lambda study: {"c2d-M": whole(study)["c2d-M"]})
    monkeypatch.setattr(fit_emomucs, "FOLDER", tmp_path / "runs")
    monkeypatch.setattr(stems_cache, "FOLDER", tmp_path / "stems")
    monkeypatch.setattr(results_emomucs, "FOLDER", tmp_path / "results")
    assert main(["evaluate", "emomucs", "--data", str(tmp_path / "data"), "--dataset", "pmemo"]) == 0
    assert "c2d-M valence" in capsys.readouterr().out
    stored = json.loads((tmp_path / "results/emomucs-pmemo.json").read_text())
    assert stored["here"]["data"] == "PMEmo" and stored["here"]["clips"] == 6
    cells = {row["name"]: row["here"] for row in stored["table1"]}
    assert np.isfinite(cells["c2d-M"]["arousal"]["rmse"]) and cells["c2d-V"] is None
    config = json.loads((tmp_path / "runs/emomucs-pmemo/pretrain/c2d-M/config.json").read_text())
    assert config["clips"] == 7, "the song by an artist of the rated set is left out"
    assert config["split"] == stored["here"]["split"] and config["seed"] == 0

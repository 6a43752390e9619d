"""The command line on real files: what it writes, that it adds up, and that it goes on past a bad file."""

import hashlib
import json
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
import soundfile

from mer_core import audio
from mer_core.__main__ import _sound, main, parser
from mer_core.report import safe_name
from mer_core.report_findings import Choices, Findings, chosen_cards
from mer_core.schema import SHARES, STEM_NAMES, TARGETS, Explanation, Grid
from mer_core.service import Service
from mer_core.sonify import SonifyParams

ROOT = Path(__file__).resolve().parents[1]
FILES = {"report.json", "report.html", "heatmap.png", "boosted.wav", "ellipse.csv",
         *(f"stems/{n}.wav" for n in (*STEM_NAMES, "residual"))}
MODELS = ("handcrafted_xgb", "c2d_mix", "mid2e_va", "vit_va", "dbn")  # one of each kind: all of them take long


@pytest.fixture(scope="module")
def run(tmp_path_factory, song_file, other_song_file, bad_file):
    """One run over two songs of the same name with a bad file between: (result, out folder, song's folder)."""
    out = tmp_path_factory.mktemp("out")
    chosen = [word for name in MODELS for word in ("--model", name)]
    done = command("analyze", song_file, bad_file, other_song_file, "--out", out, *chosen,
                   cache=tmp_path_factory.mktemp("cache"))
    folders = {json.loads(p.read_text())["track"]["file_sha256"]: p.parent for p in out.glob("*/report.json")}
    return done, out, folders.get(hashlib.sha256(song_file.read_bytes()).hexdigest())


def command(*words, cache: Path) -> subprocess.CompletedProcess:
    import os

    return subprocess.run([sys.executable, "-m", "mer_core", *map(str, words)], cwd=ROOT, capture_output=True, text=True,
                          env=os.environ | {"MER_CACHE": str(cache)}, check=False)


@pytest.fixture(scope="module")
def folder(run) -> Path:
    assert run[2] is not None, run[0].stderr
    return run[2]


@pytest.fixture(scope="module")
def report(folder) -> dict:
    return json.loads((folder / "report.json").read_text(encoding="utf-8"), parse_constant=lambda name: pytest.fail(name))


def test_it_goes_on_past_a_bad_file_and_ends_with_1_and_a_list(run, bad_file):
    done, out, _ = run
    assert done.returncode == 1
    (line,) = [x for x in done.stderr.splitlines() if x.startswith("failed: ")]
    assert str(bad_file) in line and "Nothing was stored" in line and "Traceback" not in done.stderr
    assert "1 of 3 songs failed" in done.stderr


def test_there_is_a_progress_bar_on_stderr_and_only_the_folders_on_stdout(run):
    done, out, _ = run
    assert "100%" in done.stderr
    assert sorted(done.stdout.split("\n")[:-1]) == sorted(map(str, out.iterdir()))


def test_two_songs_of_one_name_lie_side_by_side(run, song_file):
    _, out, _ = run
    names = sorted(p.name for p in out.iterdir())
    assert len(names) == 2 and all(n.startswith(safe_name(song_file.stem) + "-") for n in names)


def test_every_file_is_there_and_no_other(folder, report):
    found = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}
    assert found == FILES
    assert set(report["files"]) == FILES - {"report.json"}
    for name, digest in report["files"].items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest


def test_the_report_names_song_models_and_versions(report, song_file):
    track = audio.decode(song_file)
    assert report["track"]["id"] == track.info.id and report["track"]["file"] == song_file.name
    assert report["track"]["duration"] == pytest.approx(track.duration)
    for name, model in report["models"].items():
        weights = [p for p in (ROOT / "assets/models" / name).iterdir() if p.name != "card.json"]
        assert model["weights_sha256"] in {hashlib.sha256(p.read_bytes()).hexdigest() for p in weights}
    assert {"mer_core", "python", "numpy", "torch"} <= set(report["versions"])
    assert report["commands"]["analyze"].startswith("python -m mer_core analyze ")
    assert all(report["commands"][name] for name in report["models"])


def test_predictions_have_curve_and_error(report):
    assert set(report["models"]) == set(MODELS)
    for model in report["models"].values():
        p = model["prediction"]
        assert p["targets"] == list(TARGETS) and len(p["values"]) == len(p["spread"]) == len(p["curve"]) == 2
        assert all(len(row) == len(p["times"]) for row in p["curve"])
        np.testing.assert_allclose(np.mean(p["curve"], axis=1), p["values"], atol=1e-4)


def explanations(report, space):
    found = [e for e in report["explanations"] if e["space"] == space]
    assert {e["target"] for e in found} == set(TARGETS)
    return found


def test_every_explanation_adds_up_to_its_prediction(report):
    for e in report["explanations"]:
        if e["unit"] == SHARES:
            assert e["residual"] is None and e["sum"] == pytest.approx(1, abs=1e-4)
        else:
            assert e["base"] + e["sum"] + e["residual"] == pytest.approx(e["output"], abs=1e-5)
        prediction = report["models"][e["model"]]["prediction"]
        assert e["output"] == pytest.approx(prediction["values"][TARGETS.index(e["target"])], abs=2e-3)


def test_shap_holds_all_features_and_their_families(report):
    known = {"linear": (7, {"melody", "harmony", "rhythm"}), "beat_groups": (12, {"rhythm", "melody"}),
             "treeshap": (50, {"timbre", "harmony", "rhythm", "level"})}
    for e in explanations(report, "features"):
        least, families = known[e["method"]]
        assert len(e["features"]) >= least and set(e["families"]) >= families
        assert "other" not in e["families"]
        assert sum(f["contribution"] for f in e["features"]) == pytest.approx(e["sum"], abs=1e-4)
        assert sum(e["families"].values()) == pytest.approx(e["sum"], abs=1e-4)
        assert all(f["value"] is not None for f in e["features"])


def test_stem_contributions_add_up(report):
    for e in explanations(report, "stems"):
        assert set(STEM_NAMES) <= set(e["stems"]) <= {*STEM_NAMES, "residual"}
        assert sum(e["stems"].values()) == pytest.approx(e["sum"], abs=1e-5)


def test_relevance_points_at_a_second_and_a_hertz(report):
    for e in explanations(report, "timefreq"):
        assert 0 <= e["strongest"]["time"] <= report["track"]["duration"] and 20 <= e["strongest"]["hertz"] <= 22_050
        assert e["notes"] and (e["params"] or e["unit"] == SHARES)


def test_without_a_choice_every_model_of_the_plane_is_taken_that_is_no_row_of_a_comparison():
    service = Service.default()
    known = service.cards()
    assert set(chosen_cards(service, Choices())) == {n for n, card in known.items() if card.on_plane and not card.study}
    assert set(MODELS) - set(chosen_cards(service, Choices())) == {"vit_va"}  # a row, taken where it is asked for


def test_what_is_drawn_and_boosted_says_how_far_and_comes_from_one_method():
    def found(method: str, target: str, unit: str) -> Explanation:
        return Explanation("vit", method, target, "timefreq", np.ones((1, 1)), 0.0, 1.0, grid=Grid([0.0], [100.0]), unit=unit)
    every = tuple(found(method, target, unit) for method, unit in (("rollout", SHARES), ("lrp", "log-odds"), ("other", "log-odds"))
                  for target in ("happy", "sad"))
    nothing = dict.fromkeys(("info", "overview", "cards", "predictions", "picture", "stems", "separator", "target", "mix"))
    assert [(e.method, e.target) for e in Findings(explanations=every, **nothing).shown()] == [("lrp", "happy"), ("lrp", "sad")]
    assert Findings(explanations=every[:2], **nothing).shown() == []


def test_the_stems_sum_to_the_mix(folder, song_file):
    track = audio.decode(song_file)
    parts = [soundfile.read(folder / "stems" / f"{n}.wav", always_2d=True, dtype="float32")[0].T
             for n in (*STEM_NAMES, "residual")]
    np.testing.assert_allclose(np.sum(parts, axis=0), track.y, atol=1e-5)
    assert all(np.sqrt(np.mean(p ** 2)) > 1e-4 for p in parts[1:4]), "drums, bass and other have sound in them"


def test_the_boosted_sound_is_audible_and_as_loud_as_the_song(folder, song_file):
    y, sr = soundfile.read(folder / "boosted.wav", always_2d=True, dtype="float32")
    track = audio.decode(song_file)
    assert np.sqrt(np.mean(y ** 2)) > 0.003 and np.abs(y).max() <= 1
    assert audio.loudness(y.T, sr) == pytest.approx(audio.loudness(track.y, track.sr), abs=0.5)
    assert y.shape == track.y.T.shape and not np.allclose(y.T, track.y, atol=1e-3)


def test_the_heatmap_shows_greys_and_both_colours(folder):
    from matplotlib.image import imread

    picture = imread(folder / "heatmap.png")[..., :3]
    red, blue = picture[..., 0] - picture[..., 2] > 0.3, picture[..., 2] - picture[..., 0] > 0.3
    grey = (np.ptp(picture, axis=-1) < 0.01) & (picture[..., 0] < 0.9) & (picture[..., 0] > 0.1)
    assert picture.shape[1] >= 1200 and min(red.sum(), blue.sum()) > 500 and grey.mean() > 0.1


class Links(HTMLParser):
    """What a browser would fetch, and how many players and figures there are."""

    def __init__(self):
        super().__init__()
        self.fetched, self.players, self.captions = [], [], 0

    def handle_starttag(self, tag, attributes):
        facts = dict(attributes)
        self.fetched += [facts[k] for k in ("src", "srcset", "data", "poster") if k in facts]
        self.fetched += [facts["href"]] if tag in ("link", "image", "use") and "href" in facts else []
        self.players += [facts["src"]] if tag == "audio" else []
        self.captions += tag == "figcaption"


@pytest.fixture(scope="module")
def page(folder) -> str:
    return (folder / "report.html").read_text(encoding="utf-8")


def test_the_page_needs_no_other_file(page):
    links = Links()
    links.feed(page)
    assert links.fetched and all(url.startswith("data:") for url in links.fetched)
    assert page.count("plotly.js v") == 1 and "@import" not in page.split("<script>")[0]


def test_the_page_has_players_with_sound(page):
    import base64
    import io

    links = Links()
    links.feed(page)
    assert len(links.players) == 2 + len(STEM_NAMES) + 1
    levels = [np.abs(soundfile.read(io.BytesIO(base64.b64decode(src.split(",")[1])))[0]).max() for src in links.players]
    assert min(levels[:2]) > 0.05 and sum(level > 0.01 for level in levels) >= 5


def test_every_figure_has_a_sentence_and_both_themes_have_colours(page):
    links = Links()
    links.feed(page)
    assert links.captions == len(re.findall("<figure>", page)) >= 7
    assert "prefers-color-scheme: dark" in page


def test_a_second_run_replaces_its_own_files_and_touches_no_other(run, folder, song_file, tmp_path):
    _, out, _ = run
    (folder / "my notes.txt").write_text("mine")
    (folder / "boosted.wav").write_text("broken")
    before = {p: p.read_bytes() for p in out.rglob("*") if p.is_file() and folder not in p.parents}
    done = command("analyze", song_file, "--out", out, "--model", "c2d_mix", cache=tmp_path)
    assert done.returncode == 0, done.stderr
    assert set(json.loads((folder / "report.json").read_text())["models"]) == {"c2d_mix"}
    assert soundfile.info(folder / "boosted.wav").duration > 3
    assert (folder / "my notes.txt").read_text() == "mine"
    assert {p: p.read_bytes() for p in before} == before and not list(out.glob(".mer-*"))


@pytest.mark.parametrize(("name", "safe"), [
    ("../../etc/passwd", "etc-passwd"), ("", "song"), ("...", "song"), ("a b (live) [HD]", "a-b-live-HD"), ("Ünï 歌", "Ünï-歌"),
    ("-rf", "rf"), ("x" * 300, "x" * 60), ("<script>", "script"), ("a\nb\x00c", "a-b-c")])
def test_safe_names(name, safe):
    assert safe_name(name) == safe


@pytest.mark.parametrize("choice", [("--model", "nonsense"), ("--separator", "nonsense")])
def test_a_wrong_choice_is_named_before_any_work(tmp_path, song_file, choice, capsys, monkeypatch):
    monkeypatch.setenv("MER_CACHE", str(tmp_path / "cache"))
    assert main(["analyze", str(song_file), "--out", str(tmp_path / "out"), *choice]) == 1
    said = capsys.readouterr().err
    assert "nonsense" in said and "there are: " in said
    assert not (tmp_path / "out").exists()


def test_only_bad_files_end_with_1_and_leave_the_folder_empty(tmp_path, bad_file, capsys, monkeypatch):
    monkeypatch.setenv("MER_CACHE", str(tmp_path / "cache"))
    assert main(["analyze", str(bad_file), str(tmp_path / "missing.wav"), "--out", str(tmp_path / "out")]) == 1
    assert "2 of 2 songs failed" in capsys.readouterr().err
    assert not list((tmp_path / "out").iterdir())


def test_models_lists_the_cards(capsys):
    assert main(["models"]) == 0
    table = capsys.readouterr().out
    assert "handcrafted_xgb" in table and "37,698" in table
    assert main(["models", "--json"]) == 0
    cards = json.loads(capsys.readouterr().out)
    assert {"handcrafted_xgb", "c2d_mix"} <= {c["name"] for c in cards} and all(c["test_error"] for c in cards)


@pytest.mark.parametrize("step", ["train", "evaluate"])
def test_training_without_data_says_where_to_get_it(tmp_path, step, capsys):
    assert main([step, "c2d_mix", "--data", str(tmp_path)]) == 1
    assert "is not in" in capsys.readouterr().err


def test_evaluate_prints_a_row_for_each_target(capsys, monkeypatch, tmp_path):
    figures = {"valence": {"r2": 0.25, "rmse": 0.3}, "compared": {"ridge": {"arousal": {"r2": 0.5}}}, "covariance": [[1.0]]}
    monkeypatch.setattr("mer_core.training.run.evaluate", lambda name, data, dataset: figures)
    monkeypatch.setattr("mer_core.training.cost.LOG", tmp_path / "costs.jsonl")
    assert main(["evaluate", "c2d_mix", "--data", str(tmp_path)]) == 0
    *table, cost = capsys.readouterr().out.splitlines()
    assert cost.startswith("took ") and cost.endswith(" of memory")
    assert [line.split() for line in table] == [
        ["r2", "rmse"], ["valence", "0.250", "0.300"], ["compared", "ridge", "arousal", "0.500", "-"]]


def test_download_asks_the_separator_and_no_other(capsys, monkeypatch):
    asked = []
    monkeypatch.setattr("mer_core.separation.demucs.Demucs.download", lambda self, progress: asked.append(self.name))
    assert main(["download", "demucs"]) == 0 and asked == ["demucs"]
    assert main(["download", "embedded"]) == 1 and "needs no download" in capsys.readouterr().err


def test_help_explains_itself(capsys):
    with pytest.raises(SystemExit) as end:
        main(["analyze", "--help"])
    said = capsys.readouterr().out
    assert end.value.code == 0 and all(word in said for word in ("--out", "--model", "--separator", "report.json"))


def test_the_boosted_sound_takes_its_parameters(capsys, tmp_path):
    arguments = parser().parse_args(["analyze", "a.wav", "--out", str(tmp_path), "--curve", "binary", "--keep", "0.2"])
    assert _sound(arguments) == SonifyParams(curve="binary", keep=0.2)
    assert main(["analyze", "a.wav", "--out", str(tmp_path), "--strength-db", "300"]) == 1
    assert "strength_db must lie between 0.0 and 120.0, not 300.0" in capsys.readouterr().err

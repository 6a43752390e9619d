"""The stored results of the deep belief network: table 3, the calibration and the curves of pre-training."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from mer_core.datasets import _gaussians
from mer_core.ellipse import COVERAGES
from mer_core.features.beats import FEATURES
from mer_core.registry import ASSETS
from mer_core.schema import TARGETS
from mer_core.training import stored
from mer_core.training.dbn_runs import Study, pretrained
from mer_core.training.evaluate import error_covariance, metrics
from mer_core.training.gaussian_regression import Gaussians, coverage, distance, divergence
from mer_core.training.mid2e import mean_and_sd
from mer_core.training.study_dbn import Row, Ship, Tested

FOLDER = ASSETS / "results"
HOME = "musifeast17"
MEASURES = ("distance", "kl")
TITLES = {"rhythm": "Rhythm", "pitch": "Pitch", "fourier": "2-D FFT of pitch", "rhythm+pitch": "Rhythm + pitch",
          "rhythm+fourier": "Rhythm + 2-D FFT of pitch"}
PAPER = {  # table 3: mean distance, KL before fine-tuning; mean distance, KL after it, each with its deviation
    ("rhythm", 0): (.146, .007, .681, .083, .139, .009, .652, .085),
    ("rhythm", 1): (.148, .007, .708, .086, .132, .013, .598, .094),
    ("rhythm", 2): (.156, .006, .754, .086, .128, .016, .582, .104),
    ("pitch", 0): (.160, .004, .786, .105, .143, .015, .678, .122),
    ("pitch", 1): (.161, .005, .792, .086, .131, .022, .618, .149),
    ("pitch", 2): (.165, .006, .815, .095, .129, .024, .608, .153),
    ("fourier", 0): (.171, .007, .889, .103, .148, .014, .716, .132),
    ("fourier", 1): (.175, .007, .926, .116, .137, .022, .669, .166),
    ("fourier", 2): (.175, .006, .915, .112, .129, .024, .620, .170),
    ("rhythm+pitch", 0): (.145, .006, .685, .082, .129, .012, .604, .091),
    ("rhythm+pitch", 1): (.147, .007, .709, .078, .117, .019, .534, .122),
    ("rhythm+pitch", 2): (.153, .007, .743, .089, .114, .022, .514, .125),
    ("rhythm+fourier", 0): (.147, .005, .707, .075, .131, .013, .606, .098),
    ("rhythm+fourier", 1): (.151, .006, .739, .077, .119, .019, .552, .128),
    ("rhythm+fourier", 2): (.156, .007, .763, .082, .113, .022, .514, .131)}
MFCC_PAPER = {"distance": [.140, .004], "kl": [.642, .069]}  # table 2
TRAP = ("The paper's text says that pitch with its 2-D FFT is best (0.113); its table 3 has no such row and gives "
        "0.113 for rhythm with the 2-D FFT of pitch, layer 2. The table is followed.")
PROTOCOL = {"data": "240 clips of 15 s, rated by 16.9 listeners each, second by second (MoodSwings Turk)",
            "protocol": "5 divisions: 50 % training, 20 % verification, 30 % test; albums kept whole",
            "pretraining": "50,000 preview clips, 4.6 million patches", "scale": "-0.5 to 0.5"}
BASELINES = {"constant": "one Gaussian for all seconds", "mfcc": "20 MFCC of each second, the same regression",
             "untrained": "Rhythm + 2-D FFT of pitch, layer 2, fine-tuned from random weights",
             **{f"input {name}": f"{title}: the patches themselves, no network" for name, title in TITLES.items()}}


def write(study: Study, table: dict, tested: Tested, ship: Ship, folder: Path = FOLDER) -> Path:
    return stored.write("dbn", results(study, table, tested, ship), folder, HOME)


def results(study: Study, table: dict, tested: Tested, ship: Ship) -> dict:
    """All that a page needs; distances as in the paper's plane of -0.5 to 0.5."""
    return {"system": "dbn", "command": f"python -m mer_core evaluate dbn --data DIR{_other(study)}", "note": TRAP,
            "paper": PROTOCOL, "here": here(study), "shipped": {"features": ship.features, "layer": ship.layer},
            "table": [line(row, stages) for row, stages in table["rows"].items()],
            "baselines": [baseline(name, each) for name, each in table["baselines"].items()],
            "tested": test_error(study, tested), "answered": answered(tested),
            "calibration": calibration(study, tested), "pretraining": {f: curves(study, f, ship) for f in FEATURES}}


def _other(study: Study) -> str:
    return "" if study.dataset.name == HOME else f" --dataset {study.dataset.name}"


def here(study: Study) -> dict:
    known, material = study.dataset, study.material
    return {"data": known.title, "dataset": known.name, "clips": len(material.clips), "left_out": list(study.left_out),
            "seconds": len(material.clip_of_second), "citation": known.citation, "licence": known.licence,
            "protocol": f"{len(study.recipe['divisions'])} divisions: 50 % training, 20 % verification, 30 % test; "
                        "artists kept whole",
            "scale": "-0.5 to 0.5", "pretraining": pretraining(study), "labels": labels(study),
            "reduced": reduced(study)}


def reduced(study: Study) -> list[str]:
    """Plain sentences on what is smaller or simpler than in the paper."""
    patches = sum(len(f.rhythm) for f in study.sound.features)
    settled = study.recipe.get("settled", []) if study.dataset.name == HOME else []
    return [f"The machines hear {patches:,} patches of four beats; the paper's heard 4.6 million.",
            "One inner fold chooses in each outer fold; errors by folds are of divisions into folds with the seeds "
            f"{', '.join(map(str, study.recipe['splits']))}, the calibration of the first.",
            *(["The rates of learning were settled on the verification parts of divisions "
               f"{', '.join(map(str, settled))}, whose clips are test clips in other divisions."] if settled else [])]


def pretraining(study: Study) -> str:
    counts = ", ".join(f"{count} of {name}" for name, count in study.sound.counts.items())
    return (f"the sound of {sum(study.sound.counts.values())} clips without their ratings ({counts}), the test clips "
            "among them; one clip in ten is only watched")


def labels(study: Study) -> str:
    if study.dataset.name != HOME:
        return "a Gaussian of the listeners' ratings for each second"
    r = _gaussians.correlation(study.dataset.root)
    return ("a Gaussian for each clip, which all its beats and seconds get: the listeners' mean and standard "
            f"deviation; that valence and arousal go together at {r:.2f} within a clip is estimated from eight groups "
            "of listeners, for all clips alike")


def line(row: Row, stages: dict) -> dict:
    paper = dict(zip(("pretrained", "finetuned"), (PAPER[row][:4], PAPER[row][4:])))
    return {"features": row[0], "layer": row[1], "title": TITLES[row[0]],
            "paper": {stage: {"distance": list(v[:2]), "kl": list(v[2:])} for stage, v in paper.items()},
            "here": {stage: over_divisions(each) for stage, each in stages.items()}}


def over_divisions(each: Sequence[dict[str, float]]) -> dict[str, list[float]]:
    """Mean and standard deviation of every measure."""
    return {name: mean_and_sd([values[name] for values in each]) for name in each[0]}


def baseline(name: str, each: Sequence[dict]) -> dict:
    found = {"name": name, "title": BASELINES[name], "here": over_divisions(each)}
    return {**found, "paper": MFCC_PAPER} if name == "mfcc" else found


def per_clip(study: Study, said: Gaussians) -> Gaussians:
    """The mean over each clip's seconds."""
    return tuple(study.material.by_clip(values) for values in said)


def test_error(study: Study, tested: Tested) -> dict:
    """target -> metrics of each clip's mean over its seconds, the errors' covariance, distance and divergence; means
    over the divisions into folds."""
    truth = per_clip(study, study.material.truth)
    found = [np.clip(per_clip(study, said)[0], -1, 1) for said in tested.said]
    each = [metrics(truth[0], values, TARGETS) for values in found]
    mean = {t: {m: round(float(np.mean([e[t][m] for e in each])), 4) for m in each[0][t]} for t in TARGETS}
    covariance = np.mean([error_covariance(truth[0], values) for values in found], axis=0)
    seconds = study.material.truth
    return {**mean, "covariance": covariance.round(7).tolist(),
            "distance": round(float(np.mean([distance(seconds, said).mean() for said in tested.said])), 4),
            "kl": round(float(np.mean([divergence(seconds, said).mean() for said in tested.said])), 4)}


def answered(tested: Tested) -> dict[str, int]:
    """How often an outer fold's inner part chose which row."""
    return dict(Counter(f"{features}, layer {layer}" for features, layer in tested.answered).most_common())


def calibration(study: Study, tested: Tested) -> dict:
    """Counts of the first division into folds: of clips (an ellipse of the seconds' mean parameters) and of seconds."""
    said, draws, seed = tested.said[0], study.recipe["draws"], study.recipe["seed"]
    truth = study.material.truth
    return {"words": "The ellipse is to hold that share of single listeners' ratings: it is their spread, not the "
                     "model's error. Ratings are drawn from each clip's own mean and spread, with a fixed seed; the "
                     "mean of all listeners spreads less, so more of the means than the share should lie inside.",
            "draws": draws, "clips": coverage(per_clip(study, truth), per_clip(study, said), COVERAGES, draws, seed),
            "seconds": coverage(truth, said, COVERAGES, draws, seed)}


def curves(study: Study, feature: str, ship: Ship) -> dict:
    """Free energy and reconstruction error of the machines that ship, a list a layer."""
    epochs, rate = ship.variants[feature]
    run = pretrained(study, feature, epochs, rate)
    return {"epochs": epochs, "rate": rate, **run.metrics,
            "layers": [[{k: v for k, v in point.items() if k != "layer"} for point in run.curve if point["layer"] == n]
                       for n in range(len(study.recipe["sizes"]))]}


def plain(study: Study, table: dict, tested: Tested) -> dict:
    """The error by folds and table 3 for a terminal."""
    def line(each: Sequence[dict]) -> dict[str, float]:
        found = over_divisions(each)
        return {f"{m}{suffix}": found[m][k] for m in MEASURES for k, suffix in enumerate(("", "_sd"))}
    error = test_error(study, tested)
    return ({"by folds": {t: error[t] for t in TARGETS}}
            | {f"{TITLES[features]} {layer} {stage}": line(each)
               for (features, layer), stages in table["rows"].items() for stage, each in stages.items()}
            | {BASELINES[name]: line(each) for name, each in table["baselines"].items()})

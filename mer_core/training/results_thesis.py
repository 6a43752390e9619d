"""The stored results of the thesis's feature route: its printed tables beside what is measured here."""

from __future__ import annotations

import json
from pathlib import Path

from mer_core import registry
from mer_core.models.nets.a2e import network_of
from mer_core.registry import ASSETS
from mer_core.training import fit_a2e, fit_mid2e, stored
from mer_core.training.mid2e import over_seeds

FOLDER = ASSETS / "results"
TITLES = {"spectrogram": "spectrogram", "chromagram": "chromagram", "both": "chromagram and spectrogram",
          "mean_chroma": "mean 12-bin chroma"}
MODELS = {"linear": "linear", "linear_interactions": "linear, interactions", "ridge": "ridge",
          "ridge_interactions": "ridge, interactions", "network": "shallow network"}
ENCODINGS = {"relative": "relative to the key", "functional": "harmonic function", "": "absolute"}
MIDDLE = "signal-based, not learned from listeners"
Runs = dict[tuple[str, str], dict[int, dict]]


def results(audio: fit_a2e.Study, runs: Runs, grids: dict[str, tuple[fit_mid2e.Study, dict]], drawn: dict) -> dict:
    """All that a page needs. `runs`: (route, input) -> seed -> figures; `grids`: data set -> (study, feature set ->
    model -> figures of each seed); `drawn`: data set -> study_thesis.figures'."""
    known = registry.get("datasets", audio.name)
    printed = json.loads((FOLDER / "paper.json").read_text(encoding="utf-8"))
    paper = {name: {row["name"]: row for row in printed["tables"][f"thesis_{name}"]["rows"]}
             for name in ("a2e", "a2mid", "mid2e")}
    here = {"data": known.title, "dataset": known.name, "clips": len(audio.clips), "citation": known.citation,
            "licence": known.licence, "targets": list(audio.targets), "unit": known.unit,
            "felt": known.name == "emotify",
            "protocol": "a seed draws a fifth of the clips, groups kept together, to test on; a fifth of the rest "
                        "tells a network when to stop; scales and means come from the training part",
            "middle": MIDDLE, "reduced": reduced(audio, runs)}
    return {"system": "thesis", "command": "python -m mer_core evaluate thesis --data DIR",
            "paper": printed["papers"]["thesis"], "here": here,
            "a2e": [{"name": given, "title": title, "parameters": size(given, len(audio.targets)),
                     "paper": paper["a2e"].get(given), "here": seen(runs, "a2e", given, audio.targets)}
                    for given, title in TITLES.items()],
            "a2mid": [{"name": given, "title": TITLES[given], "middle": MIDDLE, "paper": paper["a2mid"].get(given),
                       "here": seen(runs, "a2mid", given, audio.mid_names)} for given in TITLES],
            "routes": routes(runs, audio.targets),
            "mid2e": {name: grid_rows(study, found, paper["mid2e"]) for name, (study, found) in grids.items()},
            "data": {name: {"title": study.dataset.title, "clips": len(study.clips), "targets": list(study.targets),
                            "unit": study.dataset.unit} for name, (study, _) in grids.items()},
            "figures": drawn}


def seen(runs: Runs, route: str, given: str, targets) -> dict | None:
    """Figures over the seeds; None where no run was made."""
    found = runs.get((route, given))
    return over_seeds(list(found.values()), targets) if found else None


def size(given: str, outputs: int) -> int:
    return sum(p.numel() for p in network_of(given, outputs).parameters())


def routes(runs: Runs, targets) -> list[dict]:
    """A row for each route and input; `cost` is the correlation (mean over the targets) that is lost against A2E on the
    same seeds: its mean, standard deviation and number of seeds."""
    titles = {"a2e": "A2E", "a2mid2e": "A2Mid2E", "joint": "A2Mid2E, joint"}
    return [{"route": route, "input": given, "title": f"{title}, {TITLES[given]}", "paper": None,
             "here": seen(runs, route, given, targets),
             "cost": None if route == "a2e" else fit_a2e.cost(runs.get(("a2e", given), {}), runs[route, given]) or None}
            for given in TITLES for route, title in titles.items() if (route, given) in runs]


def grid_rows(study: fit_mid2e.Study, found: dict, paper: dict) -> list[dict]:
    rows = []
    for name, models in found.items():
        count, _, kind = name.partition(" ")
        for model, each in models.items():
            rows.append({"name": f"{name}-{model}", "set": name, "model": model,
                         "features": len(study.tables[name].names), "encoding": ENCODINGS[kind], "title": f"{name} features, {MODELS[model]}",
                         "paper": paper.get(f"{name}-{model}"), "here": over_seeds(each, study.targets)})
    return rows


def reduced(audio: fit_a2e.Study, runs: Runs) -> list[str]:
    """Plain sentences for the reader of a table."""
    plan = audio.recipe["plan"]
    epochs = {given: plan[given]["epochs"] for given in TITLES if ("a2e", given) in runs}
    counted = ", ".join(f"{TITLES[given]} {len(runs['a2e', given])}" for given in epochs)
    missing = [TITLES[given] for given in TITLES if ("a2e", given) not in runs]
    return ["Emotify's nine felt emotions stand in for the eight expressed ones of Soundtracks, which is not at hand.",
            f"Seeds of A2E: {counted}; the thesis has four of each.",
            "At most " + ", ".join(f"{n} epochs ({TITLES[given]})" for given, n in epochs.items()) + ".",
            "A network on pictures sees windows of 10 s, drawn anywhere in a clip of 60 s; its answer is the mean over "
            "three.",
            *(["The branches of chromagram and spectrogram together are those of the runs on one picture and stay as "
               "they are; only the head is learnt."] if plan["both"].get("fixed") else []),
            *([f"Not run here: {', '.join(missing)}."] if missing else []),
            "The Mid-level set is not at hand, so no network learnt descriptors from listeners: the middle layer is "
            "the seven signal-based ones, of the middle 30 s of a clip.",
            "Mean squared errors are in the ratings' own unit and not comparable with the thesis's."]


def write(found: dict, folder: Path | None = None) -> Path:
    """assets/results/thesis.json for Emotify; thesis-DATASET.json for another."""
    return stored.write("thesis", found, folder or FOLDER, home="emotify")

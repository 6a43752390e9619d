"""Results of the harmonics study as training/results_harmonics.py stores them, with figures that are known."""

from mer_core.results import STORED

QUADRANTS = ("exuberance", "anxiety", "sadness", "contentment")
COUNTS = [[8, 1, 0, 1], [1, 9, 0, 0], [0, 0, 6, 4], [2, 0, 3, 5]]


def row(name: str, title: str, f1: float, paper: float | None, parameters: int) -> dict:
    here = {"macro_f1": f1, "accuracy": 0.7, "valence_side": 0.75, "arousal_side": 0.9}
    return {"name": name, "title": title, "parameters": parameters, "epochs": 2, "paper": {"f1": paper}, "here": here,
            "interval": [f1 - 0.05, f1 + 0.05], "clips": 40, "confusion": COUNTS,
            "quadrants": {name: {"precision": 0.7, "recall": 0.6, "f1": 0.1 * k} for k, name in enumerate(QUADRANTS)}}


def contrast(name: str, of: str, d: float, wide: float = 0.2) -> dict:
    return {"name": name, "of": of, "q4": 0.2, "q2": 0.1, "clips": [10, 10], "d": d, "d_interval": [d - wide, d + wide],
            "auc": 0.5 + d / 4, "auc_interval": [0.45 + d / 4, 0.55 + d / 4]}


def rows(d: float, other: float, picture: float, wide: float = 0.2) -> list[dict]:
    return [contrast(name, of, value, wide) for of in ("said", "true")
            for name, value in (("relu", d), ("drawn", other), ("signed", d), ("picture", picture))]


def elsewhere(d: float) -> dict:
    found = contrast("relu", "", d)
    return {"words": "songs of Q1 and Q3", "rows": [{key: value for key, value in found.items() if key != "of"}]}


def clips() -> list[dict]:
    return [{"id": f"{q}{i}", "title": f"Song {q}{i}", "truth": q, "said": (q + (i == 0)) % 4, "drawn": 0.1 * i, "relu": 0.01 * i}
            for q in range(4) for i in range(10)]


def stored(d: float = -0.6) -> dict:
    table = [row("harmonics", "harmonics CNN: each branch hears one pitch class", 0.61, 0.51, 98_000),
             row("random", "the same network on random bands", 0.58, None, 98_000),
             row("plain", "plain CNN, square kernels", 0.5, 0.48, 5_000_000)]
    curve = [{"epoch": 1, "loss": 1.2}, {"epoch": 2, "loss": 0.9}]
    return {"system": "harmonics", "command": STORED["harmonics"].command, "quadrants": list(QUADRANTS), "table": table,
            "paper": {"data": "Soundtracks and DEAM", "protocol": "10 folds", "where": "abstract", "f1": 0.51, "plain_f1": 0.48},
            "here": {"data": "Toy", "dataset": "4q", "clips": 40, "protocol": "none", "reduced": ["Few songs."]},
            "against": {"random": {"macro_f1": 0.03, "clips": 40, "interval": [-0.02, 0.08]},
                        "plain": {"macro_f1": 0.11, "clips": 20, "interval": [0.04, 0.18]}},
            "curves": {"harmonics": curve, "random": curve, "plain": []},
            "brightness": {"measures": {"relu": "mean of the map", "drawn": "a share", "signed": "both signs",
                                        "picture": "the input"}, "of": {"said": "", "true": ""}, "rows": rows(d, 0.3, 0.7),
                           "elsewhere": elsewhere(-0.5),
                           "clips": clips()}}

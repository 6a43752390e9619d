"""Stored results of a deep belief network as its command writes them, with figures made up for a test."""

from mer_core import results as stored


def cells(distance: float, kl: float) -> dict:
    return {"distance": [distance, 0.005], "kl": [kl, 0.01]}


def row(features: str, layer: int, title: str, distance: float, kl: float) -> dict:
    return {"features": features, "layer": layer, "title": title,
            "paper": {"pretrained": {"distance": [.156, .006], "kl": [.754, .086]},
                      "finetuned": {"distance": [.128, .016], "kl": [.582, .104]}},
            "here": {"pretrained": cells(distance + 0.01, kl + 0.1), "finetuned": cells(distance, kl)}}


def layer(scale: float) -> list[dict]:
    return [{"epoch": epoch, "free_energy_train": 90.0 * scale - epoch, "free_energy_held": 93.0 * scale - epoch,
             "reconstruction_train": left * scale, "reconstruction_held": left * scale}
            for epoch, left in ((0, 0.9), (5, 0.6), (10, 0.4))]


def inside(ratings: float) -> list[dict]:
    return [{"share": share, "of": 100, "means_inside": 98, "ratings": 1000, "ratings_inside": int(1000 * held)}
            for share, held in ((0.5, ratings), (0.8, 0.83), (0.95, 0.97))]


def results() -> dict:
    return {"command": stored.STORED["dbn"].command, "note": "The text says otherwise.",
            "here": {"data": "Toy", "clips": 100, "protocol": "none", "reduced": ["Two divisions."],
                     "labels": "One Gaussian for each clip", "pretraining": "ten clips"},
            "table": [row("rhythm", 2, "Rhythm", 0.150, 0.80), row("pitch", 0, "Pitch", 0.170, 0.95)],
            "baselines": [{"name": "constant", "title": "one Gaussian for all seconds", "here": cells(0.200, 1.0)},
                          {"name": "mfcc", "title": "20 MFCC", "here": cells(0.160, 0.9),
                           "paper": {"distance": [.140, .004], "kl": [.642, .069]}},
                          {"name": "untrained", "title": "from random weights", "here": cells(0.155, 0.85)}],
            "tested": {"valence": {"r2": 0.21}, "arousal": {"r2": 0.53}, "distance": 0.16, "kl": 0.8},
            "answered": {"rhythm, layer 2": 7, "pitch, layer 0": 3},
            "calibration": {"words": "Ratings are drawn.", "clips": inside(0.55), "seconds": inside(0.56)},
            "pretraining": {"rhythm": {"layers": [layer(1.0), layer(0.1)]}, "pitch": {"layers": [layer(1.0)]}}}

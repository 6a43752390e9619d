"""The card of the harmonics CNN: facts, the figures measured here and the paper's own."""

from __future__ import annotations

import numpy as np

from mer_core import registry
from mer_core.models._harmonics import HOP, INPUT, MULTIPLES, OCTAVES, WINDOW
from mer_core.schema import ModelCard
from mer_core.training import results_harmonics, weights_file
from mer_core.training.card_ridge import source

LIMITS = (
    "It says one of four quadrants and no degree: music near the middle of the plane gets an answer all the same.",
    "The labels come from the mood words of editors for whole songs, not from listeners to these clips.",
    "A probability is how sure the network is, which is not how often it is right.",
    "Under about 200 Hz its bands are wider than a semitone: neighbouring pitch classes share their lowest harmonics.",
    "It is blind to what lies over 7.6 kHz, and to bands that hold no harmonic in its table.",
    "It hears one channel, and how loud the file is.",
)


def card(study, found: np.ndarray, parameters: int, digest: str) -> ModelCard:
    """`found` (N, 4) holds the out-of-fold answers; `digest` is the sha256 of the weights file."""
    recipe, spec = study.recipe, INPUT.spec
    name, rated = recipe["model"], registry.get("datasets", recipe["rated"])
    return ModelCard(
        name=name, title="Harmonics CNN, four quadrants", kind="classes", unit="log-odds",
        summary="Twelve small branches, one a pitch class, hear its harmonics and say which quadrant a song is in.",
        takes={"sample_rate": spec.sr, "window": WINDOW, "hop": HOP,
               "input": f"log-mel, {spec.n_mels} bands to {spec.top:.0f} Hz that move with the song's tuning, FFT "
                        f"{spec.n_fft}, hop {spec.hop}, {INPUT.frames} columns, (dB {-INPUT.floor:+.0f}) / "
                        f"{INPUT.scale:.0f}, silence is 0; a branch reads {MULTIPLES} multiples of {OCTAVES} notes"},
        gives=("audio", "gradients", "harmonics"), targets=results_harmonics.QUADRANTS, parameters=parameters,
        study=True, trained_on=(source(rated, len(study.clips), "quadrants"),),
        test_error={"protocol": results_harmonics.protocol(recipe), "reduced": results_harmonics.reduced(recipe),
                    "clips": len(study.clips), **results_harmonics.figures(study.truth, found)},
        reported=results_harmonics.PAPER, weights=weights_file.NAME, digest=digest,
        licence="weights: non-commercial research, as the terms of the training data ask",
        paper="A Theory-Based Explainable Deep Learning Architecture for Music Emotion, arXiv 2408.07113, read in a "
              "summary",
        limits=LIMITS, commands={"train": f"python -m mer_core train {name} --data DIR",
                                 "evaluate": f"python -m mer_core evaluate {name} --data DIR"})

"""The cards of the vision transformers: facts, the figures measured here and the thesis' own."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from mer_core import registry
from mer_core.models._vit import INPUT
from mer_core.schema import SCALE, TARGETS, ModelCard
from mer_core.training import results_vit, weights_file
from mer_core.training.card_ridge import papers, source
from mer_core.training.source_models import Study

TITLES = {
    "vit_happy_sad": ("Vision transformer, happy or sad",
                      "A small vision transformer reads 10 seconds of spectrogram and says happy or sad."),
    "vit_va": ("Vision transformer, valence and arousal", "A small vision transformer reads 10 seconds of spectrogram.")}
LIMITS = (
    "Its spectrogram has rows of equal width in hertz, 49 Hz each: it tells low notes apart badly, and treble takes "
    "half of the picture.",
    "It learnt first what two larger networks hear, so it shares their blind spots.",
    "It hears one channel, nothing under -40 dB in a row, and how loud the file is.",
)
OF_CLASSES = (
    "Happy and sad stand for two corners of the plane, pleasant and energetic against unpleasant and calm. Music that "
    "is neither, such as tense or tender music, gets an answer all the same.",
    "The labels come from the mood words of editors for whole songs, not from listeners to these clips.",
    "A probability is how sure the network is, which is not how often it is right.",
)
OF_RATINGS = (
    "Valence is known much less well than arousal: compare their errors.",
    "It had heard the rated clips before, without their ratings, while it learnt what the larger networks hear; that "
    "may flatter its figures.",
    "The 356 rated clips have no words, and their ratings lean to the positive half.",
)


def card(study: Study, found: Mapping[int, np.ndarray], heard: tuple[dict, ...], parameters: int,
         digest: str) -> ModelCard:
    """`found` holds division -> (N, K) out-of-fold answers, `heard` what the network it started from had learnt
    from, as cards have it; `digest` is the sha256 of the weights file."""
    recipe, spec = study.recipe, INPUT.spec
    rated = registry.get("datasets", recipe["rated"])
    name, classes = recipe["model"], recipe["kind"] == "classes"
    title, summary = TITLES[name]
    return ModelCard(
        name=name, title=title, summary=summary, kind=recipe["kind"], unit="log-odds" if classes else SCALE,
        takes={"sample_rate": spec.sr, "window": 10.0, "hop": 5.0,
               "input": f"log spectrogram, {spec.rows} rows of equal width to {spec.sr // 2} Hz, FFT {spec.n_fft}, "
                        f"hop {spec.hop}, {INPUT.frames} columns, (dB {-INPUT.floor:+.0f}) / {INPUT.scale:.0f}, silence is 0"},
        gives=("audio", "gradients", "transformer"), targets=results_vit.CLASSES if classes else TARGETS,
        parameters=parameters,
        study=True, trained_on=(source(rated, len(study.clips), "happy and sad clips" if classes else "ratings"), *heard),
        test_error={"protocol": results_vit.protocol(recipe), "reduced": results_vit.reduced(recipe),
                    "clips": len(study.clips), **results_vit.figures(study, found)},
        reported=results_vit.PAPER if classes else {}, weights=weights_file.NAME, digest=digest,
        licence="weights: non-commercial research, as the terms of the training data ask",
        paper="G. Zuliani, Explainability Methods in Music Emotion Recognition, Politecnico di Torino, 2025, section 5.2; "
              "A. Dosovitskiy et al., An Image is Worth 16x16 Words, ICLR 2021; " + papers(True),
        limits=(*(OF_CLASSES if classes else OF_RATINGS), *LIMITS),
        commands={"train": f"python -m mer_core train {name} --data DIR",
                  "evaluate": f"python -m mer_core evaluate {name} --data DIR"})

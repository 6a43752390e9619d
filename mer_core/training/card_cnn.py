"""The card of the network on 3 s chunks that ships: its facts, the figures measured here and the paper's own."""

from __future__ import annotations

import numpy as np

from mer_core import registry
from mer_core.models.cnn_se_gru_attention import INPUT
from mer_core.models.nets.cnn_family import NETWORKS
from mer_core.schema import TARGETS, ModelCard
from mer_core.training.evaluate import error_covariance, metrics
from mer_core.training.results_cnn import PAPER, PRINTED, TITLES, protocol, reduced
from mer_core.training.source_models import Study

LIMITS = (
    "Each chunk of 3 s was taught the rating of its whole clip of 30 s, so the curve over time is smoother in its data "
    "than in the music.",
    "Attention says which moments the network reads, not why, and the state it reads has heard all earlier ones of its "
    "chunk; compare it with what leaving a moment out does.",
    "The rated clips are instrumental; what a voice or its words do was learnt only from the quadrants of 4Q.",
    "Valence is known much less well than arousal: compare their errors.",
    "It hears how loud the file is: the same music turned up by 6 dB may move.",
    "It hears one channel, and nothing quieter than -60 dB in a band.",
)


def card(study: Study, name: str, predicted: np.ndarray, weights: str, digest: str, evenness: float,
         largest: float) -> ModelCard:
    """`predicted` (N, 2) are the out-of-fold predictions; `digest` is the sha256 of the weights file; `evenness` and
    `largest` weight of the attention as fit_cnn.attended gives them."""
    rated, weak = (registry.get("datasets", study.recipe[k]) for k in ("rated", "weak"))
    truth, spec = study.ratings, INPUT.spec
    return ModelCard(
        name=name, title=TITLES[name],
        summary="A small network that reads 3 seconds of sound step by step and says which moments it counted most.",
        takes={"sample_rate": spec.sr, "window": 3.0, "hop": 3.0,
               "input": f"log-mel spectrogram, {spec.n_mels} bands to {spec.sr // 2} Hz, FFT {spec.n_fft}, "
                        f"hop {spec.hop}, {INPUT.frames} columns, (dB {-INPUT.floor:+.0f}) / {INPUT.scale:.0f}, silence is 0"},
        gives=("audio", "gradients", "attention"), targets=TARGETS,
        parameters=sum(p.numel() for p in NETWORKS[name]().parameters()),
        trained_on=(
            {"data": rated.title, "clips": len(study.clips), "use": "ratings", "licence": rated.licence,
             "citation": rated.citation, "url": rated.url},
            {"data": weak.title, "clips": len(study.weak), "use": "pre-training on quadrants, without the artists of "
             f"{rated.title}", "licence": weak.licence, "citation": weak.citation, "url": weak.url}),
        test_error={"protocol": protocol(study.recipe), "reduced": reduced(study.recipe), "clips": len(study.clips),
                    **metrics(truth, predicted, TARGETS),
                    "covariance": error_covariance(truth, predicted).round(6).tolist(),
                    "attention": {"evenness": round(evenness, 4), "largest": round(largest, 4)}},
        reported={"system": TITLES[name], "data": PAPER["data"], "protocol": PAPER["protocol"],
                  **{t: {"r2": PRINTED[name][k][0]} for k, t in enumerate(TARGETS)}},
        weights=weights, digest=digest,
        licence="weights: non-commercial research, as the terms of the training data ask",
        paper="A. Gupta, Modeling Arousal and Valence in Music: A Computational Approach to Affective Audio Analysis, "
              "2025",
        limits=(*LIMITS, f"Its attention {'is nearly even' if evenness > 0.9 else 'chooses'}: the largest of a chunk's "
                         f"16 weights is {largest:.3f} on average, where an even one is 0.063."),
        commands={"train": f"python -m mer_core train {name} --data DIR",
                  "evaluate": f"python -m mer_core evaluate {name} --data DIR"})

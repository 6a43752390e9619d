"""The cards of the networks on 3 s chunks: their facts, the figures measured here and the paper's own."""

from __future__ import annotations

import numpy as np

from mer_core import registry
from mer_core.models._chunks import INPUT
from mer_core.models.nets.cnn_family import NETWORKS
from mer_core.schema import TARGETS, ModelCard
from mer_core.training.evaluate import error_covariance, metrics
from mer_core.training.results_cnn import PAPER, PRINTED, TITLES, protocol, reduced
from mer_core.training.source_models import Study

SUMMARIES = {
    "cnn": "A small network that looks at a picture of 3 seconds of sound as one.",
    "cnn_se_temporal": "A small network that looks along the time of 3 seconds of sound, half a second at once.",
    "cnn_se_gru": "A small network that reads 3 seconds of sound step by step and answers after the last one.",
    "cnn_se_gru_attention":
        "A small network that reads 3 seconds of sound step by step and says which moments it counted most.",
}
ATTENTION = ("Attention says which moments the network reads, not why, and the state it reads has heard all earlier "
             "ones of its chunk; compare it with what leaving a moment out does.")
CUT = ("Where its windows of 3 s are cut matters a little: half a second later, arousal moved by 0.02 to 0.03 on the "
       "demo tracks.")
LIMITS = (
    "Each chunk of 3 s was taught the rating of its whole clip of 30 s, so the curve over time is smoother in its data "
    "than in the music.",
    "The rated clips have no words, and few a voice; what these do was learnt only from the quadrants of 4Q.",
    "Valence is known much less well than arousal: compare their errors.",
    "It hears how loud the file is: the same music turned up by 6 dB may move.",
    "It hears one channel, and nothing quieter than -60 dB in a band.",
)


def card(study: Study, name: str, predicted: np.ndarray, weights: str, digest: str,
         attention: tuple[float, float] | None, reacting: float) -> ModelCard:
    """`predicted` (N, 2) are the out-of-fold predictions; `digest` is the sha256 of the weights file; `attention` is how
    even it is and its largest weight, as fit_cnn.attended gives them, for a network that has it; `reacting` is
    fit_cnn.reacting's."""
    rated, weak = (registry.get("datasets", study.recipe[k]) for k in ("rated", "weak"))
    truth, spec = study.ratings, INPUT.spec
    return ModelCard(
        name=name, title=TITLES[name],
        summary=SUMMARIES[name], study=attention is None,
        takes={"sample_rate": spec.sr, "window": 3.0, "hop": 3.0,
               "input": f"log-mel spectrogram, {spec.n_mels} bands to {spec.sr // 2} Hz, FFT {spec.n_fft}, "
                        f"hop {spec.hop}, {INPUT.frames} columns, (dB {-INPUT.floor:+.0f}) / {INPUT.scale:.0f}, silence is 0"},
        gives=("audio", "gradients", *(("attention",) if attention else ())), targets=TARGETS,
        parameters=sum(p.numel() for p in NETWORKS[name]().parameters()),
        trained_on=(
            {"data": rated.title, "clips": len(study.clips), "use": "ratings", "licence": rated.licence,
             "citation": rated.citation, "url": rated.url},
            {"data": weak.title, "clips": len(study.weak), "use": "pre-training on quadrants, without the artists of "
             f"{rated.title}", "licence": weak.licence, "citation": weak.citation, "url": weak.url}),
        test_error={"protocol": protocol(study.recipe), "reduced": reduced(study.recipe), "clips": len(study.clips),
                    **metrics(truth, predicted, TARGETS),
                    "covariance": error_covariance(truth, predicted).round(6).tolist(),
                    **(attended(*attention) if attention else {})},
        reported={"system": TITLES[name], "data": PAPER["data"], "protocol": PAPER["protocol"],
                  **{t: {"r2": PRINTED[name][k][0]} for k, t in enumerate(TARGETS)}},
        weights=weights, digest=digest,
        licence="weights: non-commercial research, as the terms of the training data ask",
        paper="A. Gupta, Modeling Arousal and Valence in Music: A Computational Approach to Affective Audio Analysis, "
              "2025",
        limits=(*limits(attention), *few(reacting)),
        commands={"train": f"python -m mer_core train {name} --data DIR",
                  "evaluate": f"python -m mer_core evaluate {name} --data DIR"})


def few(reacting: float) -> tuple[str, ...]:
    """A sentence where fewer than a tenth of the 128 hidden units are above zero in a chunk."""
    return () if reacting > 12.8 else (
        f"Of its 128 hidden units {reacting:.1f} react in a chunk, on average; the others died in training. Where none "
        "reacts, what is heard moves nothing, and there is nothing to explain.",)


def attended(evenness: float, largest: float) -> dict:
    return {"attention": {"evenness": round(evenness, 4), "largest": round(largest, 4)}}


def limits(attention: tuple[float, float] | None) -> tuple[str, ...]:
    if attention is None:
        return (*LIMITS, CUT)
    even, largest = attention
    return (LIMITS[0], ATTENTION, *LIMITS[1:],
            f"Its attention {'is nearly even' if even > 0.9 else 'chooses'}: the largest of a chunk's 16 weights is "
            f"{largest:.3f} on average, where an even one is 0.063.")

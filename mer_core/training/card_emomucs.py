"""The card of EmoMucs: its facts, the figures measured here and the paper's own."""

from collections.abc import Sequence

from mer_core.datasets._base import Clip
from mer_core.datasets.musifeast17 import Musifeast17
from mer_core.datasets.quadrants_4q import Quadrants4Q
from mer_core.models.c2d_mix import INPUT
from mer_core.schema import TARGETS, ModelCard
from mer_core.training.results_emomucs import TABLE_2, paper_cell, protocol, reduced

TITLES = {"c1d": "C1D", "c2d": "C2D"}
LIMITS = (
    "It hears the stems of the embedded separator, which hold traces of each other; with other stems its error is unknown.",
    "The rated clips are instrumental: the stem called vocals held whatever led the tune, and no singing was rated.",
    "Valence is known much less well than arousal: compare their errors.",
    "The ratings lean to the positive half, so strongly unpleasant music is pulled towards the middle.",
    "What the separation leaves over (the residual) is not heard.",
    "It hears up to 6 kHz, one channel, and nothing quieter than -70 dB in a band of a stem.",
    "A song shorter than 20 s is taken as it is, where the paper pads it with silence; under 5 s it knows less.",
    "Ratings are of clips of 30 s; the value of a whole song is the mean over its windows, which nobody rated.",
)


def card(rated: Sequence[Clip], weak: Sequence[Clip], measured: dict, recipe: dict, parameters: int, weights: str,
         digest: str) -> ModelCard:
    """`measured` is fit_emomucs.report's; `digest` is the sha256 of the weights file."""
    spec, (network, fusion, training) = INPUT.spec, (recipe["shipped"][k] for k in ("network", "fusion", "training"))
    return ModelCard(
        name="emomucs", title="EmoMucs on the stems",
        summary="Four small networks, one for each stem, and two layers that weigh what they say, 20 seconds at a time.",
        takes={"sample_rate": spec.sr, "window": 20.0, "hop": 10.0, "stems": "embedded",
               "input": f"log-mel spectrograms of four stems with one reference, {spec.n_mels} bands to {spec.sr // 2} Hz, "
                        f"FFT {spec.n_fft}, hop {spec.hop}, (dB {-INPUT.floor:+.0f}) / {INPUT.scale:.0f}, silence is 0"},
        gives=("audio", "gradients", "fusion"), targets=TARGETS, parameters=parameters,
        trained_on=(
            {"data": Musifeast17.title, "clips": len(rated), "use": "ratings", "licence": Musifeast17.licence,
             "citation": Musifeast17.citation, "url": Musifeast17.url},
            {"data": Quadrants4Q.title, "clips": len(weak), "use": "pre-training on quadrants, without the artists of "
             "MUSIFEAST-17", "licence": Quadrants4Q.licence, "citation": Quadrants4Q.citation, "url": Quadrants4Q.url}),
        test_error={"protocol": protocol(recipe), "clips": len(rated), **measured},
        reported={"system": f"EmoMucs-{TITLES[network]}, {fusion} fusion, {training}", "data": "PMEmo",
                  "protocol": "nested 5-fold cross-validation", **paper_cell(TABLE_2[f"{network}-{fusion}-{training}"])},
        weights=weights, digest=digest,
        licence="weights: non-commercial research, as the terms of the training data ask",
        paper="J. de Berardinis, A. Cangelosi, E. Coutinho, The Multiple Voices of Musical Emotions: Source Separation "
              "for Improving Music Emotion Recognition Models and Their Interpretability, ISMIR 2020",
        limits=(*LIMITS, *(f"Short of the paper's protocol: {line}" for line in reduced(recipe)[:3])),
        commands={"train": "python -m mer_core train emomucs --data DIR",
                  "evaluate": "python -m mer_core evaluate emomucs --data DIR --dataset musifeast17"})

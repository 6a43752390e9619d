"""The card of C1D on the mix: its facts, the figures measured here and the paper's own."""

from collections.abc import Sequence

from mer_core.datasets._base import Clip
from mer_core.datasets.musifeast17 import Musifeast17
from mer_core.datasets.quadrants_4q import Quadrants4Q
from mer_core.models.c1d_mix import INPUT
from mer_core.schema import TARGETS, ModelCard
from mer_core.training.results_emomucs import TABLE_1, paper_cell, protocol

LIMITS = (
    "The weakest of the models on pictures of sound, here as in the paper; kept for the comparison.",
    "Its last layers know where in the window a sound is, so the same music a second later moves a little.",
    "The rated clips are instrumental; what a voice or its words do was learnt only from the quadrants of 4Q.",
    "Valence is known much less well than arousal: compare their errors.",
    "It hears up to 6 kHz, one channel, and nothing quieter than -70 dB in a band.",
    "A song shorter than 20 s is padded with silence, which it takes for calm.",
    "Ratings are of clips of 30 s; the value of a whole song is the mean over its windows, which nobody rated.",
)


def card(rated: Sequence[Clip], weak: Sequence[Clip], measured: dict, recipe: dict, weights: str, digest: str) -> ModelCard:
    """`measured` is fit_emomucs.report's; `recipe` is the study's; `digest` is the sha256 of the weights file."""
    spec = INPUT.spec
    return ModelCard(
        name="c1d_mix", title="C1D on the mix",
        summary="A small network that looks along the time of a picture of the sound, 20 seconds at a time.",
        takes={"sample_rate": spec.sr, "window": 20.0, "hop": 10.0,
               "input": f"log-mel spectrogram, {spec.n_mels} bands to {spec.sr // 2} Hz, FFT {spec.n_fft}, "
                        f"hop {spec.hop}, (dB {-INPUT.floor:+.0f}) / {INPUT.scale:.0f}, silence is 0"},
        gives=("audio", "gradients"), targets=TARGETS, parameters=86_354,
        trained_on=(
            {"data": Musifeast17.title, "clips": len(rated), "use": "ratings", "licence": Musifeast17.licence,
             "citation": Musifeast17.citation, "url": Musifeast17.url},
            {"data": Quadrants4Q.title, "clips": len(weak), "use": "pre-training on quadrants, without the artists of "
             "MUSIFEAST-17", "licence": Quadrants4Q.licence, "citation": Quadrants4Q.citation, "url": Quadrants4Q.url}),
        test_error={"protocol": protocol(recipe), "clips": len(rated), **measured},
        reported={"system": "C1D-M", "data": "PMEmo", "protocol": "nested 5-fold cross-validation",
                  **paper_cell(TABLE_1["c1d-M"])},
        weights=weights, digest=digest,
        licence="weights: non-commercial research, as the terms of the training data ask",
        paper="J. de Berardinis, A. Cangelosi, E. Coutinho, The Multiple Voices of Musical Emotions: Source Separation "
              "for Improving Music Emotion Recognition Models and Their Interpretability, ISMIR 2020",
        limits=LIMITS,
        commands={"train": "python -m mer_core train c1d_mix --data DIR",
                  "evaluate": "python -m mer_core evaluate c1d_mix --data DIR"})

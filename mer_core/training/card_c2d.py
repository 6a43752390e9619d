"""The card of C2D on the mix: its facts, the figures measured here and the paper's own."""

from collections.abc import Sequence

from mer_core.datasets._base import Clip
from mer_core.datasets.musifeast17 import Musifeast17
from mer_core.datasets.quadrants_4q import Quadrants4Q
from mer_core.models.c2d_mix import INPUT, C2DMix
from mer_core.schema import TARGETS, ModelCard

PROTOCOL = ("artist-grouped 5-fold cross-validation on MUSIFEAST-17, every clip predicted once by a model that knew no "
            "clip of its artist; mean of three 20 s windows; the recipe was chosen on folds inside one training part, so "
            "this is not a nested cross-validation")
LIMITS = (
    "Trained on two processor cores with less than the paper's protocol: pre-training on crops of 10 s for few epochs, "
    "the first two blocks fixed after it, and no nested cross-validation.",
    "The rated clips are instrumental; what a voice or its words do was learnt only from the quadrants of 4Q.",
    "Valence is known much less well than arousal: compare their errors.",
    "The ratings lean to the positive half, so strongly unpleasant music is pulled towards the middle.",
    "It hears up to 6 kHz, one channel, and nothing quieter than -70 dB in a band.",
    "It hears how loud the file is: the same music turned up by 6 dB may move a little.",
    "A song shorter than 20 s is taken as it is, where the paper pads it with silence; under 5 s it knows less.",
    "Ratings are of clips of 30 s; the value of a whole song is the mean over its windows, which nobody rated.",
)


def card(rated: Sequence[Clip], weak: Sequence[Clip], measured: dict, weights: str, digest: str) -> ModelCard:
    """`measured` is fit_c2d.report's; `digest` is the sha256 of the weights file."""
    spec = INPUT.spec
    return ModelCard(
        name=C2DMix.name, title="C2D on the mix",
        summary="A small network that looks at a picture of the sound, 20 seconds at a time.",
        takes={"sample_rate": spec.sr, "window": 20.0, "hop": 10.0,
               "input": f"log-mel spectrogram, {spec.n_mels} bands to {spec.sr // 2} Hz, FFT {spec.n_fft}, "
                        f"hop {spec.hop}, (dB {-INPUT.floor:+.0f}) / {INPUT.scale:.0f}, silence is 0"},
        gives=("audio", "gradients", "layers"), targets=TARGETS, parameters=37_698,
        trained_on=(
            {"data": Musifeast17.title, "clips": len(rated), "use": "ratings", "licence": Musifeast17.licence,
             "citation": Musifeast17.citation, "url": Musifeast17.url},
            {"data": Quadrants4Q.title, "clips": len(weak), "use": "pre-training on quadrants, without the artists of "
             "MUSIFEAST-17", "licence": Quadrants4Q.licence, "citation": Quadrants4Q.citation, "url": Quadrants4Q.url}),
        test_error={"protocol": PROTOCOL, "clips": len(rated), **measured},
        reported={"system": "C2D-M", "data": "PMEmo", "protocol": "nested 5-fold cross-validation",
                  "valence": {"r2": 0.414}, "arousal": {"r2": 0.610}},
        weights=weights, digest=digest,
        licence="weights: non-commercial research, as the terms of the training data ask",
        paper="J. de Berardinis, A. Cangelosi, E. Coutinho, The Multiple Voices of Musical Emotions: Source Separation "
              "for Improving Music Emotion Recognition Models and Their Interpretability, ISMIR 2020",
        limits=LIMITS,
        commands={"train": "python -m mer_core train c2d_mix --data DIR",
                  "evaluate": "python -m mer_core evaluate c2d_mix --data DIR"})

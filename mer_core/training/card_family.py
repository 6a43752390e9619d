"""What the cards of C1D, C2D and EmoMucs share."""

from collections.abc import Mapping, Sequence

from mer_core.datasets._base import Clip
from mer_core.datasets.musifeast17 import Musifeast17
from mer_core.datasets.quadrants_4q import Quadrants4Q
from mer_core.models.c2d_mix import INPUT
from mer_core.schema import TARGETS, ModelCard

VALENCE = "Valence is known much less well than arousal: compare their errors."
POSITIVE = "The ratings lean to the positive half, so strongly unpleasant music is pulled towards the middle."
INSTRUMENTAL = ("The rated clips have no words, and few a voice; what these do was learnt only from the quadrants of "
                "4Q.")
UNSUNG = ("The rated clips have no words, and one in four a voice: the stem called vocals mostly held whatever led the "
          "tune.")
EARS = "It hears up to 6 kHz, one channel, and nothing quieter than -70 dB in a band"
PADDED = "A song shorter than 20 s is padded with silence, which it takes for calm."
SHORT = "A song shorter than 20 s is taken as it is, where the paper pads it with silence; under 5 s it knows less."
MEAN = "Ratings are of clips of 30 s; the value of a whole song is the mean over its windows, which nobody rated."


def card(name: str, rated: Sequence[Clip], weak: Sequence[Clip], *, picture: str, protocol: str, measured: Mapping,
         takes: Mapping | None = None, **facts) -> ModelCard:
    """`picture` says what is seen ("log-mel spectrogram"), `takes` what it needs beside that, `measured` is
    fit_c2d.report's; `facts` are the fields of ModelCard that are each model's own."""
    spec = INPUT.spec
    return ModelCard(
        name=name, targets=TARGETS,
        takes={"sample_rate": spec.sr, "window": 20.0, "hop": 10.0, **(takes or {}),
               "input": f"{picture}, {spec.n_mels} bands to {spec.sr // 2} Hz, FFT {spec.n_fft}, hop {spec.hop}, "
                        f"(dB {-INPUT.floor:+.0f}) / {INPUT.scale:.0f}, silence is 0"},
        trained_on=(
            {"data": Musifeast17.title, "clips": len(rated), "use": "ratings", "licence": Musifeast17.licence,
             "citation": Musifeast17.citation, "url": Musifeast17.url},
            {"data": Quadrants4Q.title, "clips": len(weak), "use": "pre-training on quadrants, without the artists of "
             "MUSIFEAST-17", "licence": Quadrants4Q.licence, "citation": Quadrants4Q.citation, "url": Quadrants4Q.url}),
        test_error={"protocol": protocol, "clips": len(rated), **measured},
        licence="weights: non-commercial research, as the terms of the training data ask",
        paper="J. de Berardinis, A. Cangelosi, E. Coutinho, The Multiple Voices of Musical Emotions: Source Separation "
              "for Improving Music Emotion Recognition Models and Their Interpretability, ISMIR 2020",
        commands={how: f"python -m mer_core {how} {name} --data DIR" for how in ("train", "evaluate")}, **facts)

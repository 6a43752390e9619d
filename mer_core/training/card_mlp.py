"""The cards of the perceptron on an embedding: facts, the figures measured here and the paper's own."""

from mer_core.datasets.emotify import Emotify
from mer_core.datasets.musifeast17 import Musifeast17
from mer_core.datasets.quadrants_4q import Quadrants4Q
from mer_core.models.backbones.chunks import HEARD
from mer_core.schema import TARGETS, ModelCard
from mer_core.training.card_ridge import TAUGHT, papers, source

BACKBONES = {  # model -> backbone, whose weights
    "musicnn_mlp": ("MusiCNN", "MusiCNN (3.3 MB, ISC)"), "mn04_mlp": ("mn04", "EfficientAT mn04 (4.1 MB, MIT)"),
    "cnn14_mlp": ("PANNs CNN14", "PANNs CNN14 (327 MB, CC BY 4.0)"), "student_mlp": ("the student", "")}
LIMITS = (
    "Valence is known much less well than arousal: compare their errors.",
    "The 356 rated clips have no words, and few a voice; what these do was not learnt from ratings.",
    "The ratings lean to the positive half, so strongly unpleasant music is pulled towards the middle.",
    "It hears one channel up to 11 kHz, and how loud the file is: the same music turned up moves a little.",
    "Ratings are of clips of 30 s; the value of a whole song is the mean over its windows, which nobody rated.",
)
PAPER = "A. Gupta, Modeling Arousal and Valence in Music: A Computational Approach to Affective Audio Analysis, 2025"
REPORTED = {
    "system": "PANNs CNN14 and MLP", "data": "DEAM, 1744 songs", "scale": "1 to 9",
    "protocol": "the best epoch was chosen on the split that was reported",
    "valence": {"r2": 0.451}, "arousal": {"r2": 0.667},
    "note": "another backbone where this is not CNN14, and another data set: not comparable with the figures here"}


def card(recipe: dict, rated: int, width: int, measured: dict, weights: str, digest: str, own: int = 0) -> ModelCard:
    """`measured` is fit_mlp.measure's, `width` the embedding's; `own` the student's parameters, where it is that."""
    name = recipe["model"]
    backbone, fetched = BACKBONES[name]
    lacking = (f"It needs the published weights of {fetched}, which are not part of this project: the user's folder "
               "has them, or they are fetched on request.")
    return ModelCard(
        name=name, title=f"Perceptron on {backbone}",
        summary=f"A small network reads the mood from what {backbone} hears, 30 seconds at a time.",
        takes={"sample_rate": HEARD, "window": 30.0, "hop": 5.0, "input": _input(backbone, width, own)},
        gives=("audio", "gradients", "layers") if own else ("audio",), targets=TARGETS,
        parameters=own + sum((a + 1) * b for a, b in ((width, 512), (512, 128), (128, len(TARGETS)))),
        trained_on=(source(Musifeast17, rated, "ratings"), *_taught(own)),
        test_error={"protocol": protocol(recipe), "clips": rated, **measured}, reported=REPORTED, weights=weights,
        digest=digest, licence="weights: non-commercial research, as the terms of the training data ask",
        paper=PAPER + ("; the student " + papers(True) if own else ""), limits=(*LIMITS, TAUGHT if own else lacking),
        commands={"train": f"python -m mer_core train {name} --data DIR",
                  "evaluate": f"python -m mer_core evaluate {name} --data DIR"})


def _input(backbone: str, width: int, own: int) -> str:
    if own:
        return "log-mel spectrogram, 96 bands to 11025 Hz, FFT 1024, hop 512, (dB +70) / 50, silence is 0"
    return f"mono sound; {backbone} makes {width} numbers of each chunk of it, the mean over the window is taken"


def _taught(own: int) -> tuple[dict, ...]:
    if not own:
        return ()
    return (source(Quadrants4Q, 900, "sounds, quadrants, moods and genres for the student"),
            source(Emotify, 400, "sounds, genres and felt emotions for the student"))


def protocol(recipe: dict) -> str:
    return (f"artist-grouped {recipe['outer']}-fold cross-validation on MUSIFEAST-17; one of {recipe['inner']} "
            "artist-grouped folds inside each training part says when to stop; every clip predicted once by a model "
            f"that knew no clip of its artist; mean of {len(recipe['splits'])} divisions into folds")

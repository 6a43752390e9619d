"""The cards of ridge regression on what several ears hear: facts, the figures measured here and the papers' own."""

from mer_core.datasets.emotify import Emotify
from mer_core.datasets.musifeast17 import Musifeast17
from mer_core.datasets.quadrants_4q import Quadrants4Q
from mer_core.models.backbones.chunks import HEARD
from mer_core.schema import TARGETS, ModelCard

WORDS = {  # part -> what it is
    "musicnn_pooled": "MusiCNN's pooled filters (1506)", "musicnn_embed": "MusiCNN's embedding (200)",
    "mn04_embed": "mn04's embedding (384)", "mn04_blocks": "means of mn04's inner channels (512)",
    "student_pooled": "the student's pooled filters (480)", "student_embed": "the student's embedding (256)",
    "handcrafted": "handcrafted values (418)"}
TITLES = {
    "backbones_ridge": ("Ridge on MusiCNN, mn04 and measured features",
                        "A weighted sum of what two published networks hear and of measured features."),
    "student_ridge": ("Ridge on the student and measured features",
                      "A weighted sum of what a small network of our own hears and of measured features.")}
LIMITS = (
    "Valence is known much less well than arousal: compare their errors.",
    "The 356 rated clips have no words, and few a voice; what these do was learnt only from the quadrants of 4Q.",
    "The ratings lean to the positive half, so strongly unpleasant music is pulled towards the middle.",
    "It hears one channel up to 11 kHz, and how loud the file is: the same music turned up moves a little.",
    "Its numbers have no names, so it cannot say which property of the sound moved it; its stems can be asked.",
    "Ratings are of clips of 30 s; the value of a whole song is the mean over its windows, which nobody rated.",
)
FETCHED = ("It needs the published weights of MusiCNN (3.3 MB, ISC) and mn04 (4.1 MB, MIT), which are not part of this "
           "project: the user's folder has them, or they are fetched on request.")
TAUGHT = ("The student learnt from clips of 4Q and Emotify only; it never heard a rated clip, and no artist of the "
          "rated set taught it a label.")


def card(recipe: dict, heard, measured: dict, chosen: dict, weights: str, digest: str) -> ModelCard:
    """`heard` is fit_ridge.Heard, `measured` fit_ridge.measure's, `chosen` each target's setting."""
    name, parts = recipe["model"], recipe["parts"]
    title, summary = TITLES[name]
    student = any(p.startswith("student_") for p in parts)
    return ModelCard(
        name=name, title=title, summary=summary,
        takes={"sample_rate": HEARD, "window": 30.0, "hop": 5.0,
               "input": "mono sound, seen as " + ", ".join(WORDS[p] for p in parts)},
        gives=("audio",), targets=TARGETS, parameters=parameters(heard, chosen, student),
        trained_on=(source(Musifeast17, heard.rated, "ratings"),
                    source(Quadrants4Q, len(heard.groups) - heard.rated, "quadrants as weak ratings"
                           + ("; sounds, quadrants, moods and genres for the student" if student else "")),
                    *([source(Emotify, 400, "sounds, genres and felt emotions for the student")] if student else [])),
        test_error={"protocol": protocol(recipe), "clips": heard.rated, **measured, "chosen": chosen},
        reported={}, weights=weights, digest=digest,
        licence="weights: non-commercial research, as the terms of the training data ask",
        paper=papers(student), limits=(*LIMITS, TAUGHT if student else FETCHED),
        commands={"train": f"python -m mer_core train {name} --data DIR",
                  "evaluate": f"python -m mer_core evaluate {name} --data DIR"})


def source(dataset, clips: int, use: str) -> dict:
    return {"data": dataset.title, "clips": clips, "use": use, "licence": dataset.licence,
            "citation": dataset.citation, "url": dataset.url}


def parameters(heard, chosen: dict, student: bool) -> int:
    """Coefficients that are not zero, a bias for each target, and the student's own."""
    count = sum(1 + sum(heard.parts[p].shape[1] for p in setting["parts"]) for setting in chosen.values())
    if not student:
        return count
    from mer_core.models.nets.student import Student

    return count + sum(p.numel() for p in Student().parameters())


def papers(student: bool) -> str:
    two = ("MusiCNN: J. Pons, X. Serra, musicnn: pre-trained convolutional neural networks for music audio tagging, "
           "ISMIR 2019 late-breaking; mn04: F. Schmid, K. Koutini, G. Widmer, Efficient Large-Scale Audio Tagging via "
           "Transformer-to-CNN Knowledge Distillation, ICASSP 2023")
    after = "after G. Hinton, O. Vinyals, J. Dean, Distilling the Knowledge in a Neural Network, 2015; its teachers: "
    return after + two if student else two


def protocol(recipe: dict) -> str:
    """How the errors were measured, in two sentences."""
    return (f"artist-grouped {recipe['outer']}-fold cross-validation on MUSIFEAST-17; ears and penalty chosen "
            f"for each target by {recipe['inner']} artist-grouped folds inside each training part (nested); every "
            "clip predicted once by a model that knew no clip of its artist, in either data set; mean of "
            f"{len(recipe['splits'])} divisions into folds. The grid was settled on other divisions of the same clips, "
            "which may flatter the figures a little")

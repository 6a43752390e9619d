"""The card of XGBoost on handcrafted features: its facts, the figures measured here and the paper's own."""

from mer_core.datasets.musifeast17 import Musifeast17
from mer_core.datasets.quadrants_4q import Quadrants4Q
from mer_core.features import frames
from mer_core.features.handcrafted import NAMES, PAPER
from mer_core.models.handcrafted_xgb import HandcraftedXGB
from mer_core.schema import TARGETS, ModelCard

LIMITS = (
    "Valence is known much less well than arousal: compare their errors.",
    "The 356 rated clips have no words, and few a voice; what these do was learnt only from the quadrants of 4Q.",
    "The ratings lean to the positive half, so strongly unpleasant music is pulled towards the middle.",
    "It hears one channel up to 11 kHz, and how loud the file is: the same music turned up moves a little.",
    "It knows averages and variations over 30 s, and nothing of what comes after what.",
    "A song shorter than 30 s is described by what there is of it, and a few seconds vary more than what it learnt.",
    "Ratings are of clips of 30 s; the value of a whole song is the mean over its windows, which nobody rated.",
    "Its answer is piecewise constant: a small change of the sound moves it in steps or not at all.",
)
REPORTED = {  # Table 2 and the best scores of the paper, on its own scale from 1 to 9
    "system": "XGBoost, all 386 features", "data": "DEAM, 1744 songs", "scale": "1 to 9",
    "protocol": "grid search with 5-fold cross-validation",
    "valence": {"r2": 0.554, "rmse": 0.767, "mae": 0.623}, "arousal": {"r2": 0.527, "rmse": 0.874, "mae": 0.694},
    "note": "the scaler was fitted before the split, and DEAM is another set: not comparable with the figures here",
}


def card(rated: int, weak: int, measured: dict, chosen: dict, names: list[str], parameters: int, weights: str,
         digest: str, recipe: dict) -> ModelCard:
    """`measured` is fit_xgb.measure's; `rated` and `weak` count clips; `chosen` holds each target's setting,
    `names` the features."""
    return ModelCard(
        name=HandcraftedXGB.name, title="XGBoost on measured features",
        summary=f"Decision trees over {len(names)} measurements of timbre, harmony, rhythm and level, 30 s at a time.",
        takes={"sample_rate": frames.SR, "window": 30.0, "hop": 5.0,
               "input": inputs(names, recipe["leave_out"])},
        gives=("audio", "trees", "features"), targets=TARGETS, parameters=parameters,
        trained_on=(
            {"data": Musifeast17.title, "clips": rated, "use": "ratings", "licence": Musifeast17.licence,
             "citation": Musifeast17.citation, "url": Musifeast17.url},
            {"data": Quadrants4Q.title, "clips": weak, "use": "quadrants as weak ratings",
             "licence": Quadrants4Q.licence, "citation": Quadrants4Q.citation, "url": Quadrants4Q.url}),
        test_error={"protocol": protocol(recipe), "clips": rated, **measured, "chosen": chosen},
        reported=REPORTED, weights=weights, digest=digest,
        licence="weights: non-commercial research, as the terms of the training data ask",
        paper="A. Gupta, Modeling Arousal and Valence in Music: A Computational Approach to Affective Audio Analysis, "
              "2025",
        limits=LIMITS,
        commands={"train": f"python -m mer_core train {HandcraftedXGB.name} --data DIR",
                  "evaluate": f"python -m mer_core evaluate {HandcraftedXGB.name} --data DIR"})


def inputs(names: list[str], left_out: list[str]) -> str:
    """What goes in, in words."""
    papers = len(set(names) & set(NAMES[:PAPER]))
    return (f"{len(names)} handcrafted values of mono sound: {papers} of the paper's {PAPER} (mean and deviation of 40 "
            f"MFCC, 12 chroma, 128 mel bands, 7 contrast, 6 tonnetz) and {len(names) - papers} beyond; left out: "
            f"{', '.join(left_out)}")


def protocol(recipe: dict) -> str:
    """How the errors were measured, in two sentences."""
    return (f"artist-grouped {recipe['outer']}-fold cross-validation on MUSIFEAST-17, settings chosen by "
            f"{recipe['inner']} artist-grouped folds inside each training part (nested); every clip predicted once by "
            "a model that knew no clip of its artist, in either data set (as the sets spell them); "
            f"mean of {len(recipe['splits'])} divisions into folds; in `compared`, the first of them. The grids, the views and the features left out were settled "
            "on other divisions of the same clips, which may flatter the figures a little")

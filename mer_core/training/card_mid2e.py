"""The cards of linear regression on the seven descriptors: facts, the figures measured here and the thesis's own."""

from collections.abc import Sequence

from mer_core.datasets._base import Dataset
from mer_core.features import mid_level
from mer_core.schema import ModelCard

WORDS = {
    "mid2e": ("Nine felt emotions from seven descriptors",
              "A weighted sum of seven musical descriptors for each of nine emotions, every part of which has a name."),
    "mid2e_va": ("Seven descriptors, linear",
                 "A weighted sum of seven musical descriptors, explained by its own terms with nothing left over.")}
PAPER = "G. Zuliani, Explainability Methods in Music Emotion Recognition, master's thesis, Politecnico di Torino, 2025"
REPORTED = {"system": "linear regression on 7 descriptors, without interactions", "data": "Soundtracks, 360 excerpts",
            "protocol": "a fifth held out, six seeds", "r": 0.733, "mse": 1.638, "scale": "1 to 9",
            "note": "on eight other ratings, from descriptors that listeners rated or a network learnt of them: not "
                    "comparable with the figures here"}
LIMITS = (
    "The descriptors are computed from the signal by published definitions; they carry the names of what listeners "
    "rated in other studies and are not the same thing.",
    "It adds up: what two descriptors do together it does not know.",
    "A descriptor that is not defined in a song counts as the mean of the training clips, and the explanation says so.",
    "It learnt from the middle 30 s of each clip; the value of a whole song is the mean over its windows, which nobody "
    "rated.")
OF = {"emotify": (
    "The ratings are of emotions that listeners felt, not of what the music expresses, as shares of those who ticked "
    "them in a game; it can say a little less than 0 where a share is near 0.",
    "Emotify names no artists, so clips of one artist may lie on both sides of a division: the errors may flatter."),
      "musifeast17": ("Seven numbers know far less than the other models here: compare their errors.",
                      "The ratings lean to the positive half, and its clips have no words.")}


def card(recipe: dict, dataset: Dataset, clips: int, targets: Sequence[str], measured: dict, parameters: int,
         weights: str, digest: str) -> ModelCard:
    """`measured` is fit_mid2e.cross_validated's."""
    name = recipe["model"]
    title, summary = WORDS[name]
    return ModelCard(
        name=name, title=title, summary=summary,
        takes={"sample_rate": mid_level.SR, "window": 30.0, "hop": 5.0,
               "input": "seven descriptors of mono sound: " + ", ".join(n.replace("_", " ") for n in mid_level.NAMES)},
        gives=("audio", "features", "linear"), targets=tuple(targets), parameters=parameters,
        trained_on=({"data": dataset.title, "clips": clips, "use": "ratings", "licence": dataset.licence,
                     "citation": dataset.citation, "url": dataset.url},),
        test_error={"protocol": protocol(recipe, dataset), "clips": clips, **measured},
        reported=REPORTED, weights=weights, digest=digest,
        licence="weights: non-commercial research, as the terms of the training data ask", paper=PAPER,
        limits=(*OF.get(dataset.name, ()), *LIMITS),
        commands={"train": f"python -m mer_core train {name} --data DIR",
                  "evaluate": f"python -m mer_core evaluate {name} --data DIR"}, unit=dataset.unit)


def protocol(recipe: dict, dataset: Dataset) -> str:
    groups = "clip" if dataset.name == "emotify" else "artist"
    return (f"{recipe['outer']}-fold cross-validation on {dataset.title} grouped by {groups}, ordinary least squares "
            "on columns scaled within the training part; every clip foretold once by a regression that did not know it; "
            f"mean of {len(recipe['splits'])} divisions into folds")

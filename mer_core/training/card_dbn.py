"""The card of the deep belief network: its facts, the figures measured here and the paper's own."""

from mer_core import registry
from mer_core.models._dbn import MOST, SR
from mer_core.schema import TARGETS, ModelCard
from mer_core.training import results_dbn
from mer_core.training.dbn_runs import Study
from mer_core.training.study_dbn import Ship, Tested

PAPER = ("E. M. Schmidt, Y. E. Kim, Learning Rhythm and Melody Features with Deep Belief Networks, 14th International "
         "Society for Music Information Retrieval Conference (ISMIR), 2013")
REPORTED = {"system": "rhythm + 2-D FFT of pitch, layer 2, fine-tuned", "data": results_dbn.PROTOCOL["data"],
            "protocol": results_dbn.PROTOCOL["protocol"], "distance": .113, "kl": .514, "scale": "-0.5 to 0.5",
            "note": results_dbn.TRAP}
LIMITS = (
    "It stands on the beats: where they are found wrong or late, patches are cut elsewhere than musicians would. Where "
    "fewer than four are found it walks in even steps of 0.5 s and says so.",
    "Its ellipse is how far listeners' ratings spread, not how wrong the model may be; its error is the other ellipse.",
    "The ratings are one a clip: all beats of a clip learnt the same rating, so how it moves within a song is not "
    "checked against listeners.",
    "Pre-training heard the sound of every clip, those that it was tested on too, without their ratings; so a song of "
    "an unknown kind may fare a little worse than the table says.",
    "How valence and arousal go together among the listeners of a clip is one number for all clips.",
    "The ratings lean to the positive half, and its rated clips have no words.")


def card(study: Study, tested: Tested, ship: Ship, parameters: int, weights: str, digest: str) -> ModelCard:
    words = results_dbn.TITLES[ship.features]
    return ModelCard(
        name="dbn", title="Rhythm and melody by beats",
        summary="Hears four beats at a time and draws an ellipse a second: where listeners would put the song, and how "
                "far they would spread.",
        takes={"sample_rate": SR, "window": 1.0, "hop": 1.0, "patches": MOST, "features": ship.features,
               "layer": ship.layer,
               "input": f"beats of mono sound in patches of four: {words[0].lower()}{words[1:]}"},
        gives=("audio", "gradients", "beats"), targets=TARGETS, parameters=parameters, trained_on=heard(study),
        test_error={"protocol": protocol(study), "clips": len(study.material.clips),
                    **results_dbn.test_error(study, tested)},
        reported=REPORTED, weights=weights, digest=digest,
        licence="weights: non-commercial research, as the terms of the training data ask", paper=PAPER,
        limits=LIMITS,
        commands={"train": "python -m mer_core train dbn --data DIR",
                  "evaluate": "python -m mer_core evaluate dbn --data DIR"})


def heard(study: Study) -> tuple[dict, ...]:
    """The rated set, then those of which only the sound was heard."""
    rated = study.dataset
    found = [{"data": rated.title, "clips": len(study.material.clips), "use": "ratings, and sound for pre-training",
              "licence": rated.licence, "citation": rated.citation, "url": rated.url}]
    for name, clips in study.sound.counts.items():
        known = registry.get("datasets", name)
        if name != rated.name:
            found.append({"data": known.title, "clips": clips, "use": "sound for pre-training, no labels",
                          "licence": known.licence, "citation": known.citation, "url": known.url})
    return tuple(found)


def protocol(study: Study) -> str:
    recipe = study.recipe
    return (f"{recipe['outer']}-fold cross-validation on {study.dataset.title} grouped by artist; an inner fold of "
            "each training part chooses pre-training, epochs, penalty, features and layer; a clip is the mean of its "
            f"seconds; divided into folds with the seeds {', '.join(map(str, recipe['splits']))}. Distance (in a plane "
            "of -0.5 to 0.5) and KL of its ellipses are means over seconds. Pre-training heard every clip's sound "
            "without ratings")

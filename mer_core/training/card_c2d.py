"""The card of C2D on the mix: its facts, the figures measured here and the paper's own."""

from collections.abc import Mapping, Sequence

from mer_core.datasets._base import Clip
from mer_core.schema import ModelCard
from mer_core.training import card_family as family

PROTOCOL = ("artist-grouped 5-fold cross-validation on MUSIFEAST-17, every clip predicted once by a model that knew no "
            "clip of its artist; mean of three 20 s windows; the recipe was chosen on folds inside one training part, so "
            "this is not a nested cross-validation")
LIMITS = (
    "Trained on two processor cores with less than the paper's protocol: pre-training on crops of 10 s for few epochs, "
    "the first two blocks fixed after it, and no nested cross-validation.",
    family.INSTRUMENTAL, family.VALENCE, family.POSITIVE, f"{family.EARS}.",
    "It hears how loud the file is: the same music turned up by 6 dB may move a little.",
    family.SHORT, family.MEAN,
)


def card(rated: Sequence[Clip], weak: Sequence[Clip], measured: Mapping, weights: str, digest: str) -> ModelCard:
    """`measured` is fit_c2d.report's; `digest` is the sha256 of the weights file."""
    return family.card(
        "c2d_mix", rated, weak, picture="log-mel spectrogram", protocol=PROTOCOL, measured=measured,
        title="C2D on the mix", summary="A small network that looks at a picture of the sound, 20 seconds at a time.",
        gives=("audio", "gradients", "layers"), parameters=37_698,
        reported={"system": "C2D-M", "data": "PMEmo", "protocol": "nested 5-fold cross-validation",
                  "valence": {"r2": 0.414}, "arousal": {"r2": 0.610}},
        weights=weights, digest=digest, limits=LIMITS)

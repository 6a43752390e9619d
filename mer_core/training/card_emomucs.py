"""The card of EmoMucs: its facts, the figures measured here and the paper's own."""

from collections.abc import Mapping, Sequence

from mer_core.datasets._base import Clip
from mer_core.schema import ModelCard
from mer_core.training import card_family as family
from mer_core.training.results_emomucs import TABLE_2, paper_cell, protocol, reduced

LIMITS = (
    "It hears the stems of the embedded separator, which hold traces of each other; with other stems its error is unknown.",
    family.UNSUNG, family.VALENCE, family.POSITIVE,
    "What the separation leaves over (the residual) is not heard.",
    f"{family.EARS} of a stem.", family.SHORT, family.MEAN,
)


def card(rated: Sequence[Clip], weak: Sequence[Clip], measured: Mapping, recipe: Mapping, parameters: int, weights: str,
         digest: str) -> ModelCard:
    """`measured` is fit_emomucs.report's; `digest` is the sha256 of the weights file."""
    network, fusion, training = (recipe["shipped"][k] for k in ("network", "fusion", "training"))
    return family.card(
        "emomucs", rated, weak, picture="log-mel spectrograms of four stems with one reference",
        takes={"stems": "embedded"}, protocol=protocol(recipe), measured=measured, title="EmoMucs on the stems",
        summary="Four small networks, one for each stem, and two layers that weigh what they say, 20 seconds at a time.",
        gives=("audio", "gradients", "fusion"), parameters=parameters,
        reported={"system": f"EmoMucs-{network.upper()}, {fusion} fusion, {training}", "data": "PMEmo",
                  "protocol": "nested 5-fold cross-validation", **paper_cell(TABLE_2[f"{network}-{fusion}-{training}"])},
        weights=weights, digest=digest,
        limits=(*LIMITS, *(f"Short of the paper's protocol: {line}" for line in reduced(recipe)[:3])))

"""The cards of C1D and C2D on the mix or on one stem: their facts, the figures measured here and the paper's own."""

from collections.abc import Mapping, Sequence

from mer_core.datasets._base import Clip
from mer_core.schema import TARGETS, ModelCard
from mer_core.training import card_family as family
from mer_core.training.results_emomucs import TABLE_1, paper_cell, protocol

WORDS = {"mix": "the mix", "vocals": "the vocals", "drums": "the drums", "bass": "the bass",
         "other": "the other instruments"}
WAYS = {"c1d": "looks along the time of", "c2d": "looks at"}
GIVES = {"c1d": ("audio", "gradients"), "c2d": ("audio", "gradients", "layers")}
PARAMETERS = {"c1d": 86_354, "c2d": 37_698}
MOVED = "Its last layers know where in the window a sound is, so the same music a second later moves a little."
WEAKEST = "The weakest of the models on pictures of sound, here as in the paper; kept for the comparison."
PICTURE = "Relevance over time and pitch lies on the picture of this stem alone, not on the song's."


def card(network: str, source: str, rated: Sequence[Clip], weak: Sequence[Clip], measured: Mapping, recipe: Mapping,
         weights: str, digest: str) -> ModelCard:
    """`measured` is fit_emomucs.report's; `recipe` is the study's; `digest` is the sha256 of the weights file."""
    name, one, words = f"{network}-{source[0].upper()}", source != "mix", WORDS[source]
    return family.card(
        f"{network}_{source}", rated, weak, picture=f"log-mel spectrogram{f' of {words} alone' if one else ''}",
        takes={"stems": "embedded", "hears": source} if one else {}, protocol=protocol(recipe), measured=measured,
        title=f"{network.upper()} on {words}", study=one or network == "c1d",
        summary=f"A small network that {WAYS[network]} a picture of {f'{words} alone' if one else 'the sound'}, "
                "20 seconds at a time.",
        gives=GIVES[network], parameters=PARAMETERS[network],
        reported={"system": name.upper(), "data": "PMEmo", "protocol": "nested 5-fold cross-validation",
                  **paper_cell(TABLE_1[name])},
        weights=weights, digest=digest,
        limits=limits(network, source, measured) if one else (
            WEAKEST, MOVED, family.INSTRUMENTAL, family.VALENCE, f"{family.EARS}.", family.PADDED, family.MEAN))


def limits(network: str, source: str, measured: Mapping) -> tuple[str, ...]:
    """Of a model on one stem."""
    return (
        f"It hears one stem only, {WORDS[source]}, as the embedded separator makes it, with traces of the others; with "
        "stems of another separator its error is unknown.",
        "Kept for the comparison of sources: where a song lacks this stem, it judges silence and traces.",
        *(f"In {target} it does no better than the mean of all ratings." for target in TARGETS
          if measured.get(target, {}).get("r2", 1) <= 0),
        family.UNSUNG if source == "vocals" else "The rated clips have no words.",
        family.VALENCE, *((PICTURE,) if "layers" in GIVES[network] else (MOVED,)), f"{family.EARS} of the stem.",
        family.SHORT if network == "c2d" else family.PADDED, family.MEAN)

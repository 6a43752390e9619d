"""An explanation over time, as bars in a lane of its own: one for each moment, of any length."""

from __future__ import annotations

from components import heard_view
from components.player.lanes import Moments
from mer_core.schema import SHARES, Explanation, TrackInfo
from mer_core.steps import Steps
from mer_core.words import moments_sentence, relevance_sentence

HINT = ("Bars: how much each moment counts, all its frequencies together; where the model hears beats, a bar for each beat, "
        "as wide as it lasts. Grey: how loud each frequency is.")


def show(info: TrackInfo, method: str, model: str, target: str) -> None:
    def look(explanation: Explanation | None, params) -> dict:
        lanes = {"more": [Moments(explanation, "relevance over time")]}
        return lanes | ({"beats": explanation.grid.edges[:-1]} if beats(explanation) else {})
    heard_view.show(info, method, model, target, say=said, look=look, hint=HINT, bands=False)


def beats(explanation: Explanation | None) -> bool:
    """Whether its moments are beats; then those are the player's ticks, not the ones that the tempo was measured from."""
    return explanation is not None and isinstance(explanation.grid, Steps)


def said(explanation: Explanation) -> str:
    """Shares that add up to 1 have no sum to compare with the value."""
    total = "" if explanation.unit == SHARES else f"{relevance_sentence(explanation)} "
    return total + moments_sentence(explanation)

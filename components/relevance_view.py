"""An explanation over time and pitch, in colour over the spectrogram."""

from __future__ import annotations

from components import heard_view, progress, state
from components.harmonics import consonance, lanes
from mer_core.schema import Explanation, TrackInfo
from mer_core.words import peak_sentence, relevance_sentence

HINT = "Grey: how loud each frequency is. Colour: what mattered, as the scale above says; nothing where it did not."


def show(info: TrackInfo, method: str, model: str, target: str) -> None:
    """Where the model hears by harmonics, with what lit up by pitch class and interval."""
    harmonic, found = "harmonics" in state.every_card()[model].gives, None

    def look(explanation: Explanation | None, params) -> dict:
        nonlocal found
        over = explanation and progress.result("relevance_tiles", info, method, model, target, params, height=0,
                                               label="Drawing what mattered", stop=False)
        if not harmonic:
            return {"over": over}
        found = lanes.gathered(info, model, target, wanted=explanation is not None)
        return {"over": over, **lanes.shown(found, target, model)}
    hint = f"{HINT} {lanes.HINT}" if harmonic else HINT
    heard_view.show(info, method, model, target, say=said, look=look, hint=hint, bands=True)
    if harmonic:
        consonance.show(info, found, model)


def said(explanation: Explanation) -> str:
    return f"{relevance_sentence(explanation)} {peak_sentence(explanation)}"

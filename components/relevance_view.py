"""An explanation over time and pitch, in colour over the spectrogram."""

from __future__ import annotations

from components import heard_view, progress
from mer_core.schema import Explanation, TrackInfo
from mer_core.words import peak_sentence, relevance_sentence

HINT = "Grey: how loud each frequency is. Colour: what mattered, as the scale above says; nothing where it did not."


def show(info: TrackInfo, method: str, model: str, target: str) -> None:
    def look(explanation: Explanation | None, params) -> dict:
        return {"over": explanation and progress.result("relevance_tiles", info, method, model, target, params, height=0,
                                                        label="Drawing what mattered", stop=False)}
    heard_view.show(info, method, model, target, say=said, look=look, hint=HINT, bands=True)


def said(explanation: Explanation) -> str:
    return f"{relevance_sentence(explanation)} {peak_sentence(explanation)}"

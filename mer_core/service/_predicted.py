"""The models, and what they say."""

from __future__ import annotations

from pathlib import Path

from mer_core import registry
from mer_core.models._base import Model
from mer_core.schema import ModelCard, Prediction, Progress, TrackInfo, silent
from mer_core.service._songs import Songs
from mer_core.store import Key


class Predicted(Songs):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self._models: dict[str, Model] = {}

    def cards(self) -> dict[str, ModelCard]:
        """The cards of all trained models; loads none of them."""
        return {name: self.model(name).card for name in registry.entries("models") if card_path(name).exists()}

    def model(self, name: str) -> Model:
        if name not in self._models:
            self._models[name] = registry.get("models", name)()
        return self._models[name]

    def predict(self, info: TrackInfo, model: str, *, progress: Progress = silent) -> Prediction:
        taker = self.model(model)
        key = Key(info.id, "predict", taker.depends_on, {"model": model})
        return self.shelf.record(key, lambda: taker.predict(self.track(info), progress=progress), progress)


def card_path(model: str) -> Path:
    return registry.ASSETS / "models" / model / "card.json"

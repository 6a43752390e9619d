"""The models, and what they say."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from mer_core import registry
from mer_core.models._base import Model
from mer_core.schema import ModelCard, Prediction, Progress, Track, TrackInfo, part, silent
from mer_core.service._stems import Separated
from mer_core.store import Key


class Predicted(Separated):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self._models: dict[str, Model] = {}

    def cards(self) -> dict[str, ModelCard]:
        """The cards of the trained models that can be used now; loads none of them."""
        return {name: self.model(name).card for name in registry.entries("models")
                if card_path(name).exists() and not self.model(name).available()}

    def lacking(self) -> dict[str, str]:
        """model -> what it lacks and how to get it: weights of others, or its own training."""
        found = {}
        for name in registry.entries("models"):
            missing = self.model(name).available()
            untrained = "" if card_path(name).exists() else (
                f"It is not trained here; `python -m mer_core train {name} --data DIR` trains it.")
            if missing or untrained:
                found[name] = f"{missing} {untrained}".strip()
        return found

    def fetch(self, model: str, *, progress: Progress = silent) -> None:
        """Fetch the weights of others that a model lacks, because the user asked; raises WeightsError."""
        self.model(model).download(progress=progress)

    def model(self, name: str) -> Model:
        if name not in self._models:
            self._models[name] = registry.get("models", name)()
        return self._models[name]

    def predict(self, info: TrackInfo, model: str, *, progress: Progress = silent) -> Prediction:
        taker = self.model(model)
        facts, separator = {"model": model}, taker.card.takes.get("stems")
        if separator:
            facts["stems"] = self._stems_version(separator)

        def work() -> Prediction:
            track = self.heard(info, taker, part(progress, 0, 0.7))
            return taker.predict(track, progress=part(progress, 0.7 if separator else 0, 1))
        return self.shelf.record(Key(info.id, "predict", taker.depends_on, facts), work, progress)

    def heard(self, info: TrackInfo, model: Model, progress: Progress = silent) -> Track:
        """The song as this model takes it: with the stems of the separator that its card names, where it takes stems."""
        track, separator = self.track(info), model.card.takes.get("stems")
        return replace(track, stems=self.stems(info, separator, progress=progress)) if separator else track


def card_path(model: str) -> Path:
    return registry.ASSETS / "models" / model / "card.json"

"""All that can be found on one song: predictions, stems, explanations and the boosted sound, gathered in one place."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import mer_core
from mer_core import registry
from mer_core.ellipse import EllipsePath
from mer_core.errors import ParameterError
from mer_core.schema import (SHARES, Explanation, FeatureInfo, ModelCard, Picture, Prediction, Progress, Stems, TrackInfo,
                             part, silent)
from mer_core.service import Service
from mer_core.sonify import SonifyParams

LIBRARIES = ("numpy", "scipy", "torch", "librosa", "xgboost-cpu", "shap", "soundfile", "av", "demucs", "plotly")


@dataclass(frozen=True)
class Choices:
    """What the caller may choose; empty means all models and the best separator."""

    models: tuple[str, ...] = ()
    separator: str = ""
    target: str = "arousal"  # the one whose regions are brought forward
    command: str = ""  # as typed, for the record
    sound: SonifyParams = SonifyParams()  # how the boosted sound is made


@dataclass(frozen=True, eq=False)
class Findings:
    """All that is known of one song."""

    info: TrackInfo
    overview: dict
    cards: dict[str, ModelCard]
    predictions: dict[str, Prediction]
    explanations: tuple[Explanation, ...]
    picture: Picture
    stems: Stems
    separator: str  # its title
    target: str
    mix: Path  # a file of the song
    boosted_file: Path | None = None
    boosted: dict = field(default_factory=dict)  # what was measured on it
    versions: dict[str, str] = field(default_factory=dict)
    words: dict[str, FeatureInfo] = field(default_factory=dict)  # of features and descriptors
    ellipses: EllipsePath | None = None  # of the first model on beats

    @property
    def bleeds(self) -> bool:
        return registry.get("separation", self.stems.backend).bleeds

    def by_model(self, space: str) -> dict[str, list[Explanation]]:
        """model -> its explanations in this space, one a target."""
        names = dict.fromkeys(e.model for e in self.explanations if e.space == space)
        return {name: [e for e in self.explanations if e.space == space and e.model == name] for name in names}

    def shown(self) -> list[Explanation]:
        """The explanations of the heatmap and the boosted sound, one a target: the first model and the first of its
        methods that say how far each place of the spectrogram moved the value."""
        maps = moving(self.explanations)
        return [e for e in maps if (e.model, e.method) == (maps[0].model, maps[0].method)]

    def families(self, explanation: Explanation) -> dict[str, float]:
        """musical family -> the sum of its features' contributions, the largest first."""
        sums: dict[str, float] = {}
        for label, value in zip(explanation.labels, explanation.values, strict=True):
            info = self.feature(label)
            family = info.family if info else "other"
            sums[family] = sums.get(family, 0.0) + float(value)
        return dict(sorted(sums.items(), key=lambda item: -abs(item[1])))

    def feature(self, label: str) -> FeatureInfo | None:
        return self.words.get(label)

    def stem_paths(self, folder: Path) -> list[Path]:
        return [folder / "stems" / f"{name}.wav" for name in (*self.stems.names, "residual")]


def gather(service: Service, info: TrackInfo, choices: Choices, *, progress: Progress = silent) -> Findings:
    """Predict, separate and explain with every chosen model and every method that fits it."""
    cards = chosen_cards(service, choices)
    predictions = {name: service.predict(info, name, progress=part(progress, 0, 0.1)) for name in cards}
    stems = service.stems(info, choices.separator or None, progress=part(progress, 0.1, 0.5))
    pairs = [(model, method) for model in cards for method in service.explainers(model)]
    explanations = []
    for i, (model, method) in enumerate(pairs):
        step = part(progress, 0.5 + 0.4 * i / len(pairs), 0.5 + 0.4 * (i + 1) / len(pairs))
        explanations += service.explain(info, method, model, separator=stems.backend, progress=step).values()
    maps = [e for e in (*moving(explanations), *over_time(explanations)) if e.target == choices.target]
    on_beats = next((name for name, card in cards.items() if "beats" in card.gives), None)
    boosted, facts = (service.sonify(info, maps[0].method, maps[0].model, choices.target, params=choices.sound,
                                     separator=stems.backend, progress=part(progress, 0.9, 1)) if maps else (None, {}))
    return Findings(info=info, overview=service.overview(info), cards=cards, predictions=predictions,
                    explanations=tuple(explanations), picture=service.spectrogram(info), stems=stems,
                    separator=registry.get("separation", stems.backend).title, target=choices.target,
                    mix=service.playable(info), boosted_file=boosted, boosted=facts, versions=versions(),
                    words=service.features(), ellipses=on_beats and service.ellipses(info, on_beats))


def moving(explanations: Sequence[Explanation]) -> list[Explanation]:
    """Those over time and pitch that are in a target's units; shares say where, and not how far."""
    return [e for e in explanations if e.space == "timefreq" and e.unit != SHARES]


def over_time(explanations: Sequence[Explanation]) -> list[Explanation]:
    """Those over time alone that are in a target's units."""
    return [e for e in explanations if e.space == "time" and e.unit != SHARES]


def chosen_cards(service: Service, choices: Choices) -> dict[str, ModelCard]:
    """The cards of the chosen models, else of all that are no row of a comparison; raises ParameterError where one is not
    there, or does not place songs in the plane, before any work is done."""
    cards = {name: card for name, card in service.cards().items() if card.on_plane}
    lost = [name for name in choices.models if name not in cards]
    if lost or not cards:
        raise ParameterError(f"no trained model of valence and arousal{' is called ' + ', '.join(lost) if lost else ''}; "
                             f"there are: {', '.join(cards) or 'none'}")
    if choices.separator:
        registry.get("separation", choices.separator)
    return {name: cards[name] for name in choices.models or (n for n, card in cards.items() if not card.study)}


def versions() -> dict[str, str]:
    """The package, Python and the libraries whose version can change a number."""
    found = {"mer_core": mer_core.__version__, "python": platform.python_version()}
    for name in LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return found

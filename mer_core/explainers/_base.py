"""What every explainer is: a model and a song in, one Explanation for each target out."""

from abc import ABC, abstractmethod
from dataclasses import dataclass

from mer_core.errors import ParameterError
from mer_core.models._base import Model
from mer_core.schema import Explanation, ModelCard, Progress, Stems, Track, silent


@dataclass(frozen=True)
class NoParams:
    """For a method without choices."""


class Explainer(ABC):
    """One method. `params` is a dataclass of choices with defaults; the app builds its form from it."""

    name: str
    title: str
    space: str  # timefreq, time, stems or features
    needs: frozenset[str]  # subset of ModelCard.gives
    needs_stems: bool = False
    complete: bool = False  # base and values add up to the output by construction
    params: type = NoParams
    version: int = 1

    def fits(self, card) -> bool:
        """Whether the model of this card can be explained by this method."""
        return self.needs <= set(card.gives)

    def check(self, model: Model, stems: Stems | None) -> None:
        """Raise ParameterError early where the pieces do not fit."""
        if not self.fits(model.card):
            missing = ", ".join(sorted(self.needs - set(model.card.gives)))
            raise ParameterError(f"{self.title} needs a model that gives {missing}; {model.name} does not")
        if self.needs_stems and stems is None:
            raise ParameterError(f"{self.title} needs the stems of the song; separate it first")

    @abstractmethod
    def explain(self, model: Model, track: Track, *, params=None, stems: Stems | None = None,
                progress: Progress = silent) -> dict[str, Explanation]:
        """target -> Explanation of the song-level value (the mean over the model's windows)."""


def of_stem(card: ModelCard) -> tuple[str, ...]:
    """A note on what a picture is of, where the model hears one stem only."""
    stem = card.takes.get("hears")
    return (f"The model hears the stem “{stem}” alone: this is that stem's picture, not the song's.",) if stem else ()

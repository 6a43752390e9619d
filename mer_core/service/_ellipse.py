"""The ellipse that moves through the valence-arousal plane, second by second."""

from __future__ import annotations

from mer_core.ellipse import EllipsePath
from mer_core.errors import ParameterError
from mer_core.schema import Progress, TrackInfo, silent
from mer_core.service._predicted import Predicted
from mer_core.store import Key


class Ellipses(Predicted):
    def ellipses(self, info: TrackInfo, model: str = "dbn", *, features: str | None = None, layer: int | None = None,
                 grid: str | None = None, progress: Progress = silent) -> EllipsePath:
        """A Gaussian for each second of the song; None takes what the model's own answer stands on.

        Where `grid` is None and too few beats are found, it walks in even steps and its notes say so; raises
        TooFewBeats where a grid is named that the song does not have, and ParameterError for other choices that there
        are not.
        """
        taker = self.model(model)
        if "beats" not in taker.card.gives:
            raise ParameterError(f"{taker.card.title} gives one point for each window and no ellipse; choose a model on "
                                 "beats")

        def work() -> EllipsePath:
            progress(0.1, "finding the beats")
            with taker.session():
                return taker.ellipses(self.track(info), features, layer, grid)
        facts = {"model": model, "features": features, "layer": layer, "grid": grid}
        return self.shelf.record(Key(info.id, "ellipses", taker.depends_on, facts), work, progress)

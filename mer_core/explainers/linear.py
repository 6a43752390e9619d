"""What each descriptor adds in a linear regression: the coefficient times how far the value lies from the mean."""

from __future__ import annotations

import warnings

import numpy as np

from mer_core.explainers._base import Explainer
from mer_core.models._base import Model
from mer_core.schema import Explanation, Progress, Stems, Track, silent


class LinearTerms(Explainer):
    """coefficient x (value - mean over the training clips). For a linear model these are the exact Shapley values
    against that mean where descriptors are taken as independent (S. Lundberg and S.-I. Lee, A unified approach to
    interpreting model predictions, NeurIPS 2017, corollary 1)."""

    name = "linear"
    title = "Terms of the linear regression"
    space = "features"
    needs = frozenset({"linear", "features"})
    complete = True

    def explain(self, model: Model, track: Track, *, params=None, stems: Stems | None = None,
                progress: Progress = silent) -> dict[str, Explanation]:
        """target -> Explanation with a value for each descriptor, the mean over the windows; base + sum = output.

        `inputs` are the measured values, averaged over the windows in which they are defined; NaN where in none.
        """
        self.check(model, stems)
        with model.session():
            progress(0.1, "measuring the song")
            x = np.asarray(model.encode_all(track, model.windows(track.duration)), float)
            progress(0.9, "adding up")
            values, output = model.contributions(x).mean(axis=0), model.outputs(x).mean(axis=0, dtype=float)
            measured, notes = _known_mean(x), (*model.remarks(x), *self.notes(len(x)))
            return {target: Explanation(
                model=model.name, method=self.name, target=target, space=self.space, values=values[:, k],
                base=float(model.base[k]), output=float(output[k]), labels=tuple(model.features), inputs=measured,
                notes=notes) for k, target in enumerate(model.card.targets)}

    def notes(self, windows: int) -> tuple[str, ...]:
        """What the numbers are, in plain sentences."""
        over = f"the mean over {windows} windows" if windows > 1 else "of the one window"
        return (f"The model's own terms, {over}: base and contributions are the output, with nothing left over.",
                "The base is the answer to a song with every descriptor at its mean over the training clips.",
                "Descriptors that move together share the credit as the regression divided it, not as listeners would.")


def _known_mean(x: np.ndarray) -> np.ndarray:
    """(N, C) -> (C,) the mean over what is not NaN."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # of a column without any value, which stays NaN
        return np.nanmean(x, axis=0)

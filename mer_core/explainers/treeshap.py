"""Exact Shapley values of a tree ensemble: how far each measured feature moved the output from the model's average."""

from __future__ import annotations

import numpy as np

from mer_core.explainers._base import Explainer
from mer_core.models._base import Model
from mer_core.schema import Explanation, Progress, Stems, Track, silent


class TreeShap(Explainer):
    """TreeSHAP (S. Lundberg and others, From local explanations to global understanding with explainable AI for trees,
    Nature Machine Intelligence 2, 2020, algorithm 2), path-dependent: a feature that is left out follows the training
    clips down both branches in the shares in which they went. It is exact; there is nothing to choose and no seed.
    """

    name = "treeshap"
    title = "TreeSHAP"
    space = "features"
    needs = frozenset({"trees", "features"})
    complete = True

    def explain(self, model: Model, track: Track, *, params=None, stems: Stems | None = None,
                progress: Progress = silent) -> dict[str, Explanation]:
        """target -> Explanation with a value for each feature, the mean over the song's windows; base + sum = output.

        `inputs` are the measured values, averaged over the windows in the same way.
        """
        self.check(model, stems)
        with model.session():
            progress(0.1, "measuring the song")
            x = np.asarray(model.encode_all(track, model.windows(track.duration)), np.float32)
            output = model.outputs(x).mean(axis=0, dtype=float)
            labels = tuple(info.name for info in model.features)
            found = {}
            for k, (target, booster) in enumerate(model.boosters.items()):
                progress(0.3 + 0.7 * k / len(model.boosters), f"following the trees of {target}")
                base, values = shapley_values(booster, x)
                found[target] = Explanation(
                    model=model.name, method=self.name, target=target, space=self.space, values=values.mean(axis=0),
                    base=base, output=float(output[k]), labels=labels, inputs=x.mean(axis=0), notes=self.notes(len(x)))
        return found

    def notes(self, windows: int) -> tuple[str, ...]:
        """What the numbers are, in plain sentences."""
        over = f"the mean over {windows} windows" if windows > 1 else "of the one window"
        return (f"Exact for the trees, and {over}: base and contributions add up to the output.",
                "Features that move together share the credit by the paths of the trees; a small value does not mean "
                "that the sound is unimportant to listeners.")


def shapley_values(booster, x: np.ndarray) -> tuple[float, np.ndarray]:
    """(N, C) -> the mean output over the training clips, and (N, C) contributions in the output's unit."""
    import shap

    explainer = shap.TreeExplainer(booster, feature_perturbation="tree_path_dependent")
    values = np.asarray(explainer.shap_values(x), float)
    return float(np.ravel(explainer.expected_value)[0]), values

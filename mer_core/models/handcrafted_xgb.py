"""XGBoost on handcrafted features (A. Gupta, Modeling Arousal and Valence in Music, 2025): trees for each target."""

from __future__ import annotations

import json
from collections.abc import Callable

import numpy as np

from mer_core.errors import WeightsError
from mer_core.features import frames, handcrafted
from mer_core.features.handcrafted_words import BY_NAME
from mer_core.models._base import Model
from mer_core.models._mono import mono_mixer
from mer_core.schema import FeatureInfo, Segment, Stems, Track


class HandcraftedXGB(Model):
    """Windows are (N, C) measured values. A song or a rest shorter than the window is described by what there is of
    it, without zero padding, which would turn means into statements about silence."""

    name = "handcrafted_xgb"
    boosters: dict  # target -> xgboost.Booster, set by load: the trees a tree explainer reads
    features: tuple[FeatureInfo, ...]  # (C,) what the columns are, set by load

    def load(self) -> None:
        """Reads {"features": [...], "boosters": {target: XGBoost's own JSON}}; raises WeightsError."""
        content = json.loads(self.weights())
        unknown = [name for name in content["features"] if name not in BY_NAME]
        if unknown:
            raise WeightsError(f"{self.name} was trained on features that are no longer computed: "
                               f"{', '.join(unknown[:5])}. Train it again.")
        self.features = tuple(BY_NAME[name] for name in content["features"])
        self.boosters = {target: _booster(content["boosters"][target]) for target in self.card.targets}

    @property
    def columns(self) -> list[int]:
        """(C,) where this model's features stand among all handcrafted ones."""
        return [handcrafted.NAMES.index(info.name) for info in self.features]

    def encode(self, track: Track, segment: Segment) -> np.ndarray:
        """(1, C) measured values of one window."""
        return self.encode_all(track, [segment])

    def encode_all(self, track: Track, segments: list[Segment]) -> np.ndarray:
        """(N, C) from one STFT of the song."""
        return handcrafted.of_track(track, segments)[:, self.columns]

    def mixer(self, stems: Stems, segments: list[Segment]) -> Callable[[np.ndarray], np.ndarray]:
        """As the base class's, but the stems are mixed as mono at 22,050 Hz: both steps are linear."""
        return mono_mixer(stems, frames.SR, lambda y: handcrafted.handcrafted(y, segments)[:, self.columns])

    def forward(self, x: np.ndarray) -> np.ndarray:
        """(N, C) -> (N, K) on [-1, 1]; piecewise constant, so without gradients."""
        x = np.ascontiguousarray(x, np.float32)
        return np.stack([booster.inplace_predict(x) for booster in self.boosters.values()], axis=1)


def _booster(content: dict):
    import xgboost

    booster = xgboost.Booster()
    booster.load_model(bytearray(json.dumps(content).encode()))
    return booster

"""The vision transformer of the thesis' perceptual route with valence and arousal as its answers."""

from __future__ import annotations

from mer_core.models._vit import ViTModel


class ViTVA(ViTModel):
    """Windows are (N, 1, 224, 224); answers are valence and arousal."""

    name = "vit_va"

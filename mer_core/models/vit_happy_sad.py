"""The thesis' perceptual route: a vision transformer that says happy or sad, 10 seconds at a time."""

from __future__ import annotations

from mer_core.models._vit import ViTModel


class ViTHappySad(ViTModel):
    """Windows are (N, 1, 224, 224); answers are log-odds of happy and sad."""

    name = "vit_happy_sad"

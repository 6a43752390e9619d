"""The student network and a perceptron: log-mel windows to valence and arousal, with nothing to fetch."""

from __future__ import annotations

from mer_core.models._picture import PictureModel
from mer_core.models.backbones.student import INPUT


class StudentMLP(PictureModel):
    """Windows are (N, 1, 96, 1292), narrower for a song shorter than 30 s."""

    name = "student_mlp"
    input = INPUT
    channels_last = True

    def make(self, tensors: dict):
        from mer_core.models.nets.student import StudentEmotion

        return StudentEmotion(len(self.card.targets))

    def layers(self) -> list:
        return self.network.layers()

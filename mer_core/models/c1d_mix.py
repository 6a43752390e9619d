"""C1D on the mix-down (C1D-M of EmoMucs, section 4): log-mel windows of 20 s to valence and arousal."""

from __future__ import annotations

from dataclasses import replace

from mer_core.models import c2d_mix
from mer_core.models._picture import PictureModel

# Its last layers know where in the window they are, so a shorter song is padded with silence, as in the paper.
INPUT = replace(c2d_mix.INPUT, shortest=None)


class C1DMix(PictureModel):
    """Windows are (N, 1, 96, 938), in the units of c2d_mix."""

    name = "c1d_mix"
    input = INPUT

    def make(self, tensors: dict):
        from mer_core.models.nets.c1d import C1D

        return C1D(len(self.card.targets))

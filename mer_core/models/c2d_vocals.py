"""C2D on the vocals (C2D-V of EmoMucs, section 4): that stem's picture to valence and arousal."""

from mer_core.models._source import SourceModel
from mer_core.models.c2d_mix import C2DMix


class C2DVocals(SourceModel, C2DMix):
    """Windows are those of c2d_mix, of the stem alone."""

    name = "c2d_vocals"
    stem = "vocals"

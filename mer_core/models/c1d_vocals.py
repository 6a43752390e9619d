"""C1D on the vocals (C1D-V of EmoMucs, section 4): that stem's picture to valence and arousal."""

from mer_core.models._source import SourceModel
from mer_core.models.c1d_mix import C1DMix


class C1DVocals(SourceModel, C1DMix):
    """Windows are those of c1d_mix, of the stem alone."""

    name = "c1d_vocals"
    stem = "vocals"

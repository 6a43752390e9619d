"""Valence and arousal from seven descriptors of the sound, by linear regression."""

from mer_core.models._mid_linear import MidLinear


class Mid2EVA(MidLinear):
    """Windows are (N, 7); targets are valence and arousal."""

    name = "mid2e_va"

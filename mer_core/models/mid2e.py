"""The nine emotions that listeners feel, from seven descriptors of the sound, by linear regression."""

from mer_core.models._mid_linear import MidLinear


class Mid2E(MidLinear):
    """Windows are (N, 7); targets are the nine of Emotify, in shares of listeners."""

    name = "mid2e"

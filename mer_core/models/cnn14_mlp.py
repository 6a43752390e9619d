"""The perceptron 2048-512-128-2 on the embedding of PANNs CNN14, whose published weights the user provides."""

from mer_core.models._backbone_mlp import BackboneMLP


class Cnn14MLP(BackboneMLP):
    """Windows are (N, 2048)."""

    name = "cnn14_mlp"
    part = "cnn14_embed"

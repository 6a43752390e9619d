"""The perceptron 384-512-128-2 on the embedding of mn04, whose published weights the user provides."""

from mer_core.models._backbone_mlp import BackboneMLP


class Mn04MLP(BackboneMLP):
    """Windows are (N, 384)."""

    name = "mn04_mlp"
    part = "mn04_embed"

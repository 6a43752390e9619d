"""The perceptron 200-512-128-2 on the embedding of MusiCNN, whose published weights the user provides."""

from mer_core.models._backbone_mlp import BackboneMLP


class MusicnnMLP(BackboneMLP):
    """Windows are (N, 200)."""

    name = "musicnn_mlp"
    part = "musicnn_embed"

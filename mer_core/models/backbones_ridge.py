"""Ridge regression on what MusiCNN and mn04 hear and on measured features: the most exact, where both are at hand."""

from mer_core.models._ridge import Ridge


class BackbonesRidge(Ridge):
    """Windows are (N, 3020): see `parts`, in turn."""

    name = "backbones_ridge"
    parts = ("musicnn_pooled", "musicnn_embed", "mn04_embed", "mn04_blocks", "handcrafted")

"""Made-up beat features, and a small network of the real class in the real file format."""

import hashlib
import json

import numpy as np
import torch

from mer_core.features.beats import FEATURES, BeatFeatures
from mer_core.features.beats.tracking import Beats
from mer_core.models._dbn import COMBINATIONS
from mer_core.models.dbn import DeepBeliefNetwork
from mer_core.models.nets.dbn import EllipseNetwork
from mer_core.schema import ModelCard

WIDTHS = {"rhythm": 80, "pitch": 192, "fourier": 384}


def heard(count: int = 20, seed: int = 0, step: float = 0.5, shift=0.0) -> BeatFeatures:
    """`count` beats, `step` seconds apart; every value is drawn around `shift`."""
    dice = np.random.default_rng(seed)
    return BeatFeatures(Beats(0.2 + step * np.arange(count), "tracked"),
                        *(dice.normal(shift, 1, (count - 3, width)).astype(np.float32) for width in WIDTHS.values()))


def shipped(folder, features: str = "rhythm+fourier", layer: int = 1, seed: int = 0) -> DeepBeliefNetwork:
    """A network with random weights, written to `folder` as training writes one."""
    from safetensors.torch import save

    torch.manual_seed(seed)
    network, sizes = EllipseNetwork(WIDTHS, COMBINATIONS, (6, 5, 4)), [6, 5, 4]
    tensors = {k: v.contiguous() for k, v in network.state_dict().items()}
    for name, width in WIDTHS.items():
        tensors |= {f"standard.{name}.mean": torch.full((width,), 0.5),
                    f"standard.{name}.spread": torch.full((width,), 2.0)}
    facts = {"features": list(FEATURES), "sizes": sizes, "chosen": features, "layer": layer}
    raw = save(tensors, {"facts": json.dumps(facts)})
    (folder / "model.safetensors").write_bytes(raw)
    card = ModelCard(name="dbn", title="t", summary="s", takes={"sample_rate": 22050, "window": 1.0, "hop": 1.0},
                     gives=("audio", "gradients", "beats"), targets=("valence", "arousal"), parameters=0, trained_on=(),
                     test_error={"covariance": [[0.1, 0], [0, 0.1]]}, reported={}, weights="model.safetensors",
                     digest=hashlib.sha256(raw).hexdigest(), licence="", paper="", limits=(), commands={})
    card.write(folder / "card.json")
    return DeepBeliefNetwork(folder)

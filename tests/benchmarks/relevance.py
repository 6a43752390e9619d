"""Rows on relevance: a map over one plain forward pass of the same windows."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from measuring import SONG, decoded, median, seconds

TRANSFORMER = "vit_happy_sad"
HARMONICS = "harmonics_cnn"
ON_BEATS = "dbn"


def lrp_over_forward(folder: Path, targets: int) -> float:
    """Relevance of one or both targets over a plain forward pass of the same windows."""
    from mer_core.explainers._lrp_rules import Sweep, composite
    from mer_core.explainers.lrp import LrpParams
    from mer_core.registry import get

    params = LrpParams()
    rules = composite(params.rule, params.epsilon, params.gamma)

    def relevance(model, x) -> None:
        sweep = Sweep(model.layers(), x, rules)
        for k in range(targets):
            sweep.relevance(k)
    return over_forward(folder, get("models", "c2d_mix")(), relevance)


def transformer_over_forward(folder: Path, method: str) -> float:
    """One target's map over a plain forward pass of the same windows; all targets' maps come from one go."""
    from mer_core.explainers import _attnlrp_rules, _rollout_rules, attnlrp
    from mer_core.registry import get

    def relevance(model, x) -> None:
        sweep = _attnlrp_rules.Sweep(model.network, x, attnlrp.rules(attnlrp.AttnLrpParams()))
        for k in range(len(model.card.targets)):
            sweep.relevance(k)

    def rollout(model, x) -> None:
        _rollout_rules.upsampled(_rollout_rules.rollout(model.network, x)[0], model.network)
    model = get("models", TRANSFORMER)()
    return over_forward(folder, model, {"attnlrp": relevance, "rollout": rollout}[method]) / len(model.card.targets)


def grad_cam_over_forward(folder: Path) -> float:
    """One class's map by pitch class over a plain forward pass of the same windows."""
    from mer_core.explainers import _grad_cam_maps
    from mer_core.registry import get

    return over_forward(folder, get("models", HARMONICS)(), lambda model, x: _grad_cam_maps.maps(model.network, x, 3))


def beat_lrp_over_forward(folder: Path) -> float:
    """One target's relevance of all beats over a plain forward pass of all seconds, the beats being there."""
    import torch

    from mer_core.explainers._beats import listen, split
    from mer_core.explainers._dbn_lrp import relevance
    from mer_core.explainers.beat_lrp import BeatLrpParams, rule
    from mer_core.registry import get

    model, track = get("models", ON_BEATS)(), decoded(folder, SONG)
    with model.session():
        heard, x = listen(model, track), model.encode_all(track, model.windows(track.duration))

        def forward() -> None:
            with torch.no_grad():
                model.forward(x)

        def back() -> None:
            for name, values in relevance(model, heard, rule(BeatLrpParams())).values.items():
                split(model, heard.found, name, values)
        for once in (forward, back):
            once()
        return median(lambda _: seconds(back) / seconds(forward), 15) / len(model.card.targets)


def over_forward(folder: Path, model, work: Callable[[object, object], None]) -> float:
    """`work(model, x)` over a plain forward pass of x, four windows."""
    import torch

    track = decoded(folder, 60)
    with model.session():
        x = torch.as_tensor(np.array(model.encode_all(track, model.windows(track.duration))[:4]))

        def forward() -> None:
            with torch.no_grad():
                model.forward(x)
        for once in (forward, lambda: work(model, x)):
            once()
        return median(lambda _: seconds(lambda: work(model, x)) / seconds(forward), 15)

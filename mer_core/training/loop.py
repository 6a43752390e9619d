"""The training loop with early stopping on clips held out of the training part, and a learning curve."""

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor, nn

from mer_core.schema import Progress, silent

Sample = Callable[[np.ndarray, np.random.Generator], Tensor]
Judge = Callable[[], float]


def fit(network: nn.Module, sample: Sample, labels: Tensor, among: np.ndarray, plan: dict, seed: int, *, loss=None,
        groups: list[dict] | None = None, judge: Judge | None = None, epochs: int | None = None,
        progress: Progress = silent) -> list[dict[str, float]]:
    """AdamW on a one-cycle schedule over shuffled batches of `among`, indices into `labels`; the learning curve.

    With `judge`, the error on held-out clips after each epoch, the weights of the best epoch are kept and training ends
    after plan["patience"] epochs without a better one. `epochs` ends it after so many epochs of the same schedule.
    `groups` are the optimiser's parameter groups (default: all that want a gradient, at plan["rate"]).
    """
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    loss = loss or nn.functional.mse_loss
    groups = groups or [{"params": [p for p in network.parameters() if p.requires_grad], "lr": plan["rate"]}]
    optimiser = torch.optim.AdamW(groups, weight_decay=plan["decay"])
    batches = max(len(among) // plan["batch"], 1)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, [g["lr"] for g in groups], pct_start=0.1,
                                                   total_steps=plan["epochs"] * batches)
    curve, best = [], (np.inf, {})
    for epoch in range(min(epochs or plan["epochs"], plan["epochs"])):
        point = {"epoch": epoch + 1, "loss": _epoch(network, sample, labels, among, plan, rng, loss, optimiser, schedule)}
        if judge:
            point["validation"] = judge()
            if point["validation"] < best[0]:
                best = point["validation"], {k: v.clone() for k, v in network.state_dict().items()}
        curve.append(point)
        progress((epoch + 1) / plan["epochs"], f"epoch {epoch + 1}, loss {point['loss']:.3f}")
        if judge and epoch + 1 - best_epoch(curve) >= plan["patience"]:
            break
    if best[1]:
        network.load_state_dict(best[1])
    network.eval()
    return curve


def _epoch(network, sample, labels, among, plan, rng, loss, optimiser, schedule) -> float:
    network.train()
    order, size = rng.permutation(among), min(plan["batch"], len(among))
    total = []
    for start in range(0, len(order) - size + 1, size):
        chosen = order[start:start + size]
        x = sample(chosen, rng)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            answer = network(x)
        error = loss(answer.float(), labels[chosen])
        optimiser.zero_grad()
        error.backward()
        optimiser.step()
        schedule.step()
        total.append(error.item())
    network.eval()
    return round(float(np.mean(total)), 5)


def best_epoch(curve: list[dict[str, float]]) -> int:
    """The epoch with the smallest held-out error, or the last where none was measured."""
    return min(curve, key=lambda p: p.get("validation", -p["epoch"]))["epoch"]

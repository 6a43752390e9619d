"""What models made with torch share: numbers without gradients, and a session that leaves no trace."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np

from mer_core.errors import WeightsError
from mer_core.models._base import BATCH, Model
from mer_core.models._logmel import LogMelInput

HOOKS = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")


class TorchModel(Model):
    """A model with one `network`; torch is imported when it is loaded, not before."""

    network = None  # torch.nn.Module, set by load

    def outputs(self, x) -> np.ndarray:
        import torch

        with torch.no_grad():
            return np.concatenate([self.forward(x[i:i + BATCH]).numpy() for i in range(0, len(x), BATCH)])

    @contextmanager
    def session(self) -> Iterator[TorchModel]:
        """Exclusive use in eval mode; afterwards mode, hooks, gradients, requires_grad and weights are as before."""
        with super().session():
            restore = snapshot(self.network)
            self.network.eval()
            try:
                yield self
            finally:
                restore()


def read_network(model: Model, inputs: LogMelInput, make: Callable[[dict], object]):
    """The network that `make(tensors)` gives, with the model's weights, in eval mode and without gradients.

    Raises WeightsError where the weights do not fit it, or were made for other input than `inputs`.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load

    try:
        tensors = load(model.weights())
        made_for = {k: float(tensors.pop(f"input.{k}")) for k in ("floor", "scale")}
        network = make(tensors)
        network.load_state_dict(tensors)
    except (KeyError, RuntimeError, StopIteration, SafetensorError) as error:
        raise WeightsError(f"the weights of {model.name} in {model.folder} do not fit its network: {error}") from error
    if made_for != {"floor": inputs.floor, "scale": inputs.scale}:
        raise WeightsError(f"the weights of {model.name} were made for another input: {made_for}; train it again")
    return network.requires_grad_(False).eval()


def tensor(x):
    """`x` as a torch tensor; a numpy array is copied."""
    import torch

    return torch.from_numpy(np.array(x)) if isinstance(x, np.ndarray) else x


def snapshot(network):
    """A function that puts `network` back to what it is now, down to each module's hooks."""
    modes = [(m, m.training, {h: type(hooks)(hooks) for h in HOOKS if (hooks := getattr(m, h)) is not None})
             for m in network.modules()]
    tensors = {name: value.detach().clone() for name, value in network.state_dict().items()}
    flags = [(p, p.requires_grad, p.grad) for p in network.parameters()]

    def restore() -> None:
        for module, training, hooks in modes:
            module.training = training
            for name, kept in hooks.items():
                current = getattr(module, name)
                current.clear()
                current.update(kept)
        for parameter, wants, grad in flags:
            parameter.requires_grad_(wants)
            parameter.grad = grad
        network.load_state_dict(tensors)
    return restore

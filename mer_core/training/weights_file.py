"""The weights of a network on pictures as the one file that ships, with the units of the picture they were made for."""

import hashlib
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors.torch import save
from torch import Tensor

from mer_core.models._logmel import LogMelInput

NAME = "model.safetensors"


def write(folder: Path, tensors: Mapping[str, Tensor], inputs: LogMelInput) -> str:
    """Writes NAME to `folder`; returns its sha256, hex."""
    units = {f"input.{k}": torch.tensor(getattr(inputs, k)) for k in ("floor", "scale")}
    raw = save({name: value.contiguous() for name, value in tensors.items()} | units)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / NAME).write_bytes(raw)
    return hashlib.sha256(raw).hexdigest()

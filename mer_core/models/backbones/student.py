"""The student as a backbone: what it hears, and its weights, which are a part of this project."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np

from mer_core.errors import WeightsError
from mer_core.features import spectral
from mer_core.features.mel import MelSpec
from mer_core.models._logmel import LogMelInput
from mer_core.models.backbones import chunks
from mer_core.registry import ASSETS

# Zero is -70 dB, as in c2d_mix; 50 dB are one unit. A song shorter than the window is taken as it is.
INPUT = LogMelInput(MelSpec(sr=22_050, n_fft=1024, hop=512, n_mels=96), frames=1292, floor=-70.0, scale=50.0,
                    shortest=129)
FRAMES = 430  # columns of one chunk, 10 s


class Shipped:
    """The weights file of student_mlp, in the place of a file to fetch."""

    path: Path = ASSETS / "models" / "student_mlp" / "model.safetensors"

    def missing(self) -> str:
        if self.path.is_file():
            return ""
        return f"The student's weights are not at {self.path}. Restore them, or train student_mlp."

    def read(self) -> bytes:
        if missing := self.missing():
            raise WeightsError(missing)
        return self.path.read_bytes()

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.read()).hexdigest()


WEIGHTS = Shipped()


def load():
    """nets.student.Student with its weights; raises WeightsError."""
    from safetensors.torch import load as tensors

    from mer_core.models.nets.student import Student

    network = Student()
    try:
        network.load_state_dict({name.removeprefix("student."): value for name, value in tensors(WEIGHTS.read()).items()
                                 if name.startswith("student.")})
    except RuntimeError as error:
        raise WeightsError(f"{WEIGHTS.path} does not hold the layers of the student: {error}") from error
    return network.requires_grad_(False).eval()


def hear(network, y: np.ndarray) -> dict[str, np.ndarray]:
    """(samples,) at 22,050 Hz -> what each chunk of 10 s becomes: pooled (K, 480), embed (K, 256); times (K,) s, the
    chunks' centres."""
    import torch

    spec = INPUT.spec
    picture = INPUT.picture(spectral.stft_blocks(y, spec.n_fft, spec.hop))
    first = chunks.starts(picture.shape[1], FRAMES)
    with torch.no_grad():
        pooled = torch.cat([network.pooled(torch.from_numpy(picture[None, None, :, i:i + FRAMES].copy()))
                            for i in first])
        embed = network.embedding(pooled)
    return {"pooled": pooled.numpy(), "embed": embed.numpy(), "times": (first + FRAMES / 2) * spec.hop / spec.sr}

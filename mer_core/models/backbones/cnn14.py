"""PANNs CNN14 as a backbone: what it hears, and the published checkpoint in our own module."""

from __future__ import annotations

import io
from functools import cache

import numpy as np

from mer_core.errors import WeightsError
from mer_core.features import spectral
from mer_core.models.backbones import chunks
from mer_core.models.backbones.chunks import HEARD
from mer_core.models.backbones.weights import Pretrained

WEIGHTS = Pretrained(
    title="PANNs CNN14, trained on the sounds of AudioSet", file="Cnn14_mAP=0.431.pth", bytes=327_428_481,
    digest="0dc499e40e9761ef5ea061ffc77697697f277f6a960894903df3ada000e34b31", licence="CC BY 4.0",
    address="https://zenodo.org/records/3987831/files/Cnn14_mAP%3D0.431.pth")
SR, N_FFT, HOP, BANDS = 32_000, 1024, 320, 64
LOW, HIGH = 50.0, 14_000.0  # Hz
FRAMES = 1000  # of one chunk, 10 s


def picture(y: np.ndarray) -> np.ndarray:
    """(samples,) at 32 kHz -> (T, 64) mel power in dB re 1, at least -100, float32."""
    padded = np.pad(np.asarray(y, np.float32), N_FFT // 2, mode="reflect")
    frames = np.lib.stride_tricks.sliding_window_view(padded, N_FFT)[::HOP]
    bank, parts = _filterbank(), []
    for start in range(0, len(frames), 1024):
        spectrum = np.fft.rfft(frames[start:start + 1024] * spectral.hann(N_FFT), axis=1)
        parts.append(spectral.power(spectrum) @ bank)
    return spectral.decibels(np.concatenate(parts)).astype(np.float32)


@cache
def _filterbank() -> np.ndarray:
    """(513, 64) Slaney's triangles of equal area."""
    from librosa.filters import mel

    return mel(sr=SR, n_fft=N_FFT, n_mels=BANDS, fmin=LOW, fmax=HIGH).T


def load():
    """nets.cnn14.CNN14 with the published weights; raises WeightsError."""
    from mer_core.models.nets.cnn14 import CNN14

    return fitted(CNN14(), WEIGHTS.read())


def fitted(network, raw: bytes):
    """`network` with the tensors of a published file; raises WeightsError where they are not its own."""
    import torch

    from mer_core.models.nets.cnn14 import from_checkpoint

    try:
        network.load_state_dict(from_checkpoint(torch.load(io.BytesIO(raw), map_location="cpu", weights_only=True)))
    except (KeyError, RuntimeError) as error:
        raise WeightsError(f"{WEIGHTS.file} does not hold the layers of CNN14: {error}") from error
    return network.requires_grad_(False).eval()


def hear(network, y: np.ndarray) -> dict[str, np.ndarray]:
    """(samples,) at 22,050 Hz -> embed (K, 2048) of each chunk of 10 s; times (K,) s, the chunks' centres."""
    import torch

    frames = picture(spectral.resample(y, HEARD, SR))
    first = chunks.starts(len(frames), FRAMES)
    with torch.no_grad():
        embed = torch.cat([network.embed(torch.from_numpy(frames[None, None, i:i + FRAMES])) for i in first])
    return {"embed": embed.numpy(), "times": (first + FRAMES / 2) * HOP / SR}

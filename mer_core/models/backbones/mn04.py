"""mn04 as a backbone: what it hears, and the published checkpoint in our own module."""

from __future__ import annotations

import io
from functools import cache

import numpy as np
import scipy.fft

from mer_core.errors import WeightsError
from mer_core.features import spectral
from mer_core.models.backbones import chunks
from mer_core.models.backbones.chunks import HEARD
from mer_core.models.backbones.weights import Pretrained

WEIGHTS = Pretrained(
    title="EfficientAT mn04, trained on the sounds of AudioSet", file="mn04_as_mAP_432.pt", bytes=4_066_513,
    digest="899a8c6217063f6941793102a2780b3dd788ab11fce468d9cf5f0577c453321c", licence="MIT",
    address="https://github.com/fschmid56/EfficientAT/releases/download/v0.0.1/mn04_as_mAP_432.pt")
SR, N_FFT, LENGTH, HOP, BANDS = 32_000, 1024, 800, 320, 128
TOP = 15_000.0  # Hz
FRAMES = 1000  # of one chunk, 10 s


def picture(y: np.ndarray) -> np.ndarray:
    """(samples,) at 32 kHz -> (128, T) (log(mel + 1e-5) + 4.5) / 5 of the pre-emphasised sound, float32."""
    sharp = np.asarray(y[1:], np.float32) - np.float32(0.97) * y[:-1]
    padded = np.pad(sharp, N_FFT // 2, mode="reflect")
    frames = np.lib.stride_tricks.sliding_window_view(padded, N_FFT)[::HOP]
    window, bank, parts = _window(), _filterbank(), []
    for start in range(0, len(frames), 1024):
        spectrum = scipy.fft.rfft(frames[start:start + 1024] * window, axis=1)
        parts.append((spectrum.real ** 2 + spectrum.imag ** 2) @ bank)
    return ((np.log(np.concatenate(parts) + 1e-5) + 4.5) / 5).astype(np.float32).T


@cache
def _window() -> np.ndarray:
    """(1024,) a symmetric Hann window of 800 samples in the middle."""
    side = (N_FFT - LENGTH) // 2
    return np.pad(np.hanning(LENGTH), side).astype(np.float32)


@cache
def _filterbank() -> np.ndarray:
    """(513, 128) Kaldi's triangles: straight in mels (1127 ln(1 + f / 700)), their tips at 1, nothing at Nyquist."""
    mel = 1127 * np.log1p(np.arange(N_FFT // 2) * SR / N_FFT / 700)
    edges = np.linspace(0, 1127 * np.log1p(TOP / 700), BANDS + 2)
    low, tip, high = edges[:-2], edges[1:-1], edges[2:]
    rising, falling = (mel[:, None] - low) / (tip - low), (high - mel[:, None]) / (high - tip)
    return np.pad(np.maximum(np.minimum(rising, falling), 0), ((0, 1), (0, 0))).astype(np.float32)


def load():
    """nets.mn04.MN04 with the published weights; raises WeightsError."""
    import torch

    from mer_core.models.nets.mn04 import MN04

    network = MN04()
    try:
        network.load_state_dict(torch.load(io.BytesIO(WEIGHTS.read()), map_location="cpu", weights_only=True))
    except RuntimeError as error:
        raise WeightsError(f"{WEIGHTS.file} does not hold the layers of mn04: {error}") from error
    return network.requires_grad_(False).eval()


def hear(network, y: np.ndarray) -> dict[str, np.ndarray]:
    """(samples,) at 22,050 Hz -> what each chunk of 10 s becomes: embed (K, 384), blocks (K, 512), the means of every
    block's channels, from the sound's colour to its meaning, logits (K, 527); times (K,) s, the chunks' centres."""
    import torch

    frames = picture(spectral.resample(y, HEARD, SR))
    first = chunks.starts(frames.shape[1], FRAMES)
    with torch.no_grad():
        found = [_layers(network, torch.from_numpy(frames[None, None, :, i:i + FRAMES].copy())) for i in first]
    return {**{name: np.concatenate([f[name] for f in found]) for name in found[0]},
            "times": (first + FRAMES / 2) * HOP / SR}


def _layers(network, x) -> dict[str, np.ndarray]:
    means = []
    for layer in network.features:
        x = layer(x)
        means.append(x.mean(dim=(2, 3)).numpy())
    return {"embed": means[-1], "blocks": np.concatenate(means[:-1], axis=1), "logits": network.classifier(x).numpy()}

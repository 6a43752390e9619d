"""MusiCNN as a backbone: what it hears, and the published Keras file in our own module."""

from __future__ import annotations

import io

import numpy as np

from mer_core.errors import WeightsError
from mer_core.features import spectral
from mer_core.features.mel import MelSpec
from mer_core.models.backbones import chunks
from mer_core.models.backbones.chunks import HEARD
from mer_core.models.backbones.weights import Pretrained

WEIGHTS = Pretrained(
    title="MusiCNN, trained on the tags of the Million Song Dataset", file="musicnn_msd.h5", bytes=3_319_120,
    digest="412a832c8527a813e084ba6f2cc7d068ecbbf1b68bda8c1de2e7de0d1f5fe7d1", licence="ISC",
    address="https://raw.githubusercontent.com/Quint-e/musicnn_keras/ad6cfb80/musicnn_keras/keras_checkpoints/"
            "MSD_musicnn.h5")
SPEC = MelSpec(sr=16_000, n_fft=512, hop=256, n_mels=96)
FRAMES = 187  # of one chunk, 3 s
TAGS = ("rock", "pop", "alternative", "indie", "electronic", "female vocalists", "dance", "00s", "alternative rock",
        "jazz", "beautiful", "metal", "chillout", "male vocalists", "classic rock", "soul", "indie rock", "mellow",
        "electronica", "80s", "folk", "90s", "chill", "instrumental", "punk", "oldies", "blues", "hard rock",
        "ambient", "acoustic", "experimental", "female vocalist", "guitar", "hip-hop", "70s", "party", "country",
        "easy listening", "sexy", "catchy", "funk", "electro", "heavy metal", "progressive rock", "60s", "rnb",
        "indie pop", "sad", "house", "happy")  # in the order of the last layer


def picture(y: np.ndarray) -> np.ndarray:
    """(samples,) at 16 kHz -> (T, 96) log10(1 + 10000 mel power), float32."""
    bank = SPEC.filterbank().T
    mel = [spectral.power(block) @ bank for block in spectral.stft_blocks(y, SPEC.n_fft, SPEC.hop)]
    return np.log10(1 + 10_000 * np.concatenate(mel)).astype(np.float32)


def load():
    """nets.musicnn.MusiCNN with the published weights; raises WeightsError."""
    from mer_core.models.nets.musicnn import MusiCNN, from_keras

    network = MusiCNN()
    try:
        network.load_state_dict(from_keras(arrays(WEIGHTS.read())), strict=False)
    except (KeyError, OSError, RuntimeError) as error:
        raise WeightsError(f"{WEIGHTS.file} does not hold the layers of MusiCNN: {error}") from error
    return network.requires_grad_(False).eval()


def arrays(raw: bytes) -> dict[tuple[str, str], np.ndarray]:
    """(layer, variable) -> array of a Keras HDF5 file. Keras numbers a variable's name (kernel_1:0) where a model was
    built twice; the number is left out."""
    import h5py

    found = {}

    def visit(name: str, entry) -> None:
        if isinstance(entry, h5py.Dataset):
            *_, layer, variable = name.split("/")
            found[layer, variable.partition(":")[0].removesuffix("_1")] = entry[()]
    with h5py.File(io.BytesIO(raw), "r") as file:
        file["model_weights"].visititems(visit)
    return found


def hear(network, y: np.ndarray) -> dict[str, np.ndarray]:
    """(samples,) at 22,050 Hz -> what each chunk of 3 s becomes: pooled (K, 1506), embed (K, 200), tags (K, 50) logits;
    times (K,) s, the chunks' centres. One chunk at a time: it stays in the processor's cache, which is three times
    faster than a batch."""
    import torch

    frames = picture(spectral.resample(y, HEARD, SPEC.sr))
    first = chunks.starts(len(frames), FRAMES)
    with torch.no_grad():
        pooled = torch.cat([network.pooled(torch.from_numpy(frames[i:i + FRAMES][None])) for i in first])
        embed = network.dense(network.flat_norm(pooled))
        tags = network.tags(network.dense_norm(embed.relu()))
    return {"pooled": pooled.numpy(), "embed": embed.numpy(), "tags": tags.numpy(),
            "times": (first + FRAMES / 2) * SPEC.hop / SPEC.sr}

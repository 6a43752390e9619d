"""Demucs 4.1 (Rouard, Massa, Defossez 2023) through its Python interface, where its weights are."""

from collections.abc import Iterator

import numpy as np

from mer_core.audio import resample
from mer_core.errors import ParameterError, WeightsError
from mer_core.schema import STEM_NAMES, Progress, Stems, Track, silent
from mer_core.separation import _demucs_weights
from mer_core.separation._base import Separator, with_residual

OVERLAP = 0.25  # of a segment, Demucs' own default


class Demucs(Separator):
    """Any model of Demucs: the one of MER_DEMUCS_MODEL, from the folder MER_DEMUCS or the caches of hub and torch.

    It runs on what is there and downloads only through `download()`.
    """

    name = "demucs"
    title = "Demucs"

    def __init__(self):
        self.model, self.folder = _demucs_weights.chosen()

    def available(self, track: Track | None = None) -> str:
        return "" if _demucs_weights.find(self.model, self.folder) else _demucs_weights.missing(self.model, self.folder)

    @property
    def digest(self) -> str:
        found = _demucs_weights.find(self.model, self.folder)
        return f"{self.version}-{found.digest if found else 'no weights'}"

    def download(self, *, progress: Progress = silent) -> None:
        """Fetch the weights from Demucs' hub; raises WeightsError where that fails or a folder of the user's is set."""
        if self.folder:  # what came into the hub's cache would not be looked for
            raise WeightsError(_demucs_weights.missing(self.model, self.folder))
        _demucs_weights.download(self.model, progress=progress)

    def separate(self, track: Track, *, progress: Progress = silent, out: np.ndarray | None = None) -> Stems:
        """Segment by segment: one segment's activations beside the song and its stems; stops between segments."""
        found = _demucs_weights.find(self.model, self.folder)
        if not found:
            raise WeightsError(_demucs_weights.missing(self.model, self.folder))
        network = _demucs_weights.load(found)
        if len(track.y) not in (1, network.audio_channels):
            raise ParameterError(f"Demucs {self.model} takes 1 or {network.audio_channels} channels, "
                                 f"not {len(track.y)}")
        out = np.empty((len(STEM_NAMES) + 1, *track.y.shape), np.float32) if out is None else out
        stems = out[:-1]
        mix = resample(track.y, track.sr, network.samplerate)
        if network.samplerate == track.sr:
            apply(network, mix, stems, progress)
        else:
            apply(network, mix, own := np.empty((len(STEM_NAMES), *mix.shape), np.float32), progress)
            for stem, taken in zip(stems, own, strict=True):
                back = resample(taken, network.samplerate, track.sr)[:, :stem.shape[1]]
                stem[:] = np.pad(back, ((0, 0), (0, stem.shape[1] - back.shape[1])))
        return with_residual(track.y, stems, STEM_NAMES, self.name, residual=out[-1])


def apply(network, mix: np.ndarray, stems: np.ndarray, progress: Progress) -> None:
    """Fill `stems` (4, channels, samples) with the network's sources of `mix` (channels, samples) at its own rate.

    The same overlap-add as demucs.apply.apply_model without random shifts, but straight into `stems`, so that no
    second copy of a long song is held; sources that are none of the four (guitar, piano) go to other.
    """
    import torch

    ref = torch.from_numpy(mix.mean(axis=0))
    mean, std = float(ref.mean()), float(ref.std()) + 1e-8
    scaled = torch.from_numpy((mix - mean) / np.float32(std)).expand(network.audio_channels, -1)[None]
    rows = [STEM_NAMES.index(s) if s in STEM_NAMES else STEM_NAMES.index("other") for s in network.sources]
    parts = list(_networks(network))
    stems[:] = 0
    for row in rows:
        stems[row] += mean
    for i, (single, shares) in enumerate(parts):
        for done, start, taken in segments(single, scaled):
            progress((i + done) / len(parts), f"separating with Demucs, {100 * (i + done) / len(parts):.0f} %")
            if taken is None:
                continue
            taken = taken.mean(axis=1, keepdims=True) if len(mix) == 1 else taken
            for source, row in enumerate(rows):
                stems[row, :, start:start + taken.shape[-1]] += taken[source] * np.float32(std * shares[source])


def segments(single, scaled) -> Iterator[tuple[float, int, np.ndarray | None]]:
    """(share done, start, weighted sources (S, channels, n)) of each segment of `scaled` (1, channels, samples).

    The weights of overlapping segments sum to 1. Before each segment a pair without sources marks a place to stop.
    """
    from demucs.apply import TensorChunk, apply_model

    samples, length = scaled.shape[-1], int(single.samplerate * single.segment)
    starts = range(0, samples, int((1 - OVERLAP) * length))
    ramp = np.concatenate([np.arange(1, length // 2 + 1), np.arange(length - length // 2, 0, -1)]).astype(np.float32)
    total = np.zeros(samples, np.float32)
    for start in starts:
        total[start:start + length] += ramp[:samples - start]
    for i, start in enumerate(starts):
        yield i / len(starts), start, None
        taken = apply_model(single, TensorChunk(scaled, start, length), shifts=0, split=False)[0].numpy()
        size = taken.shape[-1]
        yield (i + 1) / len(starts), start, taken * (ramp[:size] / total[start:start + size])


def _networks(network) -> Iterator[tuple[object, list[float]]]:
    """Each network of a bag with its share (S,) in each source; a single network has all of them."""
    if not hasattr(network, "models"):
        yield network, [1.0] * len(network.sources)
        return
    totals = np.sum(network.weights, axis=0)
    for single, weights in zip(network.models, network.weights, strict=True):
        yield single, list(np.asarray(weights) / totals)

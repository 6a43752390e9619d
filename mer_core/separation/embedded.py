"""The separator that needs no download: signal cues only, nothing learned."""

import numpy as np
from threadpoolctl import threadpool_limits

from mer_core.features.spectral import power, stft
from mer_core.schema import SAMPLE_RATE, STEM_NAMES, Progress, Stems, Track, silent
from mer_core.separation._base import Separator, with_residual
from mer_core.separation._blocks import in_blocks, inverse
from mer_core.separation._masks import HOP, N_FFT, first_masks
from mer_core.separation._refit import refit_masks

BLOCK, OVERLAP = 30, 3  # s


class Embedded(Separator):
    """Soft masks from harmonic/percussive, repetition, stereo, pitch and band cues. Its stems bleed into each other."""

    name = "embedded"
    title = "Embedded separator (no download)"
    rank = 2

    def separate(self, track: Track, *, progress: Progress = silent, out: np.ndarray | None = None) -> Stems:
        """Block by block: about 0.4 GB beside the song and its stems, whatever the length."""
        out = np.empty((len(STEM_NAMES) + 1, *track.y.shape), np.float32) if out is None else out
        stems = out[:-1]
        with threadpool_limits(1, user_api="blas"):  # its small products gain nothing from threads that wait and spin
            in_blocks(track.y, take_apart, stems, width=BLOCK * SAMPLE_RATE, overlap=OVERLAP * SAMPLE_RATE,
                      progress=progress)
        return with_residual(track.y, stems, STEM_NAMES, self.name, residual=out[-1])


def take_apart(mix: np.ndarray) -> np.ndarray:
    """(4, channels, samples), the stems of `mix` (channels, samples); they sum to it within rounding."""
    spectra = np.stack([stft(channel, N_FFT, HOP) for channel in mix])
    masks, tune = first_masks(spectra, mix.mean(axis=0))
    masks = refit_masks(np.sqrt(power(spectra).mean(axis=0)) + np.float32(1e-7), masks, tune)
    return np.stack([[inverse(mask * spectrum, HOP, mix.shape[1]) for spectrum in spectra] for mask in masks])

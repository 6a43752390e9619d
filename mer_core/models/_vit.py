"""What the vision transformers share: the thesis' spectrogram as their input, and the network.

Papers: the thesis (papers, 3; section 5.2.3) for the input; Dosovitskiy et al., An Image
is Worth 16x16 Words, ICLR 2021, for the network.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from mer_core.features import spectral
from mer_core.models._logmel import LogMelInput
from mer_core.models._picture import PictureModel
from mer_core.schema import Grid


@dataclass(frozen=True)
class EvenBands:
    """A spectrogram whose rows are equally wide in hertz: rate in Hz, window and hop in samples, number of rows.

    A row's power is the mean over its width, each bin of the transform being as wide as the step between bins; with
    1600 bins and 224 rows a row takes 7 1/7 bins. Power and mean are linear maps of the bins, so a row is one place.
    """

    sr: int
    n_fft: int
    hop: int
    rows: int

    @property
    def bins(self) -> int:
        return self.n_fft // 2 + 1

    def filterbank(self) -> np.ndarray:
        """(rows, bins), each row sums to 1; read-only."""
        return _means(self.rows, self.bins)

    def frames(self, samples: int) -> int:
        """How many frames there are of that many samples."""
        return spectral.frame_count(samples, self.hop)

    def grid(self, frames: int) -> Grid:
        """Seconds and hertz of the cells' centres."""
        edges = np.linspace(-0.5, self.bins - 0.5, self.rows + 1) * self.sr / self.n_fft
        return Grid(times=spectral.frame_times(frames, self.sr, self.hop), freqs=(edges[1:] + edges[:-1]) / 2)


@cache
def _means(rows: int, bins: int) -> np.ndarray:
    edges = np.linspace(0, bins, rows + 1)
    below = np.clip(edges[:, None] - np.arange(bins), 0, 1)  # how much of each bin lies under each edge
    bank = (np.diff(below, axis=0) * rows / bins).astype(np.float32)
    bank.flags.writeable = False
    return bank


# The thesis: mono 22,050 Hz, FFT 3198, hop 989: 1600 bins, and 224 columns from 220,547 samples (10.002 s) on; along
# frequency brought to 224 x 224. It takes each clip's maximum as 0 dB. Here one reference serves all songs, so that a
# quiet stem stays quiet and zero is silence: -40 dB of the transform's power, under which lie 13 % of the training
# cells, most of them where an MP3 encoder left nothing. 50 dB are one unit, so that music lies between 0 and 1.5.
INPUT = LogMelInput(EvenBands(sr=22_050, n_fft=3198, hop=989, rows=224), frames=224, floor=-40.0, scale=50.0)


class ViTModel(PictureModel):
    """Windows are (N, 1, 224, 224), rows of 49 Hz and columns of 45 ms; a song shorter than 10 s ends in silence."""

    input = INPUT

    def make(self, tensors: dict):
        """A network of the size that the weights have."""
        from mer_core.models.nets.vit import ViT

        return ViT.like(tensors)

"""What A2E looks at (paper 3, section 4.5): 10 s at 22,050 Hz as spectrogram (149, 313) and chromagram (12, 431)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from mer_core.features import chroma, spectral
from mer_core.models._logmel import LogMelInput
from mer_core.schema import Grid, Track

SR, WINDOW = 22_050, 10.0  # Hz, s
REFERENCE = 440.0  # Hz, the band the others are counted from


@dataclass(frozen=True)
class LogBands:
    """A spectrogram in bands of equal width on the scale of pitch; stands where a MelSpec stands.

    Triangles from each band's centre to its neighbours'. Centres lie `per_octave` to an octave on bins of the STFT, and
    low bands that would share a bin are one: 24 from 20 Hz to 16 kHz (the Nyquist frequency here) make the 149 rows.
    """

    sr: int = SR
    n_fft: int = 2048
    hop: int = 705  # 10 s give 313 frames
    per_octave: int = 24
    low: float = 20.0  # Hz
    high: float = 16_000.0

    def bins(self) -> np.ndarray:
        """The bins of the band edges and centres, increasing; a band's neighbours are where it ends."""
        steps = np.arange(np.ceil(self.per_octave * np.log2(self.low / REFERENCE)),
                          np.floor(self.per_octave * np.log2(self.high / REFERENCE)) + 1)
        wanted = REFERENCE * 2 ** (steps / self.per_octave) * self.n_fft / self.sr
        return np.unique(np.minimum(np.round(wanted), self.n_fft // 2 - 1).astype(int))

    def filterbank(self) -> np.ndarray:
        """(bands, n_fft // 2 + 1), the largest weight of a band is 1; read-only."""
        return _filterbank(self)

    def frames(self, samples: int) -> int:
        return spectral.frame_count(samples, self.hop)

    def grid(self, frames: int) -> Grid:
        centres = self.bins()[1:-1] * self.sr / self.n_fft
        return Grid(times=spectral.frame_times(frames, self.sr, self.hop), freqs=centres)


@cache
def _filterbank(spec: LogBands) -> np.ndarray:
    edges, at = spec.bins(), np.arange(spec.n_fft // 2 + 1)
    bank = np.stack([np.interp(at, edges[i:i + 3], [0, 1, 0], left=0, right=0)
                     for i in range(len(edges) - 2)]).astype(np.float32)
    bank.flags.writeable = False
    return bank


@dataclass(frozen=True)
class ChromaInput:
    """Pitch classes C to B over time, the strongest of each frame at 1."""

    sr: int = SR
    n_fft: int = 4096
    hop: int = 512  # 10 s give 431 frames
    frames: int = 431

    def song(self, track: Track) -> np.ndarray:
        """(12, T) of the whole song."""
        bank = chroma.filterbank(self.sr, self.n_fft).T
        blocks = spectral.stft_blocks(spectral.mono(track, self.sr), self.n_fft, self.hop)
        return chroma.normalised(np.concatenate([spectral.power(block) @ bank for block in blocks]).T)


SPECTROGRAM = LogMelInput(LogBands(), frames=313, floor=-60.0, scale=80.0)
CHROMAGRAM = ChromaInput()


def cut(picture: np.ndarray, frames: int, at: float) -> np.ndarray:
    """(1, rows, frames): the window `at` 0 (flush with the start) to 1 (flush with the end) of (rows, T)."""
    spare = picture.shape[1] - frames
    if spare < 0:
        return np.pad(np.asarray(picture, np.float32), ((0, 0), (0, -spare)))[None]
    start = round(at * spare)
    return np.asarray(picture[:, start:start + frames], np.float32)[None]

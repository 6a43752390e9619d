"""From a song to log-mel windows, by way of the whole song's spectrogram: for models on pictures of sound.

Window and song share one frame grid: a window starts at the frame nearest to its start (off by half a hop at most) and
its first frames hear what comes before it, so that cutting one window and cutting many give the same numbers.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from mer_core.features import spectral
from mer_core.features.mel import MelSpec
from mer_core.schema import Grid, Segment, Stems, Track


@dataclass(frozen=True)
class LogMelInput:
    """(N, 1, bands, frames) windows: (dB - floor) / scale where louder than the floor, else 0. Zero is silence."""

    spec: MelSpec
    frames: int  # columns of one window
    floor: float  # dB re 1
    scale: float  # dB
    shortest: int | None = None  # a song of fewer columns than a window keeps its own number, but not under this one;
    # None: it is padded with silence to a whole window

    def song(self, track: Track) -> np.ndarray:
        """(bands, T) of the whole song, T = 1 + samples // hop at the spec's rate."""
        y = spectral.mono(track, self.spec.sr)
        return self.picture(spectral.stft_blocks(y, self.spec.n_fft, self.spec.hop))

    def picture(self, blocks: Iterable[np.ndarray]) -> np.ndarray:
        """(bands, T) from blocks of the STFT, each (frames, bins) complex."""
        bank = self.spec.filterbank().T
        mel = np.concatenate([spectral.power(block) @ bank for block in blocks]).T
        return np.maximum(spectral.decibels(mel) - np.float32(self.floor), 0) / np.float32(self.scale)

    def start(self, segment: Segment) -> int:
        """The song's column at which the window starts."""
        return round(segment.start * self.spec.sr / self.spec.hop)

    def cut(self, song: np.ndarray, segments: list[Segment]) -> np.ndarray:
        """(N, 1, bands, frames), or fewer frames where the song is shorter; past its end there is silence."""
        width = min(self.frames, max(song.shape[1], self.shortest or self.frames))
        out = np.zeros((len(segments), 1, len(song), width), np.float32)
        for window, segment in zip(out, segments, strict=True):
            part = song[:, self.start(segment):][:, :width]
            window[0, :, :part.shape[1]] = part
        return out

    def grid(self, track: Track) -> Grid:
        """Where the columns and bands of `song` lie."""
        samples = round(track.y.shape[1] * self.spec.sr / track.sr)  # as many as the resampler gives
        return self.spec.grid(self.spec.frames(samples))

    def mixer(self, stems: Stems, segments: list[Segment]) -> Callable[[np.ndarray], np.ndarray]:
        """Resampling, the mean of the channels and the STFT are linear, so each is done once for each stem."""
        parts = [spectral.resample(y.mean(axis=0), stems.sr, self.spec.sr) for y in (*stems.y, stems.residual)]
        spectra = [list(spectral.stft_blocks(y, self.spec.n_fft, self.spec.hop)) for y in parts]

        def mix(gains: np.ndarray) -> np.ndarray:
            return self.cut(self.picture(_weighted(spectra, gains)), segments)
        return mix


def _weighted(spectra: list[list[np.ndarray]], gains: np.ndarray) -> Iterator[np.ndarray]:
    for blocks in zip(*spectra, strict=True):
        mixed = np.zeros_like(blocks[0])
        for block, gain in zip(blocks, gains, strict=True):
            if gain:
                mixed += block if gain == 1 else block * np.float32(gain)
        yield mixed

"""Mel spectrograms in dB over one fixed reference, so that a quiet stem stays quiet."""

from dataclasses import dataclass
from functools import cache

import numpy as np

from mer_core.features import spectral
from mer_core.schema import Grid, Picture, Track


@dataclass(frozen=True)
class MelSpec:
    """One way to take a log-mel spectrogram: rate in Hz, window and hop in samples, number of bands."""

    sr: int
    n_fft: int
    hop: int
    n_mels: int

    def filterbank(self) -> np.ndarray:
        """(n_mels, n_fft // 2 + 1) triangles of equal area on Slaney's mel scale; read-only."""
        return _filterbank(self)

    def frames(self, samples: int) -> int:
        """How many frames `power` gives for that many samples."""
        return spectral.frame_count(samples, self.hop)

    def power(self, y: np.ndarray) -> np.ndarray:
        """(samples,) at `sr` -> (n_fft // 2 + 1, T) power of the STFT."""
        return spectral.power(spectral.stft(y, self.n_fft, self.hop))

    def log_mel(self, power: np.ndarray) -> np.ndarray:
        """(n_fft // 2 + 1, T) power -> (n_mels, T) dB re 1, at least -100, float32."""
        return spectral.decibels(self.filterbank() @ power)

    def grid(self, frames: int) -> Grid:
        """Seconds and hertz of `log_mel`'s cells; a band lies at the tip of its triangle."""
        return Grid(times=spectral.frame_times(frames, self.sr, self.hop), freqs=_centres(self))


@cache
def _filterbank(spec: MelSpec) -> np.ndarray:
    from librosa.filters import mel

    bank = mel(sr=spec.sr, n_fft=spec.n_fft, n_mels=spec.n_mels)
    bank.flags.writeable = False
    return bank


@cache
def _centres(spec: MelSpec) -> np.ndarray:
    """(n_mels,) Hz, evenly spaced in mels. Written here because librosa takes seconds to import, and the words of the
    features need only this."""
    top = _mel(spec.sr / 2)
    return _hertz(np.linspace(0, top, spec.n_mels + 2)[1:-1])


# Slaney's Auditory Toolbox (1998): 3 mels for 200 Hz up to 1 kHz, then 27 mels for a factor of 6.4.
def _mel(hertz: float) -> float:
    return hertz * 3 / 200 if hertz < 1000 else 15 + 27 * np.log(hertz / 1000) / np.log(6.4)


def _hertz(mel: np.ndarray) -> np.ndarray:
    return np.where(mel < 15, mel * 200 / 3, 1000 * 6.4 ** ((mel - 15) / 27))


VIEW = MelSpec(sr=22_050, n_fft=2048, hop=512, n_mels=128)


def log_mel(track: Track, spec: MelSpec = VIEW) -> Picture:
    """Log-mel spectrogram of the mono mix in dB re 1, (n_mels, at most 4000), max-pooled over time where longer."""
    y = spectral.mono(track, spec.sr)
    bank = spec.filterbank().T
    mels = [spectral.power(block) @ bank for block in spectral.stft_blocks(y, spec.n_fft, spec.hop)]
    values = spectral.decibels(np.concatenate(mels).T)
    whole = spec.grid(values.shape[1])
    values, times = spectral.pooled(values, whole.times, spectral.pool_factor(values.shape[1]))
    return Picture(values, Grid(times=times, freqs=whole.freqs), "dB")

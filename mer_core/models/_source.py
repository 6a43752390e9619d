"""What models that hear stems share: the song taken apart, and a stem's picture at any gain."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, lru_cache

import numpy as np

from mer_core.features import spectral
from mer_core.models._logmel import LogMelInput
from mer_core.models._picture import PictureModel
from mer_core.schema import Segment, Stems, Track
from mer_core.separation.embedded import Embedded


class SourceModel(PictureModel):
    """A model on the picture of one stem (C1D and C2D of EmoMucs, section 4), as loud as the stem is in the song.

    It hears `track.stems` where the song carries them and else separates it itself, with the separator its card names.
    """

    stem: str  # of STEM_NAMES

    def encode_all(self, track: Track, segments: list[Segment]) -> np.ndarray:
        return self.input.cut(self.input.song(Track(track.info, apart(track).parts[self.stem])), segments)

    def mixer(self, stems: Stems, segments: list[Segment]) -> Callable[[np.ndarray], np.ndarray]:
        """Only this stem's own gain is heard."""
        place, picture = stems.names.index(self.stem), pictures_at(self.input, stems)
        return lambda gains: self.input.cut(picture(place, float(gains[place])), segments)


def apart(track: Track) -> Stems:
    """The stems that the song carries, else those of the embedded separator, which all these models learnt."""
    return track.stems or Embedded().separate(track)


def pictures_at(inputs: LogMelInput, stems: Stems) -> Callable[[int, float], np.ndarray]:
    """(place of a stem, gain) -> its picture (bands, T); most mixes have only some gains in them, so each is kept."""
    @cache
    def blocks(place: int) -> list[np.ndarray]:
        mono = spectral.resample(stems.y[place].mean(axis=0), stems.sr, inputs.spec.sr)
        return list(spectral.stft_blocks(mono, inputs.spec.n_fft, inputs.spec.hop))

    @lru_cache(maxsize=4 * len(stems.names))
    def picture(place: int, gain: float) -> np.ndarray:
        return inputs.picture(block * np.float32(gain) for block in blocks(place))
    return picture

"""What can be measured without a model."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from mer_core import audio, tiles
from mer_core.features import chroma, rhythm, spectral
from mer_core.records import plain
from mer_core.schema import Picture, Progress, TrackInfo, silent
from mer_core.service._base import MEASURED
from mer_core.service._songs import Songs
from mer_core.store import Draft, Key
from mer_core.tiles import Tiles, Waveform


class Measured(Songs):
    def overview(self, info: TrackInfo, *, progress: Progress = silent) -> dict:
        """key, key_clarity, tempo (bpm), beats (s), loudness (LUFS), peak (dBFS)."""
        def work(draft: Draft) -> dict:
            track = self.track(info)
            progress(0.1, "finding the key")
            name, clarity = chroma.key(chroma.chroma(track).values.mean(axis=1))
            progress(0.3, "finding the tempo")
            pulse = rhythm.rhythm(track)
            progress(0.7, "measuring the level")
            return {"key": name, "key_clarity": clarity, "tempo": pulse.tempo, "beats": plain(pulse.beats),
                    "loudness": audio.loudness(track.y, track.sr),
                    "peak": float(20 * np.log10(max(np.abs(track.y).max(), 1e-10)))}
        return self.shelf.entry(Key(info.id, "overview", MEASURED), work, progress).meta

    def spectrogram(self, info: TrackInfo, *, progress: Progress = silent) -> Picture:
        """For a figure on paper: at most 4000 columns."""
        return self.shelf.record(Key(info.id, "spectrogram", MEASURED), lambda: spectral.spectrogram(self.track(info)),
                                 progress)

    def spectrogram_tiles(self, info: TrackInfo, *, progress: Progress = silent) -> Tiles:
        """The spectrogram for a browser, 43 columns a second."""
        def draw(folder: Path) -> dict:
            progress(0.1, "drawing the spectrogram")
            return tiles.spectrogram(spectral.spectrogram(self.track(info), limit=None), folder)
        return self._tiles(Key(info.id, "spectrogram-tiles", MEASURED), draw, progress)

    def chroma_tiles(self, info: TrackInfo, *, progress: Progress = silent) -> Tiles:
        """The chromagram for a browser, 22 columns a second."""
        def draw(folder: Path) -> dict:
            progress(0.1, "drawing the chromagram")
            return tiles.chroma(chroma.chroma(self.track(info), limit=None), folder)
        return self._tiles(Key(info.id, "chroma-tiles", MEASURED), draw, progress)

    def waveform(self, info: TrackInfo, *, progress: Progress = silent) -> Waveform:
        """The song's waveform for a browser."""
        return self._waveforms(Key(info.id, "waveform", MEASURED), lambda: {"mix": self.track(info).y}, progress)["mix"]

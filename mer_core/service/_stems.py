"""The song taken apart."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mer_core import audio, registry
from mer_core.errors import MerError
from mer_core.schema import STEM_NAMES, Progress, Stems, Track, TrackInfo, part, silent
from mer_core.service._base import MEASURED
from mer_core.service._songs import Songs
from mer_core.store import Draft, Key
from mer_core.tiles import Waveform


@dataclass(frozen=True)
class SeparatorInfo:
    """A separator as the user sees it; `missing` is "" when it can run on this song now."""

    name: str
    title: str
    missing: str
    bleeds: bool


class Separated(Songs):
    def separators(self, info: TrackInfo) -> list[SeparatorInfo]:
        """All separators, the one to use first: true stems, then Demucs where its weights are, then the embedded one."""
        track = Track(info, np.zeros((info.channels, 0)))
        found = [SeparatorInfo(name, cls.title, cls().available(track), cls.bleeds)
                 for name, cls in registry.entries("separation").items()]
        return sorted(found, key=lambda s: (bool(s.missing), registry.get("separation", s.name).rank))

    def can_download(self, separator: str) -> bool:
        return hasattr(registry.get("separation", separator), "download")

    def download(self, separator: str, *, progress: Progress = silent) -> None:
        """Fetch a separator's weights, because the user asked; raises WeightsError."""
        registry.get("separation", separator)().download(progress=progress)

    def stems(self, info: TrackInfo, separator: str | None = None, *, progress: Progress = silent) -> Stems:
        """The stems, memory-mapped; `separator` None takes the best that can run now."""
        name = separator or self.separators(info)[0].name
        taker = registry.get("separation", name)()

        def work(draft: Draft) -> dict:
            track = self.track(info)
            missing = taker.available(track)
            if missing:
                raise MerError(missing)
            out = draft.array("stems", (len(STEM_NAMES) + 1, *track.y.shape))
            taker.separate(track, progress=progress, out=out)
            out.flush()
            return {"backend": name}
        stored = self.shelf.entry(Key(info.id, "stems", self._stems_version(name)), work, progress).array("stems")
        return Stems(names=STEM_NAMES, y=stored[:-1], residual=stored[-1], backend=name)

    def stem_files(self, info: TrackInfo, separator: str | None = None, *, progress: Progress = silent) -> dict[str, Path]:
        """stem name -> a file a browser can play; "residual" among them."""
        stems = self.stems(info, separator, progress=part(progress, 0, 0.8))
        key = Key(info.id, "stem-flac", MEASURED, {"stems": self._stems_version(stems.backend)})
        return self._flacs(key, lambda: stems.parts, part(progress, 0.8, 1))

    def stem_overview(self, info: TrackInfo, separator: str | None = None, *, progress: Progress = silent) -> dict:
        """loudness: stem name -> LUFS, "residual" among them; backend."""
        stems = self.stems(info, separator, progress=part(progress, 0, 0.9))

        def work(draft: Draft) -> dict:
            levels = {name: audio.loudness(y, stems.sr) for name, y in stems.parts.items()}
            return {"backend": stems.backend, "loudness": levels}
        key = Key(info.id, "stem-overview", MEASURED, {"stems": self._stems_version(stems.backend)})
        return self.shelf.entry(key, work, part(progress, 0.9, 1)).meta

    def stem_waveforms(self, info: TrackInfo, separator: str | None = None, *,
                       progress: Progress = silent) -> dict[str, Waveform]:
        """stem name -> its waveform for a browser; "residual" among them."""
        name = separator or self.separators(info)[0].name
        key = Key(info.id, "stem-waveforms", MEASURED, {"stems": self._stems_version(name)})
        return self._waveforms(key, lambda: self.stems(info, name, progress=part(progress, 0, 0.9)).parts, progress)

    def _stems_version(self, separator: str) -> str:
        return f"{separator}-{registry.get('separation', separator)().digest}"

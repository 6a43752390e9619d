"""Songs in, and out again as sound."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

from mer_core import audio, registry
from mer_core.errors import MerError
from mer_core.schema import Progress, Track, TrackInfo, silent
from mer_core.service._base import MEASURED, Part
from mer_core.store import Key

DEMOS = registry.ASSETS / "demos"


class Songs(Part):
    def add(self, source: Path | bytes, name: str, *, progress: Progress = silent) -> TrackInfo:
        """Decode a song and keep its samples; raises AudioError, and then nothing was stored."""
        track = audio.decode(source, name, progress=progress)
        key = Key(track.info.id, "pcm")
        if self.store.find(key) is None:
            with self.store.create(key) as draft:
                draft.save("y", track.y)
                draft.commit()
        return track.info

    def demos(self) -> list[TrackInfo]:
        return [TrackInfo(id=d["id"], title=d["title"], duration=d["duration"], channels=2,
                          tags={"artist": d["composer"], "description": d["description"], "licence": d["licence"]},
                          source={"demo": d["slug"], "quadrant": d["quadrant"]}) for d in demo_list()]

    def track(self, info: TrackInfo) -> Track:
        """The song with its samples, memory-mapped."""
        entry = self.store.find(Key(info.id, "pcm"))
        if entry is None:
            path = demo_path(info.id)
            if path is None:
                raise MerError(f"“{info.title}” is no longer in the cache. Upload it again.")
            self.add(path, path.name)
            entry = self.store.find(Key(info.id, "pcm"))
        return Track(info, entry.array("y"))

    def playable(self, info: TrackInfo, *, progress: Progress = silent) -> Path:
        """The song as a file a browser can play."""
        key = Key(info.id, "flac", MEASURED)
        return demo_path(info.id) or self._flacs(key, lambda: {"mix": self.track(info).y}, progress)["mix"]


@cache
def demo_list() -> list[dict]:
    path = DEMOS / "demos.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else []


def demo_path(track_id: str) -> Path | None:
    """The mix of the demo track with this content id."""
    return next((DEMOS / d["slug"] / "mix.flac" for d in demo_list() if d["id"] == track_id), None)

"""What would change: a painted region taken out, or the stems mixed anew."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from threading import Lock

import numpy as np

from mer_core import audio
from mer_core.brush import Box, Brushed, split
from mer_core.errors import MerError
from mer_core.live import LiveMix, checked, mixed, scaled
from mer_core.schema import Prediction, Progress, Track, TrackInfo, part, silent
from mer_core.service._base import MEASURED
from mer_core.service._predicted import Predicted
from mer_core.store import Draft, Key

MIXES = 4  # live mixes held at once, each with the spectra of three excerpts


class WhatIf(Predicted):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self._live: OrderedDict[tuple, LiveMix] = OrderedDict()
        self._live_lock = Lock()

    def brush(self, info: TrackInfo, boxes: Sequence[Box], model: str, *, progress: Progress = silent) -> Brushed:
        """The painted region alone and the song without it, as files to play, and what the model says before and after.

        The two sounds add up to the song (a file clips what goes beyond full scale). Raises ParameterError where the
        region lies outside the song.
        """
        boxes = [Box(*found) for found in sorted({box.rounded() for box in boxes})]
        taker, painted = self.model(model), [box.rounded() for box in boxes]
        sounds = self._flacs(Key(info.id, "brush-flac", MEASURED, {"boxes": painted}),
                             lambda: dict(zip(("only", "without"), split(self.track(info), boxes), strict=True)),
                             part(progress, 0, 0.5))
        before = self.predict(info, model, progress=part(progress, 0.5, 0.7))

        def work() -> Prediction:
            track = self.track(info)
            return taker.predict(replace(track, y=split(track, boxes)[1]), progress=part(progress, 0.7, 1))
        after = self.shelf.record(Key(info.id, "brush", f"{MEASURED}-{taker.depends_on}",
                                      {"boxes": painted, "model": model}), work, progress)
        return Brushed(sounds["only"], sounds["without"], before, after, taker.card.takes["window"])

    def live(self, info: TrackInfo, model: str, separator: str | None = None) -> LiveMix:
        """The mixer that follows the faders. Raises MerError while the stems are not there: that takes too long here."""
        separator = separator or self.separators(info)[0].name
        taker, version = self.model(model), self._stems_version(separator)
        key = (info.id, model, taker.depends_on, version)
        with self._live_lock:
            if key in self._live:
                self._live.move_to_end(key)
                return self._live[key]
        if self.store.find(Key(info.id, "stems", version)) is None:
            raise MerError(f"The stems of “{info.title}” are not there yet. Separate it first.")
        made = LiveMix(taker, self.stems(info, separator))
        with self._live_lock:
            made = self._live.setdefault(key, made)
            while len(self._live) > MIXES:
                self._live.popitem(last=False)
        return made

    def what_if(self, info: TrackInfo, model: str, gains: Mapping[str, float], separator: str | None = None, *,
                progress: Progress = silent) -> Prediction:
        """What the model says of the whole song mixed with these gains (stem name, or "residual", to 0..2; 1 where not
        named). Raises ParameterError."""
        stems = self.stems(info, separator, progress=part(progress, 0, 0.5))
        gains, weights = _rounded(gains), checked(stems, gains)
        if not gains:
            return self.predict(info, model, progress=part(progress, 0.5, 1))
        taker = self.model(model)
        facts = {"model": model, "gains": gains, "stems": self._stems_version(stems.backend)}
        key = Key(info.id, "what-if", f"{MEASURED}-{taker.depends_on}", facts)

        def work() -> Prediction:
            heard = scaled(stems, weights) if taker.card.takes.get("stems") else None
            return taker.predict(Track(info, mixed(stems, weights), heard), progress=part(progress, 0.5, 1))
        return self.shelf.record(key, work, progress)

    def mixdown(self, info: TrackInfo, gains: Mapping[str, float], separator: str | None = None, *,
                progress: Progress = silent) -> tuple[Path, dict]:
        """The mix with these gains as a FLAC, and {"peak": of the mix, "gain_db": what it was turned by so that it does
        not clip, 0 or less}. Raises ParameterError."""
        stems = self.stems(info, separator, progress=part(progress, 0, 0.6))
        gains, weights = _rounded(gains), checked(stems, gains)

        def work(draft: Draft) -> dict:
            y = mixed(stems, weights)
            peak = float(np.abs(y).max(initial=0))
            progress(0.8, "writing the mix")
            audio.write_flac(draft.folder / "mix.flac", y / np.float32(max(peak, 1)), stems.sr)
            return {"peak": peak, "gain_db": -20 * float(np.log10(max(peak, 1)))}
        key = Key(info.id, "mixdown", MEASURED, {"gains": gains, "stems": self._stems_version(stems.backend)})
        entry = self.shelf.entry(key, work, progress)
        return entry.file("mix.flac"), entry.meta


def _rounded(gains: Mapping[str, float]) -> dict[str, float]:
    """Those that are not 1, to a thousandth: what a mix depends on."""
    return {name: round(float(gain), 3) for name, gain in sorted(gains.items()) if round(float(gain), 3) != 1}

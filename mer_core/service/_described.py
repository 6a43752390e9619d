"""A song in seven descriptors and its chords; what stands behind a descriptor, and what follows from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from mer_core import tiles
from mer_core.explainers._descriptor_leave_out import LeftOut, left_out
from mer_core.explainers._descriptor_stems import descriptor_stems
from mer_core.features import chords, mid_level, spectral
from mer_core.features.chords import Chords
from mer_core.features.mid_level import MidLevel, partials, strokes
from mer_core.models._base import Model
from mer_core.models._mid_linear import MidLinear, within
from mer_core.parameters import that_matter
from mer_core.schema import SCALE, Explanation, Progress, Track, TrackInfo, part, silent
from mer_core.service._explained import Explained
from mer_core.sonify import SonifyParams
from mer_core.store import Draft, Entry, Key
from mer_core.tiles import Tiles

DESCRIBED = "1"  # version of the descriptors and chords; raise it when the same song would give others
REGIONS = "descriptor_regions"  # the method of an explanation that says where a descriptor comes from


class Described(Explained):
    def heard(self, info: TrackInfo, model: Model, progress: Progress = silent) -> Track:
        """The song as this model takes it: with its descriptors, where it stands on them."""
        if not isinstance(model, MidLinear):
            return super().heard(info, model, progress)
        return replace(self.track(info), levels=self.describe(info, progress=progress))

    def describe(self, info: TrackInfo, *, progress: Progress = silent) -> MidLevel:
        """The seven descriptors, without pictures; what cannot be measured is NaN with a reason."""
        entry = self._description(info, progress)
        return MidLevel(entry.array("values"), entry.meta["reasons"], entry.array("times"), entry.array("curves"), {})

    def chords(self, info: TrackInfo, *, progress: Progress = silent) -> Chords:
        """The chords and the key; measured together with the descriptors."""
        entry = self._description(info, progress)
        return Chords(entry.array("chord_times"), entry.array("states"), entry.array("chroma"), entry.meta["key"],
                      float(entry.array("clarity")[0]))

    def _description(self, info: TrackInfo, progress: Progress) -> Entry:
        def work(draft: Draft) -> dict:
            progress(0.0, "resampling")
            y = spectral.mono(self.track(info), mid_level.SR)
            progress(0.1, "finding the partials")
            tones = partials.find(y)
            seconds, report = len(y) / mid_level.SR, part(progress, 0.3, 0.8)
            levels = (mid_level.of_sound(y) if mid_level.refusal(y) else
                      mid_level.of_parts(tones, strokes.find(y), seconds, progress=report))
            harmony = chords.of_partials(tones, progress=part(progress, 0.8, 1))
            for name, values in (("values", levels.values), ("times", levels.times), ("curves", levels.curves),
                                 ("chord_times", harmony.times), ("states", harmony.states),
                                 ("chroma", harmony.chroma), ("clarity", [harmony.clarity])):
                draft.save(name, values)
            return {"reasons": dict(levels.reasons), "key": harmony.key}
        return self.shelf.entry(Key(info.id, "descriptors", DESCRIBED), work, progress)

    def descriptor_regions(self, info: TrackInfo, *, progress: Progress = silent) -> dict[str, Explanation]:
        """descriptor -> where in time and frequency it comes from, of those that the song has: the cells add up to the
        value, in its own unit; the base is 0."""
        def work() -> dict[str, Explanation]:
            found = mid_level.describe(self.track(info), progress=progress)
            return {name: Explanation(
                model="signal", method=REGIONS, target=name, space="timefreq", values=picture.values, base=0.0,
                output=found[name], grid=picture.grid, unit=picture.unit,
                notes=("A sum over the sound itself, by the descriptor's own definition: no model has a part in it.",))
                for name, picture in found.pictures.items()}
        return self.shelf.records(Key(info.id, "descriptor-regions", DESCRIBED), work, progress)

    def descriptor_tiles(self, info: TrackInfo, name: str, *, progress: Progress = silent) -> Tiles:
        """The regions behind one descriptor for a browser; a KeyError for one that the song has not."""
        def draw(folder: Path) -> dict:
            found = self.descriptor_regions(info, progress=progress)[name]
            return tiles.relevance(replace(found, unit=SCALE), folder)  # the legend has room for the name alone
        return self._tiles(Key(info.id, "descriptor-tiles", DESCRIBED, {"name": name}), draw, progress)

    def descriptor_sound(self, info: TrackInfo, name: str, *, params: SonifyParams | None = None,
                         separator: str | None = None, progress: Progress = silent) -> tuple[Path, dict]:
        """`sonify` for the regions behind one descriptor."""
        params = params or SonifyParams()

        def find(report: Progress) -> Explanation:
            return self.descriptor_regions(info, progress=report)[name]
        facts = {"source": f"{REGIONS}-{DESCRIBED}", "target": name, "params": that_matter(params)}
        return self._sounded(info, facts, params, separator, find, progress)

    def stem_descriptors(self, info: TrackInfo, separator: str | None = None, *,
                         progress: Progress = silent) -> LeftOut:
        """Each stem's own descriptors, and those of the song without it; `separator` None takes the best there is."""
        name = separator or self.separators(info)[0].name

        def work(draft: Draft) -> dict:
            found = left_out(self.stems(info, name, progress=part(progress, 0, 0.4)), progress=part(progress, 0.4, 1))
            for field in ("song", "alone", "without"):
                draft.save(field, getattr(found, field))
            return {"names": found.names, "why_alone": found.why_alone, "why_without": found.why_without}
        key = Key(info.id, "stem-descriptors", DESCRIBED, {"stems": self._stems_version(name)})
        entry = self.shelf.entry(key, work, progress)
        facts = entry.meta
        return LeftOut(tuple(facts["names"]), *(entry.array(field) for field in ("song", "alone", "without")),
                       facts["why_alone"], facts["why_without"])

    def stem_descriptor_shares(self, info: TrackInfo, separator: str | None = None, *,
                               progress: Progress = silent) -> dict[str, Explanation]:
        """descriptor -> exact Shapley values of the stems, with the typical value where a mix has none."""
        name = separator or self.separators(info)[0].name

        def work() -> dict[str, Explanation]:
            return descriptor_stems(self.stems(info, name, progress=part(progress, 0, 0.4)),
                                    progress=part(progress, 0.4, 1))
        key = Key(info.id, "stem-descriptor-shares", DESCRIBED, {"stems": self._stems_version(name)})
        return self.shelf.records(key, work, progress)

    def foretold(self, info: TrackInfo, model: str, moved: Mapping[str, float] | None = None, *,
                 progress: Progress = silent) -> np.ndarray:
        """(K,) what a model on descriptors says of the song with these values (descriptor -> value) instead of its own.

        A what-if on the model: every window's descriptor moves by as much as the song's; the sound stays as it is.
        """
        taker, levels = self.model(model), self.describe(info, progress=progress)
        with taker.session():
            return np.asarray(taker.outputs(_moved(taker, info, levels, moved or {})), float).mean(axis=0)


def _moved(model: MidLinear, info: TrackInfo, levels: MidLevel, moved: Mapping[str, float]) -> np.ndarray:
    """(N, 7) the model's windows; what the song has not, the windows get as it is asked for."""
    x = np.stack([within(levels, segment) for segment in model.windows(info.duration)]).astype(float)
    for name, value in moved.items():
        k = mid_level.NAMES.index(name)
        x[:, k] = value if np.isnan(levels[name]) else x[:, k] + (value - levels[name])
    return x

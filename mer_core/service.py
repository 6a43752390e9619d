"""The one door of the app and the command line: songs in; predictions, stems, explanations and sound out.

Every step is cached on disk by what it depends on, can report progress, and can be started in the background.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from copy import copy
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

import numpy as np

from mer_core import audio, registry
from mer_core.errors import MerError
from mer_core.explainers._base import Explainer
from mer_core.features import chroma, handcrafted_words, mel, rhythm, spectral
from mer_core.jobs import Job, Jobs
from mer_core.models._base import Model
from mer_core.records import plain
from mer_core.schema import (SAMPLE_RATE, STEM_NAMES, Explanation, FeatureInfo, ModelCard, Picture, Prediction, Progress, Stems,
                             Track, TrackInfo, part, silent)
from mer_core.sonify import SonifyParams, sonify
from mer_core.shelf import NotStored, ReadOnlyShelf, Shelf
from mer_core.store import Draft, Key, Store

DEMOS = registry.ASSETS / "demos"
MEASURED = "1"  # version of what is measured or written here without a model; raise it when that would differ


@dataclass(frozen=True)
class SeparatorInfo:
    """A separator as the user sees it; `missing` is "" when it can run on this song now."""

    name: str
    title: str
    missing: str
    bleeds: bool


class Service:
    def __init__(self, store: Store, jobs: Jobs | None = None):
        self.store, self.jobs, self.shelf = store, jobs or Jobs(), Shelf(store)
        self._models: dict[str, Model] = {}

    @classmethod
    def default(cls) -> Service:
        """The service on this user's cache folder (MER_CACHE, else ~/.cache/mer-explorer) and the demo results."""
        root = Path(os.environ.get("MER_CACHE") or Path.home() / ".cache" / "mer-explorer")
        return cls(Store(root, layers=(DEMOS / "results",)))

    # songs -----------------------------------------------------------------------------------------------------------

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

    # what is in it ---------------------------------------------------------------------------------------------------

    def overview(self, info: TrackInfo, *, progress: Progress = silent) -> dict:
        """peaks (1200, 2), key, key_clarity, tempo (bpm), beats (s), loudness (LUFS), peak (dBFS)."""
        def work(draft: Draft) -> dict:
            track = self.track(info)
            progress(0.1, "finding the key")
            name, clarity = chroma.key(self.chromagram(info).values.mean(axis=1))
            progress(0.3, "finding the tempo")
            pulse = rhythm.rhythm(track)
            progress(0.7, "measuring the level")
            draft.save("peaks", audio.peaks(track.y, 1200))
            return {"key": name, "key_clarity": clarity, "tempo": pulse.tempo, "beats": plain(pulse.beats),
                    "loudness": audio.loudness(track.y, track.sr),
                    "peak": float(20 * np.log10(max(np.abs(track.y).max(), 1e-10)))}
        entry = self.shelf.entry(Key(info.id, "overview", MEASURED), work, progress)
        return entry.meta | {"peaks": entry.array("peaks")}

    def spectrogram(self, info: TrackInfo, *, progress: Progress = silent) -> Picture:
        return self._picture(info, "spectrogram", spectral.spectrogram, progress)

    def log_mel(self, info: TrackInfo, *, progress: Progress = silent) -> Picture:
        return self._picture(info, "log-mel", mel.log_mel, progress)

    def chromagram(self, info: TrackInfo, *, progress: Progress = silent) -> Picture:
        return self._picture(info, "chromagram", chroma.chroma, progress)

    def _picture(self, info: TrackInfo, name: str, draw: Callable[[Track], Picture], progress: Progress) -> Picture:
        return self.shelf.record(Key(info.id, name, MEASURED), lambda: draw(self.track(info)), progress)

    # models ----------------------------------------------------------------------------------------------------------

    def cards(self) -> dict[str, ModelCard]:
        """The cards of all trained models; loads none of them."""
        return {name: self.model(name).card for name in registry.entries("models") if card_path(name).exists()}

    def model(self, name: str) -> Model:
        if name not in self._models:
            self._models[name] = registry.get("models", name)()
        return self._models[name]

    def predict(self, info: TrackInfo, model: str, *, progress: Progress = silent) -> Prediction:
        taker = self.model(model)
        key = Key(info.id, "predict", taker.depends_on, {"model": model})
        return self.shelf.record(key, lambda: taker.predict(self.track(info), progress=progress), progress)

    # stems -----------------------------------------------------------------------------------------------------------

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
        """peaks: stem name -> (1200, 2); loudness: stem name -> LUFS; "residual" among them; backend."""
        stems = self.stems(info, separator, progress=part(progress, 0, 0.9))
        def work(draft: Draft) -> dict:
            for name, y in stems.parts.items():
                draft.save(name, audio.peaks(y, 1200))
            levels = {name: audio.loudness(y, stems.sr) for name, y in stems.parts.items()}
            return {"backend": stems.backend, "loudness": levels}
        key = Key(info.id, "stem-overview", MEASURED, {"stems": self._stems_version(stems.backend)})
        entry = self.shelf.entry(key, work, part(progress, 0.9, 1))
        return entry.meta | {"peaks": {name: entry.array(name) for name in entry.meta["loudness"]}}

    # explanations ----------------------------------------------------------------------------------------------------

    def features(self) -> dict[str, FeatureInfo]:
        """name -> unit, musical family and a listener's sentence of each handcrafted feature."""
        return handcrafted_words.BY_NAME

    def explainers(self, model: str) -> list[str]:
        """The methods that fit this model."""
        return [name for name, cls in registry.entries("explainers").items() if cls().fits(self.model(model).card)]

    def explain(self, info: TrackInfo, method: str, model: str, *, params=None, separator: str | None = None,
                progress: Progress = silent) -> dict[str, Explanation]:
        """target -> Explanation. A method on stems separates the song first."""
        explainer, taker = registry.get("explainers", method)(), self.model(model)
        params = params or explainer.params()
        if explainer.needs_stems:
            separator = separator or self.separators(info)[0].name

        def work() -> dict[str, Explanation]:
            stems = self.stems(info, separator, progress=part(progress, 0, 0.6)) if explainer.needs_stems else None
            return explainer.explain(taker, self.track(info), params=params, stems=stems,
                                     progress=part(progress, 0.6 if explainer.needs_stems else 0, 1))
        return self.shelf.records(self._explain_key(info, explainer, taker, params, separator), work, progress)

    def sonify(self, info: TrackInfo, method: str, model: str, target: str, *, params: SonifyParams | None = None,
               explain_params=None, progress: Progress = silent) -> tuple[Path, dict]:
        """The song with the relevant parts brought forward (or left out): a file to play and what was measured."""
        params = params or SonifyParams()
        explainer = registry.get("explainers", method)()
        source = self._explain_key(info, explainer, self.model(model), explain_params or explainer.params(), None)

        def work(draft: Draft) -> dict:
            found = self.explain(info, method, model, params=explain_params, progress=part(progress, 0, 0.5))[target]
            made = sonify(self.track(info), found, params, progress=part(progress, 0.5, 1))
            audio.write_flac(draft.folder / "sound.flac", made.y, made.sr)
            return {"gain_db": made.gain_db, "loudness_before": made.loudness_before,
                    "loudness_after": made.loudness_after, "peak": made.peak}
        key = Key(info.id, "sonify", MEASURED, {"source": source.path, "target": target, **asdict(params)})
        entry = self.shelf.entry(key, work, progress)
        return entry.file("sound.flac"), entry.meta

    # background ------------------------------------------------------------------------------------------------------

    def start(self, step: str, info: TrackInfo, *args, **kwargs) -> Job:
        """Run one of the methods above in the background; two askers of the same work share one job."""
        key = (step, info.id, json.dumps([args, kwargs], default=str, sort_keys=True))
        stems = step.startswith("stem") or step == "explain" and registry.get("explainers", args[0]).needs_stems
        return self.jobs.start(key, lambda report: getattr(self, step)(info, *args, progress=report, **kwargs), long=stems)

    def stored(self, step: str, info: TrackInfo, *args, **kwargs):
        """What the method `step` gives where all of it is in the store, else None; nothing is computed."""
        reader = copy(self)
        reader.shelf = ReadOnlyShelf(self.store)
        try:
            return getattr(reader, step)(info, *args, **kwargs)
        except NotStored:
            return None

    # caching ---------------------------------------------------------------------------------------------------------

    def _stems_version(self, separator: str) -> str:
        return f"{separator}-{registry.get('separation', separator)().digest}"

    def _explain_key(self, info: TrackInfo, explainer: Explainer, model: Model, params, separator: str | None) -> Key:
        facts = {"method": explainer.name, "model": model.name, **asdict(params)}
        if explainer.needs_stems:
            facts["stems"] = self._stems_version(separator)
        return Key(info.id, "explain", f"{explainer.version}-{model.depends_on}", facts)

    def _flacs(self, key: Key, parts: Callable[[], Mapping[str, np.ndarray]], progress: Progress) -> dict[str, Path]:
        def fill(draft: Draft) -> dict:
            made = parts()
            for i, (name, y) in enumerate(made.items()):
                progress(i / len(made), f"writing {name}")
                audio.write_flac(draft.folder / f"{name}.flac", y, SAMPLE_RATE)
            return {"names": list(made)}
        entry = self.shelf.entry(key, fill, progress)
        return {name: entry.file(f"{name}.flac") for name in entry.meta["names"]}


def card_path(model: str) -> Path:
    return registry.ASSETS / "models" / model / "card.json"


@cache
def demo_list() -> list[dict]:
    path = DEMOS / "demos.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else []


def demo_path(track_id: str) -> Path | None:
    """The mix of the demo track with this content id."""
    return next((DEMOS / d["slug"] / "mix.flac" for d in demo_list() if d["id"] == track_id), None)

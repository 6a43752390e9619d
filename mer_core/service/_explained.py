"""Explanations, seen and heard."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

from mer_core import audio, registry, tiles
from mer_core.errors import ParameterError
from mer_core.explainers._base import Explainer
from mer_core.features import beat_words, handcrafted_words, mid_level_words
from mer_core.models._base import Model
from mer_core.parameters import that_matter
from mer_core.schema import SHARES, Explanation, FeatureInfo, Progress, Track, TrackInfo, part, silent
from mer_core.service._base import MEASURED
from mer_core.service._predicted import Predicted
from mer_core.sonify import SonifyParams, sonify
from mer_core.store import Draft, Key
from mer_core.tiles import Tiles


class Explained(Predicted):
    def features(self) -> dict[str, FeatureInfo]:
        """name -> unit, musical family and a listener's sentence of each handcrafted feature, descriptor and group of beats."""
        return {**handcrafted_words.BY_NAME, **{name: mid_level_words.info(name) for name in mid_level_words.BY_NAME},
                **beat_words.infos()}

    def explainers(self, model: str) -> list[str]:
        """The methods that fit this model."""
        return [name for name, cls in registry.entries("explainers").items() if cls().fits(self.model(model).card)]

    def explain(self, info: TrackInfo, method: str, model: str, *, params=None, separator: str | None = None,
                progress: Progress = silent) -> dict[str, Explanation]:
        """target -> Explanation. A method on stems separates the song first: with `separator`, else as the model learnt it,
        else with the best that can run now."""
        explainer, taker = registry.get("explainers", method)(), self.model(model)
        params = params or explainer.params()
        if explainer.needs_stems:
            separator = separator or taker.card.takes.get("stems") or self.separators(info)[0].name

        def work() -> dict[str, Explanation]:
            before = part(progress, 0, 0.6)
            stems = self.stems(info, separator, progress=before) if explainer.needs_stems else None
            track = self.track(info) if explainer.needs_stems else self.heard(info, taker, before)
            found = explainer.explain(taker, track, params=params, stems=stems,
                                      progress=part(progress, 0.6 if stems or track.stems else 0, 1))
            return {target: e if e.unit == SHARES else replace(e, unit=taker.card.unit) for target, e in found.items()}
        return self.shelf.records(self._explain_key(info, explainer, taker, params, separator), work, progress)

    def relevance_tiles(self, info: TrackInfo, method: str, model: str, target: str, params=None, *,
                        progress: Progress = silent) -> Tiles:
        """An explanation over time and frequency for a browser; raises ParameterError for one of another kind."""
        explainer = registry.get("explainers", method)()
        if explainer.space != "timefreq":
            raise ParameterError(f"only relevance over time and frequency can be drawn; {method} gives {explainer.space}")
        source = self._explain_key(info, explainer, self.model(model), params or explainer.params(), None)

        def draw(folder: Path) -> dict:
            return tiles.relevance(self.explain(info, method, model, params=params, progress=progress)[target], folder)
        return self._tiles(Key(info.id, "relevance-tiles", MEASURED, {"source": source.path, "target": target}), draw,
                           progress)

    def sonify(self, info: TrackInfo, method: str, model: str, target: str, *, params: SonifyParams | None = None,
               explain_params=None, separator: str | None = None, progress: Progress = silent) -> tuple[Path, dict]:
        """The song, or the stem that `params` names, with the relevant parts brought forward (or left out): a file to
        play and what was measured. `separator` None takes the best that can run now; the song itself needs none."""
        params = params or SonifyParams()
        explainer = registry.get("explainers", method)()
        source = self._explain_key(info, explainer, self.model(model), explain_params or explainer.params(), None)

        def find(report: Progress) -> Explanation:
            return self.explain(info, method, model, params=explain_params, progress=report)[target]
        facts = {"source": source.path, "target": target, "params": that_matter(params)}
        return self._sounded(info, facts, params, separator, find, progress)

    def _sounded(self, info: TrackInfo, facts: dict, params: SonifyParams, separator: str | None,
                 find: Callable[[Progress], Explanation], progress: Progress) -> tuple[Path, dict]:
        """The sound of the explanation that `find` gives; `facts` name it."""
        if params.source != "song":
            separator = separator or self.separators(info)[0].name
            facts["stems"] = self._stems_version(separator)

        def work(draft: Draft) -> dict:
            found = find(part(progress, 0, 0.4))
            heard = self._heard(info, params.source, separator, part(progress, 0.4, 0.7))
            made = sonify(heard, found, params, progress=part(progress, 0.7, 1))
            audio.write_flac(draft.folder / "sound.flac", made.y, made.sr)
            return {"source": params.source, "gain_db": made.gain_db, "limited_db": made.limited_db,
                    "loudness_before": made.loudness_before, "loudness_after": made.loudness_after, "peak": made.peak}
        entry = self.shelf.entry(Key(info.id, "sonify", MEASURED, facts), work, progress)
        return entry.file("sound.flac"), entry.meta

    def _heard(self, info: TrackInfo, source: str, separator: str | None, progress: Progress) -> Track:
        if source == "song":
            return self.track(info)
        return Track(info, self.stems(info, separator, progress=progress).parts[source])

    def _explain_key(self, info: TrackInfo, explainer: Explainer, model: Model, params, separator: str | None) -> Key:
        facts = {"method": explainer.name, "model": model.name, **asdict(params)}
        if explainer.needs_stems:
            facts["stems"] = self._stems_version(separator)
        return Key(info.id, "explain", f"{explainer.version}-{model.depends_on}", facts)

"""What the harmonics network saw: its consonance profile, and the tones that were brightest, to listen to."""

from __future__ import annotations

from pathlib import Path

from mer_core import audio, consonance, tones
from mer_core.consonance import ConsonanceProfile
from mer_core.errors import ParameterError
from mer_core.explainers.grad_cam import GradCam, song_maps
from mer_core.loudness import true_peak
from mer_core.models._base import Model
from mer_core.records import plain
from mer_core.schema import Progress, TrackInfo, part, silent
from mer_core.service._explained import Explained
from mer_core.store import Draft, Key

PROFILED = "1"  # version of profiles and tone rows; raise it when the same maps would give others
FIELDS = ("pitch_classes", "octaves", "intervals", "brightness")
LOUDEST = -16.0  # LUFS of a tone row: beside a louder song it stays there, as bare tones are soon too loud


class Harmonics(Explained):
    def consonance(self, info: TrackInfo, model: str, target: str, *, progress: Progress = silent) -> ConsonanceProfile:
        """Brightness by pitch class and interval over time, for one target; all targets are found together. Raises
        ParameterError for a model without harmonics and for a target it has not."""
        taker = self._with_harmonics(model, target)

        def work(draft: Draft) -> dict:
            found = song_maps(taker, self.heard(info, taker), progress=progress)
            for k, name in enumerate(taker.card.targets):
                profile = consonance.profile(found, k, name)
                for field in FIELDS:
                    draft.save(f"{name}.{field}", getattr(profile, field))
            draft.save("times", profile.times)
            return {"a4": profile.a4}
        entry = self.shelf.entry(self._profile_key(info, taker), work, progress)
        return ConsonanceProfile(entry.array("times"), *(entry.array(f"{target}.{field}") for field in FIELDS), target,
                                 entry.meta["a4"])

    def tone_row(self, info: TrackInfo, model: str, target: str, *, standing_out: bool = False,
                 progress: Progress = silent) -> tuple[Path, dict]:
        """The brightest tones of each half second as a sound file, as long as the song and about as loud, and its
        facts: `steps` (start and end in s, note names and hertz, the brightest first), `a4` (Hz), `loudness` (LUFS;
        None for silence), `peak` (true peak, linear). For `standing_out` see tones.steps. Raises ParameterError as
        `consonance` does."""
        source = self._profile_key(info, self._with_harmonics(model, target))

        def work(draft: Draft) -> dict:
            profile = self.consonance(info, model, target, progress=part(progress, 0, 0.7))
            progress(0.7, "measuring the song")
            track = self.track(info)
            level = min(audio.loudness(track.y, track.sr), LOUDEST)
            progress(0.8, "playing the tones")
            y = tones.tone_row(profile, track.duration, track.sr, standing_out=standing_out, loudness=level)
            audio.write_flac(draft.folder / "tones.flac", y, track.sr)
            loud = audio.loudness(y, track.sr) if y.any() else None
            steps = tones.steps(profile, track.duration, standing_out=standing_out)
            return {"steps": [_written(step) for step in steps], "standing_out": standing_out, "a4": profile.a4,
                    "loudness": loud, "peak": true_peak(y, track.sr)}
        facts = {"source": source.path, "target": target, "standing_out": standing_out}
        key = Key(info.id, "tone-row", PROFILED, facts)
        entry = self.shelf.entry(key, work, progress)
        return entry.file("tones.flac"), entry.meta

    def _with_harmonics(self, model: str, target: str) -> Model:
        taker = self.model(model)
        GradCam().check(taker, None)
        if target not in taker.card.targets:
            raise ParameterError(f"{model} knows no {target!r}; it knows {', '.join(taker.card.targets)}")
        return taker

    def _profile_key(self, info: TrackInfo, taker: Model) -> Key:
        version = f"{PROFILED}-{GradCam.version}-{taker.depends_on}"
        return Key(info.id, "consonance", version, {"model": taker.name})


def _written(step: tones.Step) -> dict:
    return plain({"start": step.start, "end": step.end, "tones": [tone.name for tone in step.tones],
                  "hertz": [round(tone.hertz, 2) for tone in step.tones],
                  "shares": [round(tone.share, 3) for tone in step.tones], "strength": round(step.strength, 3)})

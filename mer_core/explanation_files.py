"""One explanation as files: its numbers, its picture and its sound; the work behind `python -m mer_core explain`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path

from mer_core import harmonics_words, registry, report_figures, words
from mer_core.errors import ParameterError
from mer_core.explainers.grad_cam import GradCam
from mer_core.exported import as_csv, as_json, consonance_table
from mer_core.report import safe_name, to_wav
from mer_core.schema import ModelCard, Prediction, Progress, TrackInfo, part, silent
from mer_core.service import Service

AUDIBLE = ("timefreq", "time")


def explain(service: Service, song: Path, out: Path, method: str, model: str, settings: Mapping[str, str] = {}, *,
            progress: Progress = silent) -> tuple[Path, list[str]]:
    """Write out/NAME-ID-MODEL-METHOD/ with TARGET.json and TARGET.csv for each target, heatmap.png for a map, TARGET.wav
    where moments or regions can be heard and, of harmonics, consonance-TARGET.csv and tones-TARGET.wav; return the
    folder and what there is to say. `settings` are the method's parameters as text.

    Raises ParameterError, before any work, for a model, a method or a parameter that is not there.
    """
    card, params = chosen(service, method, model, settings)
    info = service.add(song, song.name)
    prediction = service.predict(info, model, progress=part(progress, 0, 0.2))
    found = service.explain(info, method, model, params=params, progress=part(progress, 0.2, 0.6))
    folder = out / f"{safe_name(song.stem)}-{info.id[:8]}-{model}-{method}"
    folder.mkdir(parents=True, exist_ok=True)
    for target, explanation in found.items():
        (folder / f"{target}.json").write_bytes(as_json(explanation))
        (folder / f"{target}.csv").write_bytes(as_csv(explanation))
    shown = list(found.values())
    if shown[0].space == "timefreq":
        report_figures.heatmap(folder / "heatmap.png", service.spectrogram(info), shown)
    main = list(prediction.targets)[int(prediction.values.argmax())] if card.kind == "classes" else shown[0].target
    said = [*_predicted(card, prediction), f"Of {main.replace('_', ' ')}:", *found[main].notes]
    if shown[0].space in AUDIBLE:
        said += _sounds(service, info, folder, method, model, list(found), params, part(progress, 0.6, 0.9))
    if method == GradCam.name:
        _harmonics(service, info, folder, model, prediction.targets, part(progress, 0.9, 0.99))
        if settings:
            said.append("Consonance and tone row are those of the method's own defaults.")
        said += harmonics_words.sentences(service.consonance(info, model, main))
    progress(1.0, "done")
    return folder, said


def chosen(service: Service, method: str, model: str, settings: Mapping[str, str]) -> tuple[ModelCard, object]:
    """The model's card, and the method's parameters as `settings` say."""
    cards = service.cards()
    if model not in cards:
        raise ParameterError(f"no model that can be used now is called {model}; there are: {', '.join(cards)}")
    if method not in service.explainers(model):
        raise ParameterError(f"{method} does not explain {model}; these do: {', '.join(service.explainers(model))}")
    return cards[model], _read(registry.get("explainers", method).params, settings)


def _read(cls: type, settings: Mapping[str, str]):
    """The dataclass of parameters with the values that the text stands for; it checks them itself."""
    defaults = {item.name: getattr(cls(), item.name) for item in fields(cls)}
    values = {}
    for name, text in settings.items():
        if name not in defaults:
            raise ParameterError(f"there is no parameter {name!r}; there are: {', '.join(defaults) or 'none'}")
        values[name] = _value(name, text, type(defaults[name]))
    return cls(**values)


def _value(name: str, text: str, kind: type):
    if kind is bool:
        if text.lower() not in ("true", "false"):
            raise ParameterError(f"{name} must be true or false, not {text!r}")
        return text.lower() == "true"
    try:
        return kind(text)
    except ValueError:
        raise ParameterError(f"{name} must be a number, not {text!r}") from None


def _predicted(card: ModelCard, prediction: Prediction) -> list[str]:
    said = ([words.classes_sentence(prediction)] if card.kind == "classes" else
            [words.value_sentence(prediction, target) for target in prediction.targets if target in words.ENDS] or
            [f"{target.replace('_', ' ')} {value:+.2f}." for target, value in
             zip(prediction.targets, prediction.values, strict=True)])
    return [*said, *prediction.notes]


def _sounds(service: Service, info: TrackInfo, folder: Path, method: str, model: str, targets: list[str], params,
            progress: Progress) -> list[str]:
    """The song with what mattered brought forward, a file a target; sentences on those that have nothing to hear."""
    silent_ones = []
    for k, target in enumerate(targets):
        step = part(progress, k / len(targets), (k + 1) / len(targets))
        try:
            made, _ = service.sonify(info, method, model, target, explain_params=params, progress=step)
        except ParameterError as error:
            silent_ones.append(f"No sound for {target}: {error}.")
        else:
            to_wav(made, folder / f"{target}.wav")
    return silent_ones


def _harmonics(service: Service, info: TrackInfo, folder: Path, model: str, targets: tuple[str, ...],
               progress: Progress) -> None:
    """Consonance profile and tone row of every class."""
    for k, target in enumerate(targets):
        progress(k / len(targets), "writing the consonance")
        profile = service.consonance(info, model, target)
        consonance_table(profile).to_csv(folder / f"consonance-{target}.csv", index=False)
        to_wav(service.tone_row(info, model, target)[0], folder / f"tones-{target}.wav")

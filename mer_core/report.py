"""The files of one analysed song: the work behind `python -m mer_core analyze`."""

from __future__ import annotations

import hashlib
import json
import math
import os
import re
import tempfile
import unicodedata
from dataclasses import asdict
from pathlib import Path

import numpy as np
import soundfile

from mer_core import registry, report_figures, report_html
from mer_core.ellipse import EllipsePath
from mer_core.errors import MerError
from mer_core.records import plain
from mer_core.report_findings import Choices, Findings, gather
from mer_core.schema import SHARES, Explanation, Progress, part, silent
from mer_core.service import Service

BLOCK = 1 << 18  # samples written at once
FORMAT = 1  # of report.json; raised when a field changes its meaning


def analyse(service: Service, song: Path, out: Path, choices: Choices = Choices(), *, progress: Progress = silent) -> Path:
    """Write out/NAME-ID/ with report.json, report.html, heatmap.png, boosted.wav, stems/*.wav and, where a model on beats is
    chosen, ellipse.csv; return that folder.

    NAME is the file's, made safe, and ID begins the track id, so that two songs of one name lie side by side. Files of
    an earlier run are replaced only once all the new ones are there; report.json is the last, so a folder that has one
    is whole. Raises MerError for a song or choice that cannot be used; then `out` is as it was.
    """
    progress(0, "reading")
    info = service.add(song, song.name)
    found = gather(service, info, choices, progress=part(progress, 0.02, 0.85))
    target = out / f"{safe_name(song.stem)}-{info.id[:8]}"
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".mer-", dir=out) as made:
        progress(0.86, "writing")
        write(found, Path(made), song, choices)
        _replace(Path(made), target)
    progress(1, "done")
    return target


def write(found: Findings, folder: Path, song: Path, choices: Choices) -> None:
    """All files of one song into an empty folder."""
    (folder / "stems").mkdir()
    for path, y in zip(found.stem_paths(folder), (*found.stems.y, found.stems.residual), strict=True):
        write_float_wav(path, y, found.stems.sr)
    if found.shown():
        report_figures.heatmap(folder / "heatmap.png", found.picture, found.shown())
    if found.boosted_file:
        to_wav(found.boosted_file, folder / "boosted.wav")
    if found.ellipses:
        write_ellipses(folder / "ellipse.csv", found.ellipses)
    (folder / "report.html").write_text(report_html.page(found, folder), encoding="utf-8")
    files = {p.relative_to(folder).as_posix(): digest(p) for p in sorted(folder.rglob("*")) if p.is_file()}
    text = json.dumps(finite(plain(facts(found, song, choices) | {"files": files})), indent=1, ensure_ascii=False,
                      allow_nan=False)
    (folder / "report.json").write_text(text + "\n", encoding="utf-8")


def facts(found: Findings, song: Path, choices: Choices) -> dict:
    """What report.json holds, but for the digests of the files written."""
    return {"format": FORMAT, "track": asdict(found.info) | {"file": song.name, "file_sha256": digest(song)},
            "overview": found.overview, "models": {name: model_facts(found, name) for name in found.cards},
            "stems": {"separator": found.stems.backend, "title": found.separator,
                      "digest": registry.get("separation", found.stems.backend)().digest},
            "explanations": [summary(found, e) for e in found.explanations],
            "boosted": {"target": found.target, **found.boosted} if found.boosted else None,
            "versions": found.versions, "commands": {"analyze": choices.command} | {
                name: dict(card.commands) for name, card in found.cards.items()}}


def model_facts(found: Findings, name: str) -> dict:
    card, p = found.cards[name], found.predictions[name]
    return {"title": card.title, "weights_sha256": card.digest, "test_error": card.test_error, "licence": card.licence,
            "prediction": {"targets": p.targets, "values": p.values, "spread": p.spread, "covariance": p.covariance,
                           "times": p.times, "curve": p.curve, "notes": p.notes}}


def summary(found: Findings, e: Explanation) -> dict:
    """One explanation: its sum, and its parts, or where on the spectrogram it is strongest."""
    facts = {"model": e.model, "method": e.method, "target": e.target, "space": e.space, "unit": e.unit, "params": e.params,
             "base": e.base, "sum": float(e.values.sum(dtype=np.float64)), "residual": None if e.unit == SHARES else e.residual,
             "output": e.output, "notes": e.notes}
    if e.space == "features":
        return facts | {"families": found.families(e), "features": _features(found, e)}
    if e.space == "stems":
        return facts | {"stems": dict(zip(e.labels, e.values.tolist(), strict=True))}
    if e.space == "timefreq":
        row, column = np.unravel_index(np.abs(e.values).argmax(), e.values.shape)
        return facts | {"strongest": {"time": e.grid.times[column], "hertz": e.grid.freqs[row],
                                      "value": e.values[row, column]}}
    if e.space == "time":
        column = int(np.abs(e.values).argmax())
        return facts | {"strongest": {"time": e.grid.times[column], "value": e.values[column]}}
    return facts


def _features(found: Findings, e: Explanation) -> list[dict]:
    measured = e.inputs if e.inputs is not None else np.full(len(e.labels), np.nan)
    infos = [found.feature(label) for label in e.labels]
    return [{"name": label, "value": measured[i], "unit": info.unit if info else "", "contribution": e.values[i],
             "family": info.family if info else "other"} for i, (label, info) in enumerate(zip(e.labels, infos, strict=True))]


def write_ellipses(path: Path, found: EllipsePath) -> None:
    """A line a second: its middle (s), and the mean and covariance of valence and arousal on -1 to 1; what it stands on and
    what was unusual in lines that begin with #."""
    head = (f"features {found.features}, layer {found.layer}, beats {found.grid} ({len(found.beats)})", *found.notes)
    with path.open("w", encoding="utf-8", newline="") as file:
        file.writelines(f"# {line}\n" for line in head)
        file.write("seconds,mean_valence,mean_arousal,var_valence,var_arousal,covariance\n")
        for time, (v, a), ((vv, va), (_, aa)) in zip(found.times, found.means, found.covariances, strict=True):
            file.write(",".join(f"{x:.6g}" for x in (time, v, a, vv, aa, va)) + "\n")


def write_float_wav(path: Path, y: np.ndarray, sr: int) -> None:
    """32-bit float, (channels, samples): the stems' sum stays exact, and nothing clips."""
    with soundfile.SoundFile(path, "w", sr, len(y), "FLOAT", format="WAV") as file:
        for start in range(0, y.shape[1], BLOCK):
            file.write(y[:, start:start + BLOCK].T)


def to_wav(source: Path, path: Path) -> None:
    """A 24-bit copy of a sound file."""
    with soundfile.SoundFile(source) as sound, \
            soundfile.SoundFile(path, "w", sound.samplerate, sound.channels, "PCM_24", format="WAV") as file:
        for block in sound.blocks(BLOCK, dtype="int32", always_2d=True):
            file.write(block)


def _replace(made: Path, target: Path) -> None:
    """Move the files of `made` to `target`; whatever else lies there stays."""
    if target.exists() and not target.is_dir():
        raise MerError(f"{target} is a file, not a folder. Move it away or choose another --out. Nothing was written.")
    (target / "stems").mkdir(parents=True, exist_ok=True)
    (target / "report.json").unlink(missing_ok=True)
    stale = [target / name for name in ("heatmap.png", "boosted.wav", "ellipse.csv")]  # of an earlier run
    paths = sorted((p for p in made.rglob("*") if p.is_file()), key=lambda p: p.name == "report.json")
    for path in paths:
        os.replace(path, target / path.relative_to(made))
    for path in stale:
        if not any(p.name == path.name for p in paths):
            path.unlink(missing_ok=True)


def safe_name(stem: str) -> str:
    """A file name for any system: letters, digits, - and _; never empty, never hidden."""
    text = unicodedata.normalize("NFKC", stem)
    return re.sub(r"[^\w-]+", "-", text).strip("-_")[:60] or "song"


def digest(path: Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def finite(value):
    """JSON has no NaN or infinity: null in their place."""
    if isinstance(value, dict):
        return {k: finite(v) for k, v in value.items()}
    if isinstance(value, list):
        return [finite(v) for v in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value

"""The command line: `python -m mer_core analyze SONG... --out DIR`, `explain`, `models`, `train`, `evaluate`, `download`,
`demos`."""

from __future__ import annotations

import argparse
import json
import shlex
import sys
import traceback
from collections.abc import Iterator
from dataclasses import asdict, fields
from pathlib import Path

from mer_core.errors import MerError
from mer_core.schema import Progress
from mer_core.sonify import SonifyParams

EXAMPLES = """examples:
  python -m mer_core analyze song.mp3 other.flac --out reports
  python -m mer_core analyze album/*.ogg --out reports --model c2d_mix --separator embedded
  python -m mer_core explain song.mp3 --model harmonics_cnn --method grad_cam --out explained
  python -m mer_core models --json
  python -m mer_core train c2d_mix --data DIR
  python -m mer_core evaluate handcrafted_xgb --data DIR"""


def parser() -> argparse.ArgumentParser:
    main = argparse.ArgumentParser(prog="python -m mer_core", description="What moves a song's emotion, and where.",
                                   epilog=EXAMPLES, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = main.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _analyze(commands.add_parser("analyze", help="songs in; predictions, explanations, stems and sound out", description=(
        "Writes a folder for each song: report.json, report.html (opens anywhere), heatmap.png, boosted.wav, "
        "stems/*.wav and, with a model on beats, ellipse.csv. Goes on past a song that cannot be used, and then ends "
        "with 1 and a list of what failed.")))
    _explain(commands.add_parser("explain", help="one song, one model, one method: numbers, picture, sound", description=(
        "Writes a folder: the explanation of each target as JSON, CSV and sound, heatmap.png where it has frequencies; "
        "of harmonics, consonance and tone row too. Any model that `models` lists, those of classes as well.")))
    models = commands.add_parser("models", help="the models there are: test error, data, licence")
    models.add_argument("--json", action="store_true", help="the whole cards, as JSON")
    train = commands.add_parser("train", help="train a model again from labelled songs")
    evaluate = commands.add_parser("evaluate", help="a model's test error, with the protocol of its card")
    for command in (train, evaluate):
        command.add_argument("name", metavar="NAME", help="as `models` lists it")
        command.add_argument("--data", type=Path, required=True, metavar="DIR", help="folder that holds the data sets")
    evaluate.add_argument("--dataset", metavar="SET", help="the rated set, such as pmemo, deam, moodswings, "
                          "soundtracks_deam (default: the recipe's)")
    train.add_argument("--out", type=Path, metavar="DIR", help="where card and weights go (default: assets/models/NAME)")
    download = commands.add_parser("download", help="fetch the weights of a separator from its hub")
    download.add_argument("name", metavar="NAME", help="demucs")
    demos = commands.add_parser("demos", help="compute the stored results of the demo tracks again")
    demos.add_argument("--out", type=Path, metavar="DIR", help="default: assets/demos/results")
    return main


def _analyze(command: argparse.ArgumentParser) -> None:
    command.add_argument("songs", nargs="+", type=Path, metavar="SONG", help="wav, flac, ogg, opus, mp3, m4a, ...")
    command.add_argument("--out", type=Path, required=True, metavar="DIR", help="gets a folder for each song")
    command.add_argument("--model", action="append", default=[], metavar="NAME",
                         help="use this model (may be repeated; default: all but the rows of comparisons)")
    command.add_argument("--separator", default="", metavar="NAME", help="how the stems are made (default: the best at hand)")
    command.add_argument("--target", choices=("valence", "arousal"), default="arousal",
                         help="what boosted.wav brings forward (default: %(default)s)")
    sound = command.add_argument_group("how boosted.wav sounds")
    for item in fields(SonifyParams):
        if item.name != "complement":
            sound.add_argument(f"--{item.name.replace('_', '-')}", default=item.default, type=type(item.default),
                               choices=item.metadata.get("choices"), help=f"{item.metadata['label']} (default: %(default)s)")


def _explain(command: argparse.ArgumentParser) -> None:
    command.add_argument("song", type=Path, metavar="SONG", help="wav, flac, ogg, opus, mp3, m4a, ...")
    command.add_argument("--model", required=True, metavar="NAME", help="as `models` lists it")
    command.add_argument("--method", required=True, metavar="NAME", help="such as lrp, grad_cam, beat_lrp, stem_shapley")
    command.add_argument("--set", action="append", default=[], metavar="NAME=VALUE",
                         help="a parameter of the method (may be repeated)")
    command.add_argument("--out", type=Path, required=True, metavar="DIR", help="gets the folder")


def _sound(arguments: argparse.Namespace) -> SonifyParams:
    return SonifyParams(**{item.name: getattr(arguments, item.name, item.default) for item in fields(SonifyParams)})


def main(argv: list[str] | None = None) -> int:
    arguments = parser().parse_args(argv)
    arguments.line = shlex.join(["python", "-m", "mer_core", *(sys.argv[1:] if argv is None else argv)])
    try:
        return COMMANDS[arguments.command](arguments)
    except MerError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("stopped; what was finished is kept", file=sys.stderr)
        return 130


def analyze(arguments: argparse.Namespace) -> int:
    from tqdm import tqdm

    from mer_core.report import analyse
    from mer_core.report_findings import Choices, chosen_cards
    from mer_core.service import Service

    service = Service.default()
    choices = Choices(tuple(arguments.model), arguments.separator, arguments.target, arguments.line,
                      _sound(arguments))
    chosen_cards(service, choices)
    _folder(arguments.out)
    failed: dict[Path, str] = {}
    with tqdm(total=len(arguments.songs), unit="song", bar_format="{percentage:3.0f}% |{bar:30}| {desc}") as bar:
        for i, song in enumerate(arguments.songs):
            try:
                done = analyse(service, song, arguments.out, choices, progress=_onto(bar, i, song.name))
                bar.write(str(done), file=sys.stdout)
            except Exception as error:  # the next song may be fine; a bug shows where it is, and counts as failed
                failed[song] = _reason(error)
            bar.update(i + 1 - bar.n)
    for song, reason in failed.items():
        print(f"failed: {song}: {reason}", file=sys.stderr)
    if failed:
        print(f"{len(failed)} of {len(arguments.songs)} songs failed; the others are in {arguments.out}", file=sys.stderr)
    return 1 if failed else 0


def explain(arguments: argparse.Namespace) -> int:
    from mer_core import explanation_files
    from mer_core.service import Service
    from mer_core.training.run import bar

    wrong = [text for text in arguments.set if "=" not in text]
    if wrong:
        raise MerError(f"--set takes NAME=VALUE, not {wrong[0]!r}")
    _folder(arguments.out)
    folder, said = explanation_files.explain(
        Service.default(), arguments.song, arguments.out, arguments.method, arguments.model,
        dict(text.split("=", 1) for text in arguments.set), progress=bar(f"explain {arguments.song.name}"))
    print("\n".join([str(folder), *said]))
    return 0


def _folder(path: Path) -> None:
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise MerError(f"cannot write to {path}: {error.strerror}") from error


def _onto(bar, done: int, name: str) -> Progress:
    def show(fraction: float, text: str = "") -> None:
        bar.set_description_str(f"{name}: {text}" if text else name, refresh=False)
        bar.update(done + fraction - bar.n)
    return show


def _reason(error: Exception) -> str:
    if isinstance(error, (MerError, OSError)):
        return str(error)
    return f"this is a bug, please report it: {type(error).__name__}: {error}\n{''.join(traceback.format_exception(error))}"


def models(arguments: argparse.Namespace) -> int:
    from mer_core.registry import ASSETS
    from mer_core.schema import ModelCard

    cards = [ModelCard.read(path) for path in sorted((ASSETS / "models").glob("*/card.json"))]
    if arguments.json:
        print(json.dumps([asdict(card) for card in cards], indent=1, ensure_ascii=False))
        return 0
    rows = [("model", "parameters", "R2 valence", "R2 arousal", "licence", "title")]
    rows += [(c.name, f"{c.parameters:,}", *(_figure(c, t) for t in ("valence", "arousal")), c.licence, c.title) for c in cards]
    print(_table(rows))
    return 0


def _figure(card, target: str) -> str:
    measured = card.test_error.get(target, {})
    return f"{measured['r2']:.3f}" if "r2" in measured else "-"


def _table(rows: list[tuple]) -> str:
    widths = [max(len(str(row[i])) for row in rows) for i in range(len(rows[0]))]
    return "\n".join("  ".join(str(cell).ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
                     for row in rows)


def train(arguments: argparse.Namespace) -> int:
    from mer_core.training import cost, run

    with cost.measured("train", arguments.name):
        run.train(arguments.name, arguments.data, arguments.out)
    return 0


def evaluate(arguments: argparse.Namespace) -> int:
    from mer_core.training import cost, run

    with cost.measured("evaluate", arguments.name):
        rows = list(_rows(run.evaluate(arguments.name, arguments.data, dataset=arguments.dataset)))
        metrics = list(dict.fromkeys(name for _, values in rows for name in values))
        print(_table([("", *metrics), *((label, *(f"{v[m]:.3f}" if m in v else "-" for m in metrics)) for label, v in rows)]))
    return 0


def _rows(facts: dict, label: str = "") -> Iterator[tuple[str, dict[str, float]]]:
    """(label, metric -> value) for every dict of plain numbers in a nested one."""
    numbers = {k: v for k, v in facts.items() if isinstance(v, (int, float))}
    if numbers:
        yield label, numbers
    for key, value in facts.items():
        if isinstance(value, dict):
            yield from _rows(value, f"{label} {key}".strip())


def download(arguments: argparse.Namespace) -> int:
    from mer_core import registry
    from mer_core.training.run import bar

    separator = registry.get("separation", arguments.name)()
    if not hasattr(separator, "download"):
        raise MerError(f"{separator.title} needs no download.")
    separator.download(progress=bar(f"download {arguments.name}"))
    return 0


def demos(arguments: argparse.Namespace) -> int:
    from mer_core import demo_results

    size = demo_results.make(arguments.out)
    print(f"{size / 1e6:.1f} MB of results for the demo tracks")
    return 0


COMMANDS = {"analyze": analyze, "explain": explain, "models": models,
            "train": train, "evaluate": evaluate, "download": download, "demos": demos}

if __name__ == "__main__":
    sys.exit(main())

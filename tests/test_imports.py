"""Imports go one way, Streamlit stays on screen, torch stays lazy, files stay short."""

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
LAYERS = [  # a file may import its own layer and those above it in this list
    ("mer_core", "mer_core.schema", "mer_core.errors", "mer_core.registry", "mer_core.parameters",
     "mer_core.ellipse", "mer_core.steps"),
    ("mer_core.audio", "mer_core.decoders", "mer_core.loudness"),
    ("mer_core.features", "mer_core.separation"),
    ("mer_core.datasets",),
    ("mer_core.models",),
    ("mer_core.explainers",),
    ("mer_core.quality", "mer_core.sonify", "mer_core.masking", "mer_core.brush", "mer_core.tiles", "mer_core.live",
     "mer_core.consonance", "mer_core.tones"),
    ("mer_core.training", "mer_core.store", "mer_core.jobs", "mer_core.records", "mer_core.shelf"),
    ("mer_core.service", "mer_core.words", "mer_core.harmonics_words", "mer_core.results",
     "mer_core.exported"),
    ("mer_core.report", "mer_core.report_findings", "mer_core.report_html", "mer_core.report_figures",
     "mer_core.demo_results", "mer_core.explanation_files"),
    ("mer_core.__main__", "components"),
    ("pages",),
    ("app",),
]
RANK = {name: rank for rank, names in enumerate(LAYERS) for name in names}
SCREEN = {"components", "pages", "app"}


def sources() -> list[Path]:
    found = [*(ROOT / "mer_core").rglob("*.py"), *(ROOT / "components").rglob("*.py"), *(ROOT / "pages").rglob("*.py")]
    return sorted(found) + [p for p in [ROOT / "app.py"] if p.exists()]


def module(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(path: Path) -> set[str]:
    """Every module that the file names in an import, those inside functions too."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute"
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def rank(name: str) -> int | None:
    """The layer of a module, or None for one that is not the project's."""
    parts = name.split(".")
    if parts[0] not in {"mer_core", "components", "pages", "app"}:
        return None
    known = [".".join(parts[:n]) for n in range(len(parts), 0, -1)]
    return next(RANK[n] for n in known if n in RANK)


@pytest.mark.parametrize("path", sources(), ids=module)
def test_imports_go_one_way(path):
    own = rank(module(path))
    wrong = [name for name in imports(path) if (rank(name) or 0) > own]
    assert not wrong, f"{module(path)} may not import {', '.join(wrong)}"


def test_every_module_of_mer_core_has_its_place():
    lost = [module(p) for p in sources() if module(p).startswith("mer_core.")
            and ".".join(module(p).split(".")[:2]) not in RANK]
    assert not lost, f"name their layer in LAYERS: {lost}"


@pytest.mark.parametrize("path", sources(), ids=module)
def test_only_the_screen_imports_streamlit(path):
    if module(path).split(".")[0] not in SCREEN:
        assert not [n for n in imports(path) if n.split(".")[0] == "streamlit"]


@pytest.mark.parametrize("path", sources(), ids=module)
def test_files_stay_short(path):
    lines = len(path.read_text(encoding="utf-8").splitlines())
    assert lines <= (40 if path.name == "app.py" else 300)


def loaded(code: str) -> set[str]:
    """The heavy packages in memory after a fresh interpreter ran `code`."""
    heavy = ["torch", "shap", "captum", "demucs", "sklearn", "xgboost", "streamlit", "librosa"]
    script = f"{code}\nimport json, sys; print(json.dumps([m for m in {heavy} if m in sys.modules]))"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    return set(json.loads(done.stdout.splitlines()[-1]))


def test_listing_models_and_reading_cards_imports_nothing_heavy():
    code = ("from mer_core import registry\nfrom mer_core.schema import ModelCard\n"
            "names = registry.entries('models')\n"
            "cards = [ModelCard.read(p) for p in (registry.ASSETS / 'models').glob('*/card.json')]\n"
            "assert names")
    assert not loaded(code) & {"torch", "shap", "captum", "demucs", "sklearn", "xgboost", "streamlit"}


def test_listing_explainers_and_separators_imports_no_torch():
    code = "from mer_core import registry\nregistry.entries('explainers'), registry.entries('separation')"
    assert not loaded(code) & {"torch", "shap", "captum", "demucs", "streamlit"}


def test_the_command_that_lists_models_imports_no_torch():
    code = "import sys, runpy\nsys.argv = ['mer_core', 'models']\ntry: runpy.run_module('mer_core', run_name='__main__')\n" \
           "except SystemExit as end: assert not end.code, end.code"
    assert not loaded(code) & {"torch", "shap", "captum", "demucs", "streamlit"}

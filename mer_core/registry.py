"""Finds the models, explainers, separators and data sets: one file in a folder, one entry."""

import importlib
import pkgutil
from functools import cache
from pathlib import Path

from mer_core.errors import ParameterError

ASSETS = Path(__file__).resolve().parents[1] / "assets"
KINDS = {"models": "Model", "explainers": "Explainer", "separation": "Separator", "datasets": "Dataset"}


@cache
def entries(kind: str) -> dict[str, type]:
    """name -> class for every public file of mer_core/<kind>/, in the order of the file names."""
    package = importlib.import_module(f"mer_core.{kind}")
    base = getattr(importlib.import_module(f"mer_core.{kind}._base"), KINDS[kind])
    found = {}
    for module in pkgutil.iter_modules(package.__path__):
        if module.ispkg or module.name.startswith("_"):
            continue
        scope = vars(importlib.import_module(f"mer_core.{kind}.{module.name}"))
        for value in scope.values():
            if isinstance(value, type) and issubclass(value, base) and value.__module__ == scope["__name__"]:
                found[value.name] = value
    return found


def get(kind: str, name: str) -> type:
    """The class called `name`; raises ParameterError with the names there are."""
    known = entries(kind)
    if name not in known:
        raise ParameterError(f"no {kind} entry is called {name!r}; there are: {', '.join(sorted(known)) or 'none'}")
    return known[name]

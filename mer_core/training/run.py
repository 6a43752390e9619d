"""`train` and `evaluate` by a model's name: reads its recipe and hands over to the module the recipe names."""

import importlib
import tomllib
from pathlib import Path

from mer_core import registry
from mer_core.errors import ParameterError
from mer_core.registry import ASSETS
from mer_core.schema import Progress

RECIPES = Path(__file__).parent / "recipes"


def recipe(name: str) -> dict:
    """The recipe of `name`; raises ParameterError with the names there are."""
    path = RECIPES / f"{name}.toml"
    if not path.is_file():
        known = ", ".join(sorted(p.stem for p in RECIPES.glob("*.toml")))
        raise ParameterError(f"no recipe trains {name!r}; there are recipes for: {known}")
    return tomllib.loads(path.read_text(encoding="utf-8"))


def train(name: str, data: Path, out: Path | None = None, progress: Progress | None = None) -> Path:
    """Trains `name` on the data sets under `data`; writes weights and card.json to `out` (assets/models/NAME where not
    given) and returns that folder."""
    plan, out = recipe(name), Path(out or ASSETS / "models" / name)
    out.mkdir(parents=True, exist_ok=True)
    importlib.import_module(plan["entry"]).train(Path(data), plan, out, progress or bar(f"train {name}"))
    return out


def evaluate(name: str, data: Path, progress: Progress | None = None, dataset: str | None = None) -> dict:
    """The table of the artist-grouped cross-validation of `name`, computed anew; on the ratings of `dataset` in place
    of the recipe's where given."""
    plan = recipe(name)
    if dataset:
        plan["rated"] = registry.get("datasets", dataset).name
    return importlib.import_module(plan["entry"]).evaluate(Path(data), plan, progress or bar(f"evaluate {name}"))


def bar(title: str) -> Progress:
    """A progress callback that draws a bar on the terminal."""
    from tqdm import tqdm

    drawn = tqdm(total=100, desc=title, bar_format="{l_bar}{bar}| {elapsed} {postfix}")

    def progress(fraction: float, text: str = "") -> None:
        drawn.set_postfix_str(text, refresh=False)
        drawn.update(100 * fraction - drawn.n)
        if fraction >= 1:
            drawn.close()
    return progress

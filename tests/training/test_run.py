import sys
import types

import pytest

from mer_core.errors import ParameterError
from mer_core.training import run


@pytest.fixture
def entry(monkeypatch, tmp_path):
    """A recipe folder with one recipe, and the module it names, which notes its calls."""
    calls = []
    module = types.ModuleType("toy_entry")
    module.train = lambda data, recipe, out, progress: calls.append(("train", data, recipe, out)) or progress(1.0)
    module.evaluate = lambda data, recipe, progress: {"seen": recipe["depth"]}
    monkeypatch.setitem(sys.modules, "toy_entry", module)
    (tmp_path / "toy.toml").write_text('model = "toy"\nentry = "toy_entry"\ndepth = 3\n')
    monkeypatch.setattr(run, "RECIPES", tmp_path)
    return calls


def test_it_hands_the_recipe_over_and_makes_the_folder(entry, tmp_path):
    out = run.train("toy", tmp_path / "data", tmp_path / "new" / "toy")
    assert out == tmp_path / "new" / "toy" and out.is_dir()
    [(what, data, recipe, given)] = entry
    assert (what, data, given, recipe["depth"]) == ("train", tmp_path / "data", out, 3)
    assert run.evaluate("toy", tmp_path) == {"seen": 3}


def test_an_unknown_name_lists_the_recipes(entry):
    with pytest.raises(ParameterError, match="there are recipes for: toy"):
        run.train("nothing", ".")


def test_every_shipped_recipe_names_its_model_and_an_entry():
    found = list(run.RECIPES.glob("*.toml"))
    for path in found:
        plan = run.recipe(path.stem)
        assert plan["model"] == path.stem
        entry = run.importlib.import_module(plan["entry"])
        assert callable(entry.train) and callable(entry.evaluate)


def test_another_rated_set_takes_the_place_of_the_recipes(entry, tmp_path, monkeypatch):
    seen = []
    monkeypatch.setattr(sys.modules["toy_entry"], "evaluate", lambda data, recipe, progress: seen.append(recipe) or {})
    run.evaluate("toy", tmp_path, dataset="pmemo")
    assert seen[0]["rated"] == "pmemo"
    with pytest.raises(ParameterError, match="no datasets entry is called 'nothing'"):
        run.evaluate("toy", tmp_path, dataset="nothing")

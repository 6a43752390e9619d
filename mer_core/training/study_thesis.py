"""System 3's feature route as one stored result: A2E, A2Mid, Mid2E, A2Mid2E, the joint variant, and their explanations.

    python -m mer_core evaluate thesis --data DIR [--dataset soundtracks]

Writes assets/results/thesis.json. Runs that are already kept in build/runs are not done again.
"""

from __future__ import annotations

from pathlib import Path

from mer_core.errors import ParameterError
from mer_core.schema import Progress, part, silent
from mer_core.training import figures_thesis, fit_a2e, fit_mid2e, results_thesis, run
from mer_core.training.mid2e import over_seeds, plain


def train(data: Path, recipe: dict, out: Path, progress: Progress = silent) -> None:
    """A study has no weights of its own; raises ParameterError that names the models that do."""
    raise ParameterError("the thesis's feature route is compared here and ships no weights; train mid2e or mid2e_va")


def evaluate(data: Path, recipe: dict, progress: Progress = silent) -> dict:
    """Overall figures of every row, as `mid2e.plain` gives them; the whole study is written to assets/results."""
    audio = fit_a2e.opened(data, from_audio(recipe))
    runs = fit_a2e.every_run(audio, part(progress, 0.0, 0.5))
    grids, drawn = {}, {}
    for i, name in enumerate(recipe["grids"]):
        within = part(progress, 0.5 + 0.5 * i / len(recipe["grids"]), 0.5 + 0.5 * (i + 1) / len(recipe["grids"]))
        study = fit_mid2e.opened(data, on_the_set(run.recipe(name), recipe if i == 0 else {}), part(within, 0, 0.3))
        grids[study.dataset.name] = study, {s: fit_mid2e.grid(study, s) for s in study.tables}
        drawn[study.dataset.name] = figures(study, recipe, part(within, 0.6, 1.0))
    results_thesis.write(results_thesis.results(audio, runs, grids, drawn))
    progress(1.0, "written")
    return {**{f"{route} {given}": plain(over_seeds(list(seeds.values()), names(audio, route)))
               for (route, given), seeds in runs.items()},
            **{f"{dataset} {s} {model}": plain(over_seeds(each, study.targets))
               for dataset, (study, found) in grids.items() for s, models in found.items()
               for model, each in models.items()}}


def from_audio(recipe: dict) -> dict:
    """The recipes of all routes from audio as one."""
    joined = [run.recipe(name) for name in recipe["from_audio"]]
    seeds = {k: v for r in joined for k, v in r["seeds"].items()}
    return on_the_set({**joined[0], "model": "thesis", "seeds": seeds}, recipe)


def on_the_set(plan: dict, recipe: dict) -> dict:
    """`plan` on the ratings that the study was asked for, with --dataset, if it was."""
    return {**plan, **{k: recipe[k] for k in ("rated",) if k in recipe}}


def names(audio: fit_a2e.Study, route: str) -> tuple[str, ...]:
    return audio.mid_names if route == "a2mid" else audio.targets


def figures(study: fit_mid2e.Study, recipe: dict, progress: Progress = silent) -> dict:
    """Coefficients of every feature set, with interactions of the sets the recipe names, and SHAP of the network."""
    sets = list(study.tables)
    shap = {s: figures_thesis.shap_of_network(study, s, s in recipe["beeswarm"],
                                              part(progress, i / len(sets), (i + 1) / len(sets)))
            for i, s in enumerate(sets)}
    return {"coefficients": {s: figures_thesis.coefficients(study, s) for s in sets},
            "interactions": {s: figures_thesis.coefficients(study, s, True) for s in recipe["interactions"]},
            "shap": shap}

"""The stored results of EmoMucs: tables 1 and 2 and figures 3 and 4 of the paper, its cells beside those measured here."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from mer_core import registry
from mer_core.models.nets.emomucs import NETWORKS, EmoMucs
from mer_core.registry import ASSETS
from mer_core.schema import STEM_NAMES, TARGETS
from mer_core.training import stored
from mer_core.training.evaluate import metrics, r2
from mer_core.training.nested import Outer, split_hash

FOLDER = ASSETS / "results"
# RMSE V, RMSE A, R2 V, R2 A on PMEmo, as printed
TABLE_1 = {
    "c1d-M": (.2600, .2444, .3489, .5573), "c1d-V": (.3048, .3214, .1131, .2426), "c1d-B": (.2890, .3311, .2029, .1963),
    "c1d-D": (.2710, .2961, .3000, .3572), "c1d-O": (.2723, .2936, .2925, .3679),
    "c2d-M": (.2466, .2285, .4143, .6100), "c2d-V": (.2701, .2750, .3039, .4455), "c2d-B": (.2762, .2924, .2718, .3732),
    "c2d-D": (.2587, .2855, .3613, .4024), "c2d-O": (.2633, .2748, .3381, .4462)}
TABLE_2 = {
    "c1d-early-freeze": (.2536, .2580, .3803, .5064), "c1d-mid-freeze": (.2428, .2435, .4332, .5615),
    "c1d-late-freeze": (.2453, .2475, .4208, .5470), "c1d-early-finetune": (.2562, .2624, .3655, .4878),
    "c1d-mid-finetune": (.2516, .2492, .3875, .5395), "c1d-early-full": (.2536, .2628, .3787, .4850),
    "c1d-mid-full": (.2625, .2651, .3371, .4794), "c2d-early-freeze": (.2373, .2307, .4584, .6046),
    "c2d-late-freeze": (.2320, .2322, .4814, .6004), "c2d-early-finetune": (.2444, .2442, .4256, .5560),
    "c2d-early-full": (.2541, .2543, .3793, .5212)}
PAPER = {"system": "EmoMucs", "data": "PMEmo, 794 songs", "protocol": "nested cross-validation, 5 outer and 5 inner folds",
         "separator": "Demucs", "scale": "-1 to 1"}


def in_table(network: str, fusion: str, training: str) -> bool:
    """Whether the paper's table 2 has this cell; late fusion it only freezes."""
    return f"{network}-{fusion}-{training}" in TABLE_2


def paper_cell(printed: tuple[float, ...]) -> dict:
    return {target: {"rmse": printed[k], "r2": printed[k + 2]} for k, target in enumerate(TARGETS)}


def cell(truth: np.ndarray, predicted: np.ndarray) -> dict | None:
    """target -> metric -> value over all clips, each predicted once; None where a fold is still missing."""
    return metrics(truth, predicted, TARGETS) if np.isfinite(predicted).all() else None


def results(dataset: str, ids: Sequence[str], truth: np.ndarray, folds: Sequence[Outer], recipe: dict,
            tables: dict[str, np.ndarray], curves: dict[str, list[dict]]) -> dict:
    """All that a page needs. `tables` holds a model's name -> (N, 2) out-of-fold predictions; `curves` its learning
    curve on the first inner fold."""
    def here(name: str) -> dict | None:
        return cell(truth, tables[name]) if name in tables else None
    return {
        "system": "emomucs", "command": f"python -m mer_core evaluate emomucs --data DIR --dataset {dataset}",
        "paper": PAPER, "here": facts(dataset, ids, folds, recipe),
        "table1": [{"name": name, "network": name[:3], "source": name[4:], "parameters": parameters(name[:3]),
                    "paper": paper_cell(printed), "here": here(name)} for name, printed in TABLE_1.items()],
        "table2": [{"name": name, **dict(zip(("network", "fusion", "training"), name.split("-"), strict=True)),
                    "parameters": parameters(*name.split("-")[:2], recipe=recipe), "paper": paper_cell(printed),
                    "here": here(f"{name}-VBDO")} for name, printed in TABLE_2.items()],
        "ahead": {network: ahead(truth, tables, f"{network}-{fusion}-freeze-VBDO", f"{network}-M")
                  for network, fusion in (("c1d", "mid"), ("c2d", "late"))},
        "figure3": {"network": "c2d", "tracks": best_sources(ids, truth, tables)},
        "figure4": {"network": "c2d", "fusion": "late", "training": "freeze",
                    "subsets": [{"sources": name.split("-")[-1], "here": here(name)} for name in sorted(
                        (n for n in tables if n.startswith("c2d-late-freeze-")), key=lambda n: (len(n), n))]},
        "curves": curves}


def ahead(truth: np.ndarray, tables: dict[str, np.ndarray], name: str, baseline: str, draws: int = 2000) -> dict | None:
    """By how much R2 of `name` lies above `baseline`'s, with the middle 90 % over clips drawn anew (paired bootstrap)."""
    if not {name, baseline} <= set(tables):
        return None
    rng, clips = np.random.default_rng(0), len(truth)
    picks = [np.arange(clips), *(rng.integers(0, clips, clips) for _ in range(draws))]
    gains = np.array([[r2(truth[i, k], tables[name][i, k]) - r2(truth[i, k], tables[baseline][i, k])
                       for k in range(len(TARGETS))] for i in picks])
    low, high = np.quantile(gains[1:], (0.05, 0.95), axis=0)
    return {"name": name, "baseline": baseline, **{
        target: {"r2": round(float(gains[0, k]), 4), "low": round(float(low[k]), 4), "high": round(float(high[k]), 4)}
        for k, target in enumerate(TARGETS)}}


def facts(dataset: str, ids: Sequence[str], folds: Sequence[Outer], recipe: dict) -> dict:
    """What was done here, and where it falls short of the paper's protocol."""
    known = registry.get("datasets", dataset)
    return {"data": known.title, "dataset": dataset, "clips": len(ids), "citation": known.citation,
            "licence": known.licence, "seed": recipe["seed"], "split": split_hash(ids, folds),
            "separator": "embedded", "scale": "-1 to 1", "protocol": protocol(recipe), "reduced": reduced(recipe)}


def protocol(recipe: dict) -> str:
    return (f"artist-grouped nested cross-validation: {recipe['outer']} outer folds measure, {recipe['inner_used']} of "
            f"{recipe['inner']} inner folds choose the number of epochs, then one network learns the whole training "
            f"part; a clip's answer is the mean of {recipe['windows']} windows of 20 s")


def reduced(recipe: dict) -> list[str]:
    """Plain sentences for the reader of a table."""
    c2d, full = recipe["source"]["c2d"], recipe["fusion"]["full"]
    leads = "; the clips have no words and few a voice, so `vocals` mostly holds the leading tune"
    return [
        f"{recipe['inner_used']} of the {recipe['inner']} inner folds is used, few epochs, and one seed.",
        "Source models start from a pre-training on 4Q's quadrants without the artists of the rated set, on "
        f"{'the mix' if recipe['weak_sources'] == ['mix'] else 'their own source'}; the paper has none. `full` starts "
        "from nothing, as there.",
        f"C2D's first two blocks stay as they were pre-trained, in finetune too, and see {c2d['views']} altered crops of "
        "each clip.",
        f"C2D from scratch (full) learns from crops of {full['frames']['c2d'] * 256 / 12_000:.0f} s.",
        f"Stems are the embedded separator's and bleed{leads if recipe['rated'] == 'musifeast17' else ''}."]


def parameters(network: str, fusion: str | None = None, recipe: dict | None = None) -> int:
    net = EmoMucs(network, fusion, hidden=recipe["fusion"]["hidden"][fusion]) if fusion else NETWORKS[network]()
    return sum(p.numel() for p in net.parameters())


def best_sources(ids: Sequence[str], truth: np.ndarray, tables: dict[str, np.ndarray]) -> list[dict]:
    """Figure 3: for each track the source whose model errs least on valence, on arousal, and on both (mean square)."""
    names = {"vocals": "c2d-V", "drums": "c2d-D", "bass": "c2d-B", "other": "c2d-O"}
    if not set(names.values()) <= set(tables):
        return []
    errors = np.stack([(tables[names[s]] - truth) ** 2 for s in STEM_NAMES])  # (S, N, 2)
    best = {"valence": errors[..., 0].argmin(0), "arousal": errors[..., 1].argmin(0), "both": errors.mean(-1).argmin(0)}
    return [{"id": name, **{t: round(float(truth[i, k]), 4) for k, t in enumerate(TARGETS)},
             "best": {how: STEM_NAMES[found[i]] for how, found in best.items()}} for i, name in enumerate(ids)]


def write(found: dict, folder: Path | None = None) -> Path:
    """assets/results/emomucs.json for the set the recipe names; emomucs-DATASET.json for another."""
    return stored.write("emomucs", found, folder or FOLDER)

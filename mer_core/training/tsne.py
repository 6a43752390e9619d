"""A picture in which clips that a network hears alike lie near each other; see Arousal and valence on DEAM, figures 17 and 18.

    python -m mer_core.training.tsne --data DIR

Writes assets/results/tsne.json: places of the rated clips for every embedding that is at hand, and for the measured
features. What a backbone hears of a clip is kept under build/embeddings, so a second run takes half a minute.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from mer_core.datasets._base import Clip
from mer_core.datasets.musifeast17 import Musifeast17
from mer_core.errors import WeightsError
from mer_core.registry import ASSETS
from mer_core.schema import TARGETS
from mer_core.training import embeddings_cache, features_cache
from mer_core.training.evaluate import metrics
from mer_core.training.run import bar

COMMAND = "python -m mer_core.training.tsne --data DIR"
TITLES = {"student": "the student, which ships", "musicnn": "MusiCNN", "mn04": "mn04", "cnn14": "PANNs CNN14"}
PERPLEXITY, SEED, NEIGHBOURS = 30, 0, 10


def embeddings(clips: Sequence[Clip]) -> Iterator[tuple[str, str, np.ndarray]]:
    """(name, title, (N, C)) for each backbone with weights or cached embeddings, then the measured features."""
    for name, title in TITLES.items():
        try:
            heard = embeddings_cache.cached(name, list(clips), progress=bar(name))
        except WeightsError:
            continue
        yield name, title, np.stack([one["embed"].mean(axis=0) for one in heard])
    measured = features_cache.cached(Musifeast17.name, list(clips), progress=bar("features"))
    yield "handcrafted", "measured features", measured[:, 0].astype(float)


def standardised(x: np.ndarray) -> np.ndarray:
    """(N, C) with mean 0 and deviation 1 in each column; columns that do not vary are left out."""
    varying = x[:, x.std(axis=0) > 1e-9]
    return (varying - varying.mean(axis=0)) / varying.std(axis=0)


def places(x: np.ndarray) -> np.ndarray:
    """(N, C) -> (N, 2), L. van der Maaten and G. Hinton, Visualizing data using t-SNE, JMLR 9, 2008; largest |value| 1."""
    from sklearn.manifold import TSNE

    found = TSNE(perplexity=min(PERPLEXITY, (len(x) - 1) / 3), init="pca", random_state=SEED).fit_transform(x)
    found = found - found.mean(axis=0)
    return found / np.abs(found).max()


def near(xy: np.ndarray, groups: Sequence[str]) -> np.ndarray:
    """(N, K) the NEIGHBOURS nearest points by other artists, the nearest first."""
    distance = np.linalg.norm(xy[:, None] - xy[None], axis=-1)
    same = np.asarray(groups)[:, None] == np.asarray(groups)[None]
    return np.argsort(np.where(same, np.inf, distance), axis=1)[:, :NEIGHBOURS]


def told(xy: np.ndarray, y: np.ndarray, groups: Sequence[str]) -> dict[str, float]:
    """target -> Pearson r of a clip's rating with the mean rating of its neighbours in the picture."""
    return {target: row["r"] for target, row in metrics(y, y[near(xy, groups)].mean(axis=1), TARGETS).items()}


def picture(clips: Sequence[Clip], name: str, title: str, x: np.ndarray) -> dict:
    xy = places(standardised(x))
    y = np.array([clip.values for clip in clips])
    return {"name": name, "title": title, "dimensions": x.shape[1],
            "neighbours": told(xy, y, [clip.group for clip in clips]),
            "x": xy[:, 0].round(3).tolist(), "y": xy[:, 1].round(3).tolist()}


def artist(clip: Clip) -> str:
    """The artist, whose name is kept without capitals; nothing for a clip of an unknown one."""
    return "" if clip.group.startswith("clip:") else clip.group.title()


def results(clips: Sequence[Clip], pictures: list[dict]) -> dict:
    """All that a page needs."""
    protocol = (f"t-SNE of the standardised mean embedding of each clip, perplexity {PERPLEXITY}, seed {SEED}; neighbours: the "
                f"{NEIGHBOURS} nearest clips by other artists in the picture")
    return {"system": "tsne", "command": COMMAND,
            "here": {"data": Musifeast17.title, "clips": len(clips), "licence": Musifeast17.licence,
                     "protocol": protocol, "neighbours": NEIGHBOURS},
            "embeddings": pictures,
            "tracks": [{"id": c.id, "artist": artist(c), "title": c.title, "genre": c.genre,
                        **{t: round(v, 4) for t, v in zip(TARGETS, c.values, strict=True)}} for c in clips]}


def write(found: dict, path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = ",\n".join(f"{json.dumps(k)}: {json.dumps(v, ensure_ascii=False)}" for k, v in found.items())
    path.write_text(f"{{\n{lines}\n}}\n", encoding="utf-8")
    return path


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__.split("\n")[0], prog="python -m mer_core.training.tsne")
    asked.add_argument("--data", type=Path, required=True, metavar="DIR", help="folder that holds the data sets")
    asked.add_argument("--out", type=Path, default=ASSETS / "results" / "tsne.json", metavar="FILE")
    given = asked.parse_args()
    clips = Musifeast17(given.data).clips()
    pictures = [picture(clips, *one) for one in embeddings(clips)]
    print(write(results(clips, pictures), given.out))


if __name__ == "__main__":
    main()

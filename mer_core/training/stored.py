"""Results that the pages draw, as JSON with a line a part, so that a change can be read."""

from __future__ import annotations

import json
from pathlib import Path


def write(system: str, found: dict, folder: Path, home: str = "musifeast17") -> Path:
    """SYSTEM.json in `folder` for the data set `home`; SYSTEM-DATASET.json for another set, which `found` names."""
    dataset = found["here"]["dataset"]
    path = Path(folder) / (f"{system}.json" if dataset == home else f"{system}-{dataset}.json")
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = ",\n".join(f"{json.dumps(k)}: {json.dumps(v, ensure_ascii=False)}" for k, v in found.items())
    path.write_text(f"{{\n{lines}\n}}\n", encoding="utf-8")
    return path

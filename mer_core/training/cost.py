"""What a command cost: wall time and the memory its largest process held at most, printed and noted in a log."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from mer_core.training import BUILD

LOG = BUILD / "runs" / "costs.jsonl"  # a line a command


@dataclass(frozen=True)
class Cost:
    """Wall time in s, and bytes at the peak; None where the system does not tell."""

    seconds: float
    peak: int | None

    def __str__(self) -> str:
        memory = "" if self.peak is None else f", at most {size(self.peak)} of memory"
        return f"took {duration(self.seconds)}{memory}"


@contextmanager
def measured(command: str, name: str) -> Iterator[None]:
    """Prints what the work inside cost and adds it to LOG, where the work ends well."""
    begun = time.monotonic()
    yield
    cost = Cost(round(time.monotonic() - begun, 1), peak())
    print(cost)
    LOG.parent.mkdir(parents=True, exist_ok=True)
    with LOG.open("a", encoding="utf-8") as file:
        file.write(json.dumps({"command": command, "name": name, "ended": round(time.time()), **asdict(cost)}) + "\n")


def peak() -> int | None:
    """Bytes that this process, or the largest of its children that have ended, held at most since it began (getrusage;
    it counts in KiB on Linux, in bytes on macOS, and Windows has none). Several children at once are not added up."""
    try:
        import resource
    except ImportError:
        return None
    held = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return held if sys.platform == "darwin" else held * 1024


def duration(seconds: float) -> str:
    """7.2 s, 2 min 10 s, 3 h 5 min."""
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def size(held: int) -> str:
    """310 MiB, 1.2 GiB."""
    return f"{held / 2 ** 30:.1f} GiB" if held >= 2 ** 30 else f"{held / 2 ** 20:.0f} MiB"

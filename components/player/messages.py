"""What the player may say to Python. Anything else is refused: a message comes from a browser, not from us."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from math import isfinite

from mer_core.brush import Box
from mer_core.errors import ParameterError

MOST_BOXES = 2000


@dataclass(frozen=True)
class Mix:
    """The faders moved: `at` s is the playhead; `settled` when the hand let go."""

    id: int
    gains: dict[str, float]  # stem -> 0 to 1
    at: float
    settled: bool


@dataclass(frozen=True)
class Paint:
    """A region was painted; without boxes it was taken away."""

    id: int
    boxes: tuple[Box, ...]


def checked(message: object, stems: Collection[str], duration: float) -> Mix | Paint:
    """The message as what it says it is; raises ParameterError naming what does not fit."""
    if not isinstance(message, Mapping) or message.get("kind") not in ("mix", "paint", "clear"):
        raise ParameterError(f"The player sent something that is no question: {str(message)[:80]!r}.")
    number = _number("id", message.get("id"), 0, 2 ** 53)
    if message["kind"] == "mix":
        return Mix(int(number), _gains(message.get("gains"), stems), _number("at", message.get("at"), 0, duration + 1),
                   bool(message.get("settled")))
    return Paint(int(number), _boxes(message.get("boxes", []) if message["kind"] == "paint" else []))


def _gains(gains: object, stems: Collection[str]) -> dict[str, float]:
    if not isinstance(gains, Mapping) or not set(gains) <= set(stems):
        raise ParameterError(f"The mixer's gains must name stems ({', '.join(stems)}), not {str(gains)[:80]!r}.")
    return {str(name): _number(f"gain of {name}", gain, 0, 1) for name, gain in gains.items()}


def _boxes(boxes: object) -> tuple[Box, ...]:
    if not isinstance(boxes, list) or len(boxes) > MOST_BOXES:
        raise ParameterError(f"A painted region is a list of at most {MOST_BOXES} boxes, not {str(boxes)[:80]!r}.")
    for box in boxes:
        if not isinstance(box, list) or len(box) != 4:
            raise ParameterError(f"A painted box is [start s, end s, low Hz, high Hz], not {str(box)[:80]!r}.")
    return tuple(Box(*(_number("box", edge, 0, 1e6) for edge in box)) for box in boxes)


def _number(name: str, value: object, low: float, high: float) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not isfinite(value) or not low <= value <= high:
        raise ParameterError(f"The player sent {str(value)[:40]!r} as {name}; a number from {low:g} to {high:g} is needed.")
    return float(value)

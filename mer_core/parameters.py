"""Parameter dataclasses that describe themselves: one description for the checks, the forms and the cache keys."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import Field, field, fields

from mer_core.errors import ParameterError


def parameter(default, label: str, **facts):
    """A dataclass field with metadata: `label` in plain words and, as they are given, `help` (a sentence or two),
    `range` (low, high), `choices` (values), `words` (value -> label) and `when` (another field, its values for which
    this one matters)."""
    return field(default=default, metadata={"label": label, **facts})


def applies(item: Field, values: Mapping) -> bool:
    """Whether a field matters, given the fields before it; a field without "when" always does."""
    name, allowed = item.metadata.get("when", ("", ()))
    return not name or values[name] in allowed


def check(params) -> None:
    """Raises ParameterError for the first value of a dataclass that is not of its choices or not in its range."""
    for item in fields(params):
        value, choices, limits = getattr(params, item.name), item.metadata.get("choices"), item.metadata.get("range")
        if choices and value not in choices:
            raise ParameterError(f"{item.name} must be one of {', '.join(choices)}, not {value!r}")
        if limits and not limits[0] <= value <= limits[1]:
            raise ParameterError(f"{item.name} must lie between {limits[0]} and {limits[1]}, not {value}")


def that_matter(params) -> dict:
    """name -> value of the fields that matter: two choices that differ only elsewhere give the same result."""
    return {item.name: vars(params)[item.name] for item in fields(params) if applies(item, vars(params))}

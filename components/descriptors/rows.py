"""The seven descriptors of a song as rows of words, a number and a strip: HTML, no streamlit."""

from __future__ import annotations

from html import escape

import numpy as np

from mer_core.features.mid_level import MidLevel
from mer_core.features.mid_level_words import DESCRIPTORS, Descriptor, said

ROOM = 0.35  # how far the strip goes on beyond nine in ten clips, as a share of their range


def rows(levels: MidLevel) -> str:
    """A row a descriptor, with where it lies among the clips, or why it is not defined."""
    return "".join(row(d, levels[d.name], levels.reasons.get(d.name, "")) for d in DESCRIPTORS)


def row(descriptor: Descriptor, value: float, reason: str = "") -> str:
    title = f"<b>{descriptor.title.capitalize()}</b>"
    if not np.isfinite(value):
        return (f'<div class="mer-descriptor">{title}<i>not defined here</i><span></span>'
                f"<p>{escape(reason)} <small>{escape(descriptor.sentence)}</small></p></div>")
    shown, what = said(descriptor.name, value).split(", ", 1)  # the number stands in a column of its own
    return (f'<div class="mer-descriptor">{title}<i>{value:.2f} <small>{escape(descriptor.unit)}</small></i>'
            f"{strip(descriptor, value, shown)}<p>{escape(what[0].upper() + what[1:])} "
            f"<small>{escape(descriptor.what[0].upper() + descriptor.what[1:])}.</small></p></div>")


def strip(descriptor: Descriptor, value: float, text: str) -> str:
    """A line from low to high: the bar holds nine in ten clips, the tick is their median, the dot is this song."""
    low, high = descriptor.spread
    left, middle, right, dot = (100 * share(descriptor, v) for v in (low, descriptor.typical, high, value))
    hover = f"{text}; nine in ten clips lie from {low:.2f} to {high:.2f}, half below {descriptor.typical:.2f}"
    return (f'<span class="mer-strip" role="img" title="{escape(hover)}" aria-label="{escape(hover)}">'
            f'<s style="left:{left:.1f}%;width:{right - left:.1f}%"></s><u style="left:{middle:.1f}%"></u>'
            f'<em style="left:{dot:.1f}%"></em></span>')


def share(descriptor: Descriptor, value: float) -> float:
    """Where on the strip a value lies, 0 to 1; what lies beyond stands at its end."""
    low, high = descriptor.spread
    room = ROOM * (high - low)
    return float(np.clip((value - low + room) / (high - low + 2 * room), 0, 1))

"""The lanes a player can show, one above the other on one time axis, and what is sent of them to the browser."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mer_core.errors import ParameterError
from mer_core.schema import SHARES, Explanation, Prediction
from mer_core.steps import Steps
from mer_core.tiles import Tiles, Waveform, step

PITCHES = ("C", "C♯", "D", "E♭", "E", "F", "F♯", "G", "A♭", "A", "B♭", "B")
Address = Callable[[Path], str]  # where the browser fetches a file


@dataclass(frozen=True)
class Curves:
    """Valence and arousal over time, of the player's own prediction."""

    def message(self, address: Address) -> dict:
        return {"kind": "curves", "name": "curves", "label": "valence and arousal, −1 to +1"}


@dataclass(frozen=True)
class Wave:
    """The waveform of the song, or of one stem."""

    waveform: Waveform
    label: str
    colour: str  # any CSS colour
    voice: str = ""  # the stem's name; "" for the song

    def message(self, address: Address) -> dict:
        return {"kind": "wave", "name": f"wave-{self.voice or 'song'}", "label": self.label, "colour": self.colour,
                "voice": self.voice, "url": address(self.waveform.path), "rate": self.waveform.rate}


@dataclass(frozen=True)
class Heat:
    """A picture over time in greys, or in colours where it is signed; over it, where there is one, a signed explanation."""

    name: str
    title: str  # on the button that shows and hides it
    label: str  # what the axis means, with its unit
    tiles: Tiles
    over: Tiles | None = None
    rows: tuple[str, ...] = ()  # short names of the rows, lowest first; () for a frequency axis in Hz
    words: tuple[str, ...] = ()  # what a row is called where there is room, if not by its short name
    paint: bool = False  # whether one can paint on it to ask
    optional: bool = False  # with a button that shows and hides it
    hidden: bool = False  # at first

    def message(self, address: Address) -> dict:
        return {"kind": "heat", "name": self.name, "title": self.title, "label": self.label,
                "rows": list(self.rows) or None, "words": list(self.words) or None, "paint": self.paint,
                "optional": self.optional, "hidden": self.hidden,
                "image": image(self.tiles, address), "over": self.over and image(self.over, address)}


@dataclass(frozen=True)
class Moments:
    """What an explanation over time says of each moment, as bars; None keeps the place of one that is being made.

    Bars are of one width, unless the moments are Steps: beats, each to the next.
    """

    explanation: Explanation | None
    label: str  # what the bars show
    floor: bool = False  # whether no value can be below 0

    def message(self, address: Address) -> dict:
        facts = {"kind": "moments", "name": "moments", "label": self.label, "floor": self.floor}
        if self.explanation is None:
            return {**facts, "values": [], "start": 0.0, "step": 1.0, "high": 1.0, "unit": "", "signed": False}
        e, signed = self.explanation, self.explanation.unit != SHARES
        return {**facts, **self.places(e), "values": [float(f"{v:.4g}") for v in e.values],
                "high": float(np.abs(e.values).max()) or 1.0, "unit": e.measure if signed else e.unit, "signed": signed}

    def places(self, e: Explanation) -> dict:
        """Where the bars lie, in s, and how wide: `start` and `step`, or for beats the `edges` (values + 1)."""
        if isinstance(e.grid, Steps):
            edges = np.round(e.grid.edges.astype(float), 3)
            short, long = np.diff(edges).min(), np.diff(edges).max()
            wide = f"{short:.2f}" if f"{short:.2f}" == f"{long:.2f}" else f"{short:.2f} to {long:.2f}"
            return {"edges": edges.tolist(), "moment": "beat", "label": f"{self.label}, {wide} s a beat"}
        width = step(e.grid) if len(e.values) > 1 else 2 * float(e.grid.times[0])
        return {"start": float(e.grid.times[0]) - width / 2, "step": width, "label": f"{self.label}, {width:.2f} s a bar"}


Lane = Curves | Wave | Moments | Heat


def image(tiles: Tiles, address: Address) -> dict:
    """The facts of the tiles, with an address for each file."""
    return {"overview": address(tiles.overview), "overview_step": tiles.overview_step,
            "tiles": [address(path) for path in tiles.tiles], "width": tiles.width, "columns": tiles.columns,
            "start": tiles.start, "step": tiles.step, "rows": tiles.rows, "hz": tiles.hz and list(tiles.hz),
            "low": tiles.low, "high": tiles.high, "unit": tiles.unit, "signed": tiles.signed}


def curve(prediction: Prediction | None) -> dict | None:
    """Times in s; valence and arousal over them and for the whole song; the covariance of the model's errors."""
    if prediction is None:
        return None
    names = list(prediction.targets)
    if not {"valence", "arousal"} <= set(names):
        raise ParameterError(f"The player draws valence and arousal; this prediction has {', '.join(names)}.")
    order = [names.index("valence"), names.index("arousal")]
    lines = np.round(prediction.curve.astype(float), 4)
    values = prediction.values.astype(float).round(4)
    return {"times": np.round(prediction.times.astype(float), 3).tolist(),
            "values": {names[k]: float(values[k]) for k in order}, **{names[k]: lines[k].tolist() for k in order},
            "covariance": prediction.covariance.astype(float)[np.ix_(order, order)].tolist()}

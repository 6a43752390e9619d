"""Exact Shapley values over the stems: how much each instrument group moved the value, over all orders of joining."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from math import factorial

import numpy as np

from mer_core.explainers._base import Explainer
from mer_core.models._base import Model
from mer_core.schema import Explanation, Progress, Stems, Track, silent

RESIDUAL = "residual"


class StemShapley(Explainer):
    """Shapley 1953 with the stems as players: phi_i = sum over S without i of |S|! (n-|S|-1)! / n! (v(S+i) - v(S)).

    v(S) is the model's value, the mean over its windows, for the sum of the stems in S; all 2^n mixes are heard, so
    nothing is sampled. What the separation left over is a small player of its own that always joins last: it gets
    v(song) - v(all stems). `base` is v(silence), and base and values add up to the output.
    """

    name = "stem_shapley"
    title = "Shapley values of the stems"
    space = "stems"
    needs = frozenset({"audio"})
    needs_stems = True
    complete = True

    def explain(self, model: Model, track: Track, *, params=None, stems: Stems | None = None,
                progress: Progress = silent) -> dict[str, Explanation]:
        self.check(model, stems)
        progress(0.0, "taking the stems apart in the model's input")
        value, players = _value(model, track, stems), len(stems.names)
        coalitions = _heard(value, players, progress)
        output = value(np.ones(players + 1, np.float32))
        together, base = coalitions[(1,) * players], coalitions[(0,) * players]
        values = np.concatenate([shapley(coalitions, players), (output - together)[None]])
        card = model.card
        return {target: Explanation(
            model=card.name, method=self.name, target=target, space=self.space, values=values[:, k],
            base=float(base[k]), output=float(output[k]), labels=(*stems.names, RESIDUAL),
            notes=_notes(values[:, k])) for k, target in enumerate(card.targets)}


def _value(model: Model, track: Track, stems: Stems) -> Callable[[np.ndarray], np.ndarray]:
    """gains (S + 1,) -> (K,). The model is held for each forward pass only: someone may be moving a fader meanwhile."""
    with model.session():
        pass  # loads it
    mix = model.mixer(stems, model.windows(track.duration))

    def value(gains: np.ndarray) -> np.ndarray:
        x = mix(gains)
        with model.session():
            return np.asarray(model.outputs(x), float).mean(axis=0)
    return value


def _heard(value: Callable, players: int, progress: Progress) -> dict[tuple[int, ...], np.ndarray]:
    """coalition, one 0 or 1 a stem -> (K,) value of that mix without the residual."""
    found = {}
    for done, members in enumerate(product((0, 1), repeat=players)):
        progress(0.05 + 0.9 * done / 2 ** players, f"hearing mix {done + 1} of {2 ** players}")
        found[members] = value(np.array([*members, 0], np.float32))
    return found


def shapley(coalitions: dict[tuple[int, ...], np.ndarray], players: int) -> np.ndarray:
    """(players, K) exact values from the value of every coalition."""
    values = np.zeros((players, *np.shape(coalitions[(0,) * players])))
    for members, without in coalitions.items():
        size = sum(members)
        weight = factorial(size) * factorial(players - size - 1) / factorial(players) if size < players else 0.0
        for player in (p for p in range(players) if not members[p]):
            joined = (*members[:player], 1, *members[player + 1:])
            values[player] += weight * (coalitions[joined] - without)
    return values


def _notes(values: np.ndarray) -> tuple[str, ...]:
    notes = ["Where stems bleed into each other, so do their shares."]
    if abs(values[-1]) > np.abs(values[:-1]).max(initial=0.0):
        notes.append("What the separation left over moves the value more than any stem: read these shares with care.")
    return tuple(notes)

"""Learned attention over time: which moments a network counted, and what each of them added to the value."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field

import numpy as np

from mer_core.errors import ParameterError
from mer_core.explainers._base import Explainer
from mer_core.explainers._windows import narrowed
from mer_core.models._base import BATCH, Model
from mer_core.schema import SCALE, SHARES, Explanation, Grid, Progress, Stems, Track, silent

READINGS = ("contribution", "weight")
WORDS = {"contribution": "what each moment added to the value", "weight": "the bare weights, as shares"}
EVEN = 0.9  # of the entropy of even weights: above it attention chooses next to nothing


@dataclass(frozen=True)
class AttentionParams:
    """`reading`: what each moment adds to the value, in its units; or the bare weights, as shares that add up to 1."""

    reading: str = field(default=READINGS[0], metadata={"choices": READINGS, "label": "Reading", "words": WORDS})

    def __post_init__(self):
        if self.reading not in READINGS:
            raise ParameterError(f"attention has no reading {self.reading!r}; there are: {', '.join(READINGS)}")


class Attention(Explainer):
    """Gupta 2025, section 6.7: the weights w_t of a softmax over the steps of a chunk pool their states s_t.

    A weight is no share of the value: S. Jain, B. Wallace, Attention is not Explanation, NAACL 2019. What follows the
    pooling is a head, and a head of linear layers and ReLU splits exactly over sum_t w_t s_t where its hidden units
    stay open or closed as the chunk left them: step t adds w_t times what the head makes of s_t. That is the
    contribution; `base` is what a state of zeros gives, which has heard nothing, and base and values add up to the
    output.

    A model that gives attention has attention(x, segments) -> (N, S) weights, (N, S) s centres of the steps, and
    contributions(x) -> (N, S, K), (N, K). Steps are put on one even axis over the song; where windows overlap, both
    count, as they do in the prediction.
    """

    name = "attention"
    title = "Learned attention"
    space = "time"
    needs = frozenset({"attention"})
    complete = True  # in the reading that has the target's units
    params = AttentionParams

    def explain(self, model: Model, track: Track, *, params: AttentionParams | None = None, stems: Stems | None = None,
                progress: Progress = silent) -> dict[str, Explanation]:
        self.check(model, stems)
        params = params or AttentionParams()
        with model.session():
            weights, times, added, rest = _heard(model, track, progress)
        shares, card = params.reading == "weight", model.card
        output = added.sum(axis=(0, 1)) + rest.sum(axis=0)  # the windows' means: each window brings 1 / N
        parts = np.repeat(weights[..., None], len(card.targets), axis=2) if shares else added
        values, grid = _on_song(parts, times, track.duration)
        base = np.zeros(len(output)) if shares else rest.sum(axis=0)
        notes = _notes(weights, times, params, track.duration)
        return {target: Explanation(
            model=card.name, method=self.name, target=target, space=self.space, values=values[k], base=float(base[k]),
            output=float(output[k]), grid=grid, params=asdict(params), notes=notes, unit=SHARES if shares else SCALE)
            for k, target in enumerate(card.targets)}


def _heard(model: Model, track: Track, progress: Progress) -> tuple[np.ndarray, ...]:
    """(N, S) weights, (N, S) s, (N, S, K) what each step adds, (N, K) the rest; all but the seconds over N."""
    segments = model.windows(track.duration)
    progress(0.0, "preparing the sound")
    x = model.encode_all(track, segments)
    found = []
    for i in range(0, len(segments), BATCH):
        progress(0.2 + 0.8 * i / len(segments), "reading the attention")
        part = x[i:i + BATCH]
        found.append((*model.attention(part, segments[i:i + BATCH]), *model.contributions(part)))
    weights, times, added, rest = (np.concatenate(kind).astype(float) for kind in zip(*found, strict=True))
    return weights / len(segments), times, added / len(segments), rest / len(segments)


def _on_song(parts: np.ndarray, times: np.ndarray, duration: float) -> tuple[np.ndarray, Grid]:
    """(N, S, K) values of steps centred at (N, S) s -> (K, T) on cells as wide as a step, from 0 s to the song's end,
    or to that of the last step where it lies behind. A step that straddles two cells is split by what lies in each."""
    step = float(times[0, 1] - times[0, 0])
    starts = times.ravel() / step - 0.5  # in cells
    cells = int(np.ceil(max(duration / step, starts.max() + 1) - 1e-6))
    first = np.clip(np.floor(starts).astype(int), 0, cells - 1)
    later = np.clip(starts - first, 0, 1)[:, None]
    flat, values = parts.reshape(-1, parts.shape[-1]), np.zeros((cells + 1, parts.shape[-1]))
    np.add.at(values, first, flat * (1 - later))
    np.add.at(values, first + 1, flat * later)
    values[cells - 1] += values[cells]  # rounding: no step reaches further
    return narrowed(values[:cells].T, Grid(times=(np.arange(cells) + 0.5) * step, freqs=()))


def evenness(weights: np.ndarray) -> float:
    """(N, S) -> the entropy of a window's weights over that of even ones, mean over windows: 1 is even, 0 one step."""
    shares = weights / weights.sum(axis=1, keepdims=True)
    logs = np.log(np.where(shares > 0, shares, 1))
    return float(-(shares * logs).sum(axis=1).mean() / np.log(weights.shape[1]))


def _notes(weights: np.ndarray, times: np.ndarray, params: AttentionParams, duration: float) -> tuple[str, ...]:
    even, steps = evenness(weights), weights.shape[1]
    window = steps * (times[0, 1] - times[0, 0])
    largest = float((weights.max(axis=1) / weights.sum(axis=1)).mean())
    what = ("The weights are the same for every target and add up to 1, not to the value: they say where the network "
            "looked, not what it moved." if params.reading == "weight" else
            "A moment's share is its weight times what the network's head makes of its state; with the base, which has "
            "heard nothing, the shares add up to the value.")
    twice = times[-2, -1] - times[-1, 0] + window / steps if len(times) > 1 else 0.0  # s that the last two windows share
    again = (f"The last window begins {twice:.1f} s before the one before it ends: these seconds count twice, as they do "
             "in the value.")
    late = (f"The song is shorter than the {window:.0f} s of one window: what lies behind its end is the silence that "
            "fills it.")
    return (what, "A moment's state has heard the earlier moments of its window too, so a share is partly theirs.",
            f"The attention {'is nearly even' if even > EVEN else 'chooses'}: its evenness is {even:.2f} of 1, and the "
            f"largest of a window's {steps} weights is {largest:.3f} on average, where an even one is {1 / steps:.3f}"
            f"{'; by itself it tells next to nothing of what mattered' if even > EVEN else ''}.",
            *((again,) if twice > 0.1 * window else ()), *((late,) if duration < window - 0.1 else ()))

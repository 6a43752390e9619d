"""A song as the patches of four beats that a deep belief network hears, and the way from patches back to beats."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from mer_core.errors import ParameterError
from mer_core.features.beats import SPAN, BeatFeatures, pitch
from mer_core.models._dbn import BeatModel, patch_times, slots, weights
from mer_core.schema import Track
from mer_core.steps import Steps

GROUPS = ("all", "rhythm", "pitch", "fourier")
GROUP_WORDS = {"all": "all that it hears", "rhythm": "the timbre of the percussion", "pitch": "the pitches",
               "fourier": "the pitch pattern of four beats"}
SHARED = "A patch spans four beats, so a beat is heard in up to four of them: a beat's value is what it did in all."


@dataclass(frozen=True, eq=False)
class BeatSong:
    """What a model heard of a song."""

    found: BeatFeatures
    weights: np.ndarray  # (P,) the share of each patch in the song's value, the mean over its seconds; they add up to 1
    grid: Steps  # the B beats, each from its own time to the next one's
    notes: tuple[str, ...]

    @property
    def beats(self) -> int:
        return len(self.grid.times)


def listen(model: BeatModel, track: Track) -> BeatSong:
    """Within a session. A patch counts in every second that hears it, by its weight there."""
    heard = model.heard(track)
    found, segments = heard.features, model.windows(track.duration)
    at = slots(patch_times(found), [segment.end for segment in segments])
    counts = np.zeros(len(found.rhythm))
    np.add.at(counts, at[at >= 0], weights(at)[at >= 0] / len(segments))
    return BeatSong(found, counts, Steps.between(within(found.beats.edges, track.duration)), heard.notes)


def within(edges: np.ndarray, duration: float) -> np.ndarray:
    """(B + 1,) s with the last beat ending with the song, where it would end behind it."""
    last = np.clip(edges[-1], None, max(duration, edges[-2] + 0.01))
    return np.append(edges[:-1], last)


def standardised(model: BeatModel, found: BeatFeatures) -> dict[str, np.ndarray]:
    """feature -> (P, D) as the network reads it, in its order; 0 is the average patch of the songs it learnt from."""
    return {name: model.standards[name](getattr(found, name).astype(float)) for name in model.features.split("+")}


def answers(model: BeatModel, parts: Mapping[str, np.ndarray]) -> np.ndarray:
    """feature -> (N, D) standardised patches -> (N, K) what the model says of a second that hears only this patch. It
    is linear behind the layer it reads, so a song's value is the mean of these by the patches' weights."""
    x = np.concatenate([np.ones((len(next(iter(parts.values()))), 1)), *parts.values()], axis=1)
    return model.outputs(x[:, None].astype(np.float32)).astype(float)


def chosen(model: BeatModel, group: str) -> tuple[str, ...]:
    """The features of a group of GROUPS; raises ParameterError for one that the model does not read."""
    taken = tuple(model.features.split("+"))
    if group not in ("all", *taken):
        raise ParameterError(f"{model.name} does not read {GROUP_WORDS[group]} ({group}); choose one of: all, "
                             f"{', '.join(taken)}")
    return taken if group == "all" else (group,)


def onto_beats(shares: np.ndarray) -> np.ndarray:
    """(..., P, 4) of patches -> (..., P + 3) of beats: patch i holds the beats i to i + 3."""
    patches = shares.shape[-2]
    found = np.zeros((*shares.shape[:-2], patches + SPAN - 1))
    for k in range(SPAN):
        found[..., k:k + patches] += shares[..., k]
    return found


def split(feature: str, values: np.ndarray, found: BeatFeatures) -> np.ndarray:
    """(..., P, D) over a feature's values -> (..., P, 4) over the beats of each patch; the sum stays.

    Rhythm and pitch are beats side by side. A value of the 2-D Fourier transform mixes its four beats: it is the length
    of a sum of four arrows, one a beat, and the arrow of beat b in row k is as long as |F_b(k)|, the transform over
    pitch of that beat alone. The value goes to the beats in proportion to these lengths. Where the arrows point the
    same way this is gradient times input (the transform is homogeneous, so by Euler its gradient times input adds up to
    the value); where they cancel, gradient times input would give single beats many times the value, with either sign,
    and this stays within it. A patch of silence is split evenly.
    """
    if feature != "fourier":
        return values.reshape(*values.shape[:-1], SPAN, -1).sum(axis=-1)
    arrows = np.abs(np.fft.fft(found.pitch.reshape(-1, SPAN, pitch.SIZE).astype(float), axis=-1))  # (P, 4, 48)
    total = arrows.sum(axis=1, keepdims=True)
    shares = np.divide(arrows, total, out=np.full_like(arrows, 1 / SPAN), where=total > 1e-9)
    rows = values.reshape(*values.shape[:-1], pitch.SIZE, -1).sum(axis=-1)
    return np.einsum("...pk,pbk->...pb", rows, shares)

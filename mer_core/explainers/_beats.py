"""A song as the patches of four beats that a deep belief network hears, and the way from patches back to beats."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from mer_core.errors import ParameterError
from mer_core.features.beats import SPAN, BeatFeatures, pitch
from mer_core.features.beats.fourier import COLUMNS
from mer_core.models._dbn import BeatModel, patch_times, slots, weights
from mer_core.schema import Track
from mer_core.steps import Steps

GROUPS = ("all", "rhythm", "pitch", "fourier")
GROUP_WORDS = {"all": "all that it hears", "rhythm": "the timbre of the percussion", "pitch": "the pitches",
               "fourier": "the pitch pattern of four beats"}
TINY = 1e-9
STEPS = 4  # of the way to a pattern; more changed nothing that could be seen
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


def split(model: BeatModel, found: BeatFeatures, feature: str, values: np.ndarray) -> np.ndarray:
    """(..., P, D) over a feature's values -> (..., P, 4) over the beats of each patch.

    Rhythm and pitch are beats side by side, and the sum stays. A value of the 2-D Fourier transform mixes its four
    beats, so the transform is one more layer to go through: relevance times `pulls`, what each beat adds to the value,
    over the value. What no beat adds, as average beats would give it too, stays with the pattern as a whole.

    Measured in 60 clips, every sixth of MUSIFEAST-17: with these parts a song's beats correlate by 0.65 with what
    leaving them out does to the song (beat_occlusion.py); with the relevance split evenly over the four beats by 0.56,
    in proportion to the power of each beat's own transform by 0.51, and by the gradient times the beat itself over the
    value, many times too large where beats cancel, by 0.09.
    """
    if feature != "fourier":
        return values.reshape(*values.shape[:-1], SPAN, -1).sum(axis=-1)
    x = model.standards[feature](found.fourier.astype(float))
    slope = np.divide(values, x, out=np.zeros_like(values), where=np.abs(x) > TINY) / model.standards[feature].spread
    return np.einsum("...pd,pbd->...pb", slope, pulls(found))


def pulls(found: BeatFeatures) -> np.ndarray:
    """(P, 4, 384): how far each beat of a patch pulls each value of its 2-D Fourier transform away from that of four
    beats like the song's average one, |X| - |M|.

    Integrated gradients (M. Sundararajan, A. Taly, Q. Yan, Axiomatic attribution for deep networks, ICML 2017, equation
    1) of the length of X alone: beat b, by D_b off the average, gets the mean of Re(conj(X) D_b) / |X| along the way from
    M to X. The four add up to |X| - |M|, to the error of STEPS steps, and none is more than |D_b|.
    """
    tones = found.pitch.reshape(-1, SPAN, pitch.SIZE).astype(float)
    turns = np.exp(-2j * np.pi * np.outer(np.arange(SPAN), np.arange(COLUMNS)) / COLUMNS)
    whole, each = (np.fft.fft(part, axis=-1)[..., None] * turns[:, None]
                   for part in (tones, tones - beat_rows(tones).mean(axis=0)))
    whole, moved = (part.sum(axis=1, keepdims=True) for part in (whole, each))
    way = [whole - (1 - (k + 0.5) / STEPS) * moved for k in range(STEPS)]
    direction = sum(x / np.maximum(np.abs(x), TINY) for x in way) / STEPS
    return (np.conj(direction) * each).real.reshape(len(tones), SPAN, -1)


def beat_rows(patches: np.ndarray) -> np.ndarray:
    """(P, 4, F) of every four successive beats -> (B, F) of the beats."""
    return np.concatenate([patches[:, 0], patches[-1, 1:]])

"""The value without a beat: each beat in turn is made to sound like the song's average one, or like silence."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np

from mer_core.explainers._base import Explainer
from mer_core.explainers._beats import (GROUP_WORDS, GROUPS, SHARED, BeatSong, answers, beat_rows, chosen, listen,
                                        standardised)
from mer_core.features.beats import SPAN, fourier_magnitude, pitch, timbre
from mer_core.models._base import Model
from mer_core.models._dbn import BeatModel
from mer_core.parameters import check, parameter
from mer_core.schema import Explanation, Progress, Stems, Track, part, silent

FILLS = ("mean", "silence")
FILL_WORDS = {"mean": "the song's average beat", "silence": "silence"}
MOST = 4096  # patches heard at once: bounds memory


@dataclass(frozen=True)
class BeatOcclusionParams:
    """`group` leaves the other features as they are."""

    fill: str = parameter(FILLS[0], "In place of a beat", choices=FILLS, words=FILL_WORDS)
    group: str = parameter("all", "Of what it hears", choices=GROUPS, words=GROUP_WORDS)

    def __post_init__(self):
        check(self)


class BeatOcclusion(Explainer):
    """Occlusion (M. Zeiler, R. Fergus, Visualizing and understanding convolutional networks, ECCV 2014, section 4.2).

    A beat's value is the model's output less that with the beat replaced in every patch that holds it; the pitch
    pattern of these patches is transformed again. The differences are exact, of one beat at a time. `base` is the
    output with all beats replaced, and the residual what beats do only together.
    """

    name = "beat_occlusion"
    title = "Each beat left out in turn"
    space = "time"
    needs = frozenset({"beats"})
    params = BeatOcclusionParams

    def explain(self, model: Model, track: Track, *, params: BeatOcclusionParams | None = None,
                stems: Stems | None = None, progress: Progress = silent) -> dict[str, Explanation]:
        self.check(model, stems)
        params = params or BeatOcclusionParams()
        with model.session():
            kept = chosen(model, params.group)
            progress(0.0, "finding the beats")
            song = listen(model, track)
            values, base, output = occluded(model, song, params.fill, kept, part(progress, 0.7, 1))
        return {target: Explanation(
            model=model.name, method=self.name, target=target, space=self.space, values=values[:, k],
            base=float(base[k]), output=float(output[k]), grid=song.grid, params=asdict(params),
            notes=_notes(song, params, values[:, k], base[k], output[k]))
            for k, target in enumerate(model.card.targets)}


def occluded(model: BeatModel, song: BeatSong, fill: str, kept: tuple[str, ...],
             progress: Progress = silent) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(B, K) differences, (K,) output with all beats replaced, (K,) output. Only the up to four patches that hold a
    beat change, so only they are heard again."""
    patches = len(song.weights)
    beats, slots = np.meshgrid(np.arange(song.beats), np.arange(SPAN), indexing="ij")
    at = beats - slots  # the patch in which this beat is in this place
    inside = (at >= 0) & (at < patches)
    beats, slots, at = beats[inside], slots[inside], at[inside]
    whole = standardised(model, song.found)
    before = answers(model, whole)
    output = song.weights @ before
    values = np.zeros((song.beats, before.shape[1]))
    for i in range(0, len(at), MOST):
        progress(i / len(at), "leaving out each beat in turn")
        some = slice(i, i + MOST)
        swaps = np.arange(SPAN) == slots[some, None]
        after = answers(model, replaced(model, song, at[some], swaps, fill, kept))
        np.add.at(values, beats[some], song.weights[at[some], None] * (before[at[some]] - after))
    everywhere = np.ones((patches, SPAN), bool)
    base = song.weights @ answers(model, replaced(model, song, np.arange(patches), everywhere, fill, kept))
    return values, base, output


def replaced(model: BeatModel, song: BeatSong, at: np.ndarray, swaps: np.ndarray, fill: str,
             kept: tuple[str, ...]) -> dict[str, np.ndarray]:
    """feature -> (N, D), standardised: the patches `at` (N,), the beats that `swaps` (N, 4) names replaced in the
    features `kept`."""
    sounds = {}
    for name, size in (("rhythm", timbre.SIZE), ("pitch", pitch.SIZE)):
        rows = getattr(song.found, name)[at].reshape(-1, SPAN, size)
        sounds[name] = np.where(swaps[..., None], filling(song, name, size, fill), rows)
    sounds["fourier"] = fourier_magnitude(sounds["pitch"].transpose(0, 2, 1))
    found = {}
    for name in model.features.split("+"):
        x = sounds[name].reshape(len(at), -1) if name in kept else getattr(song.found, name)[at]
        found[name] = model.standards[name](x.astype(float))
    return found


def filling(song: BeatSong, name: str, size: int, fill: str) -> np.ndarray:
    """(size,) what a replaced beat sounds like."""
    if fill == "silence":
        return timbre.percussion_timbre(np.zeros(2048, np.float32))[0] if name == "rhythm" else np.zeros(size)
    return beat_rows(getattr(song.found, name).reshape(-1, SPAN, size)).mean(axis=0)


def _notes(song: BeatSong, params: BeatOcclusionParams, values: np.ndarray, base: float,
           output: float) -> tuple[str, ...]:
    rest = output - base - values.sum()
    return (*song.notes,
            f"Each beat in turn was replaced by {FILL_WORDS[params.fill]}, in {GROUP_WORDS[params.group]}, and the song "
            "was heard again: the differences are exact.",
            f"With all beats replaced it is {base:+z.2f} instead of {output:+z.2f}. Taken one by one they add up to "
            f"{values.sum():+z.2f}; {rest:+z.2f} is what beats do only together.", SHARED)

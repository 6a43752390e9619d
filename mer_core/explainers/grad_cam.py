"""Grad-CAM by pitch class: where in a song which harmonics spoke for a quadrant, and where they spoke against it."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np

from mer_core.explainers._base import Explainer
from mer_core.explainers._windows import narrowed, over_song
from mer_core.features.harmonics import PITCH_CLASSES, fundamentals
from mer_core.models._base import Model
from mer_core.parameters import check, parameter
from mer_core.schema import Explanation, Grid, Progress, Stems, Track, part, silent

ALL = "all"
HOW = {"octave": "averaged over a window's time, for each octave on its own",
       "map": "averaged over time and octaves, though the network weighs each octave on its own",
       "cell": "each cell's own"}
GRADIENTS = tuple(HOW)  # _grad_cam_maps.py
REFERENCES = ("silence", "dark")


@dataclass(frozen=True)
class GradCamParams:
    """The choices of a map.

    The defaults are what did best in harmonics_cnn. With the most and with the least relevant tenth of the cells
    silenced, the log-odds of 48 clips lay 3.0 apart; with Grad-CAM as published (all octaves averaged, compared with a
    dark branch) they lay -0.1 apart, no farther than by chance, because the network weighs each octave on its own and
    lights up most in silence. Gradient times input, which knows the single bands, has 6.6 (training/grad_cam_study.py).
    """

    pitch_class: str = parameter(
        ALL, "Pitch class", choices=(ALL, *PITCH_CLASSES),
        words={ALL: "all twelve", **{name: name.replace("#", "♯") for name in PITCH_CLASSES}},
        help="What the branch of one pitch class alone has to say: its fundamentals in every octave, and their "
             "overtones. All twelve together are their sum.")
    gradients: str = parameter(
        "octave", "Gradients", choices=GRADIENTS,
        words={"octave": "averaged over each octave", "map": "averaged over all octaves (Grad-CAM as published)",
               "cell": "each cell's own (HiResCAM)"},
        help="Averaged: bright is what lights up a channel that matters for the class at some time, in that octave or "
             "in any. Each cell's own: only what counted in that very place.")
    reference: str = parameter(
        "silence", "Compared with", choices=REFERENCES,
        words={"silence": "silence in the same place", "dark": "a branch that is dark (Grad-CAM as published)"},
        help="A branch may light up because something is missing. Compared with silence, only sound can count; "
             "compared with a dark branch, all that is bright does.")

    def __post_init__(self):
        check(self)


@dataclass(frozen=True, eq=False)
class SongMaps:
    """What the twelve branches had to say over one song, means over its windows."""

    values: np.ndarray  # (K, 12, O, T) in log-odds, signed; its sum over all but K is what the maps add to the output
    windows: np.ndarray  # (T,) how much of the song's windows lies in a column: the sum over the columns is at most 1
    base: np.ndarray  # (K,) what the network says of the reference: of silence, or where every branch is dark
    output: np.ndarray  # (K,)
    grid: Grid  # of the model's picture, as many columns as `values`
    table: np.ndarray  # (12, O, H) the bands that each row hears
    a4: float  # Hz, the tuning the song was read with
    silence: float  # how much the branches light up in silence, as a multiple of how much they do in this song


class GradCam(Explainer):
    """Selvaraju et al. 2017 on the twelve branches of paper 4's network; equations and units: _grad_cam_maps.py.

    `base` is what the network says of the reference. Grad-CAM does not claim to account for the rest: what is missing
    is the residual, and a note names it. Each row of a map (a fundamental) is shared out evenly among the bands its
    multiples read, so that the map can be seen and heard where the harmonics are.
    """

    name = "grad_cam"
    title = "Grad-CAM by pitch class"
    space = "timefreq"
    needs = frozenset({"gradients", "harmonics"})
    params = GradCamParams

    def explain(self, model: Model, track: Track, *, params: GradCamParams | None = None, stems: Stems | None = None,
                progress: Progress = silent) -> dict[str, Explanation]:
        self.check(model, stems)
        params, card = params or GradCamParams(), model.card
        found = song_maps(model, track, gradients=params.gradients, reference=params.reference,
                          progress=part(progress, 0, 0.9))
        progress(0.9, "finding the harmonics' bands")
        return {target: Explanation(
            model=card.name, method=self.name, target=target, space=self.space,
            values=_picture(found, k, params.pitch_class), base=float(found.base[k]), output=float(found.output[k]),
            grid=found.grid, params=asdict(params), notes=_notes(found, k, params))
            for k, target in enumerate(card.targets)}


def song_maps(model: Model, track: Track, *, gradients: str = GRADIENTS[0],
              reference: str = REFERENCES[0], progress: Progress = silent) -> SongMaps:
    """Every target's map of the song, by pitch class, octave and column; at most MAX_COLUMNS columns."""
    import torch

    from mer_core.explainers import _grad_cam_maps as cam

    targets, lit = range(len(model.card.targets)), []
    with model.session():
        network, quiet = model.network, torch.zeros(1, 1, len(model.grid(track).freqs), model.input.frames)

        def maps(x):
            lit.append(float(cam.lit_up(network, x).mean()))
            found = torch.stack([cam.maps(network, x, k, gradients, silence=reference == "silence") for k in targets])
            with torch.no_grad():
                return cam.over_frames(found, network.hop, x.shape[-1]), network(x)

        total, output = over_song(model, track, maps, progress, "looking at what lit up")
        both = np.concatenate([total.reshape(-1, total.shape[-1]), _covered(model, track)[None]])
        both, grid = narrowed(both, model.grid(track))
        with torch.no_grad():
            base = network(quiet)[0] if reference == "silence" else cam.dark(network, quiet)
        return SongMaps(both[:-1].reshape(*total.shape[:-1], -1), both[-1], base.numpy(), output, grid,
                        network.table.numpy(), model.input.tuning(track),
                        float(cam.lit_up(network, quiet).mean()) / max(float(np.mean(lit)), 1e-9))


def _covered(model: Model, track: Track) -> np.ndarray:
    """(T,) the share of all windows' columns that lies on a column of the song."""
    segments, covered = model.windows(track.duration), np.zeros(len(model.grid(track).times))
    width = model.input.frames
    for segment in segments:
        covered[model.column(segment):][:width] += 1 / (len(segments) * width)
    return covered


def _picture(found: SongMaps, k: int, pitch_class: str) -> np.ndarray:
    """(F, T): a row's value lies evenly on the bands it hears."""
    from mer_core.explainers._grad_cam_maps import over_bands

    chosen = slice(None) if pitch_class == ALL else [PITCH_CLASSES.index(pitch_class)]
    shares = over_bands(found.table[chosen], len(found.grid.freqs))
    return np.tensordot(shares, found.values[k, chosen], axes=((0, 1), (0, 1))).astype(np.float32)


def _notes(found: SongMaps, k: int, params: GradCamParams) -> tuple[str, ...]:
    moved, cells = found.output[k] - found.base[k], found.values[k].sum()
    where = "in silence" if params.reference == "silence" else "where every branch is dark"
    notes = [f"From {found.base[k]:+z.2f}, {where}, to {found.output[k]:+z.2f} are {moved:+z.2f}; the cells of all "
             f"twelve pitch classes add up to {cells:+z.2f}, and {moved - cells:+z.2f} belongs to none: Grad-CAM does "
             f"not claim to account for all of the output. Gradients: {HOW[params.gradients]}."]
    if params.pitch_class != ALL:
        own = found.values[k, PITCH_CLASSES.index(params.pitch_class)].sum()
        notes.append(f"Shown is the branch of {params.pitch_class} alone: {own:+z.2f}.")
    notes.append("A tone lights up as a whole: its value is shared out evenly among the bands of its overtones, and "
                 "which of them were heard the map does not say.")
    if found.silence > 0.1 and params.reference == "dark":
        notes.append(f"In silence the branches light up {found.silence:.1f} times as much as in this song: bright is "
                     "also where the network missed something, not only where much sounds.")
    return (*notes, *_blurred(found))


def _blurred(found: SongMaps) -> tuple[str, ...]:
    """A note on the octaves in which neighbouring pitch classes have a band for their fundamental in common."""
    lowest = found.table[:, :, 0]
    shared = (lowest[:-1] == lowest[1:]).any(axis=0)
    if not shared.any():
        return ()
    last = int(np.flatnonzero(shared).max())
    hertz = fundamentals(len(shared), found.a4)[:-1, last][(lowest[:-1] == lowest[1:])[:, last]].max()
    return (f"Up to {hertz:.0f} Hz neighbouring pitch classes share the band of their fundamental: there the map knows "
            "them apart by their overtones alone.",)

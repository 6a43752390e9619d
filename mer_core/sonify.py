"""An explanation made audible: the parts that mattered stay, the rest is turned down (or the other way round).

After the sonification of paper 3 (section 2.5.3, equations 12-16; the squared gain is equation 24): a gain A(R) on the
complex STFT with the original phase, then the inverse STFT. Unlike there, the result is loudness matched.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.ndimage import gaussian_filter1d

from mer_core.errors import ParameterError
from mer_core.loudness import loudness, match_loudness, true_peak
from mer_core.masking import apply_mask, stft_grid
from mer_core.parameters import check, parameter
from mer_core.schema import STEM_NAMES, Explanation, Grid, Progress, Track, silent
from mer_core.steps import Steps

CURVES = ("squared", "linear", "soft knee", "binary")
SIGNS = ("absolute", "positive", "negative")
SOURCES = ("song", *STEM_NAMES)
SOURCE_WORDS = {"song": "the song", "vocals": "the vocals", "drums": "the drums", "bass": "the bass",
                "other": "the other instruments"}
SIGN_WORDS = {"absolute": "both: what raises and what lowers it", "positive": "what raises the value",
              "negative": "what lowers the value"}
_COLUMNS = 512  # columns of the mask worked on at once: bounds memory
_LEAD = 0.025  # s before a beat that its gain is reached: an attack lies around its beat, and the STFT sees 23 ms ahead
_SILENCE = 1e-4  # peak below which nothing is heard (-80 dBFS)


@dataclass(frozen=True)
class SonifyParams:
    """The choices of a sonification.

    A cell's gain is floor + (1 - floor) * c(R), R its relevance of the chosen sign, smoothed, not negative. With
    r = min(R / full, 1), `full` being a quantile of R among the relevant cells:
    squared c = r^2 (equation 24), linear c = r. With q(s) the relevance that a share s of all cells reaches:
    binary c = 1 where R >= q(keep), soft knee c = 3 x^2 - 2 x^3 with x from 0 to 1 between q(keep + knee / 2) and
    q(keep - knee / 2). All of them rise with R, as equation 15 asks.
    """

    source: str = parameter(
        "song", "Sound", choices=SOURCES, words=SOURCE_WORDS,
        help="What is listened to: the song, or one stem alone. The relevance is that of the whole song: where "
             "instruments share a frequency at the same moment, it comes forward in each of them.")
    curve: str = parameter(
        "squared", "Gain curve", choices=CURVES, words={"squared": "squared, as in the paper"},
        help="How relevance becomes a gain: squared and linear grade all that is relevant; soft knee and binary choose "
             "the most relevant cells.")
    strength_db: float = parameter(30.0, "Floor: how far the rest is turned down (dB)", range=(0.0, 120.0))
    sign: str = parameter("absolute", "Which relevance counts", choices=SIGNS, words=SIGN_WORDS)
    smooth_s: float = parameter(
        0.05, "Smoothing over time (s)", range=(0.0, 10.0),
        help="Standard deviation of a Gaussian; where the moments are beats, how long the fade into a beat takes. More "
             "sounds softer, but blurs the moments; 0 for none.")
    smooth_bands: float = parameter(
        0.0, "Smoothing over frequency (bands)", range=(0.0, 32.0),
        help="Standard deviation of a Gaussian, in the explanation's own frequency bands; 0 for none.")
    full: float = parameter(
        0.95, "Heard in full from this quantile on", range=(0.5, 1.0), when=("curve", ("squared", "linear")),
        help="Of the relevant cells: with 0.95 the most relevant twentieth is heard in full, so that a few extreme "
             "cells do not hide the others. 1 scales by the highest.")
    keep: float = parameter(
        0.1, "Share of cells that stay", range=(0.001, 1.0), when=("curve", ("soft knee", "binary")),
        help="Of all cells of the explanation, the most relevant: 0.1 keeps one in ten. Fewer stay where fewer are "
             "relevant; equal ones stay together. For the soft knee, the middle of the knee.")
    knee: float = parameter(
        0.1, "Width of the knee (share of cells)", range=(0.0, 1.0), when=("curve", ("soft knee",)),
        help="How many cells fade, half of them above and half below the share that stays; 0 makes it binary.")
    complement: bool = parameter(False, "Hear what was left out instead")

    def __post_init__(self):
        check(self)

    @property
    def floor(self) -> float:
        """The gain of a part without relevance."""
        return 10 ** (-self.strength_db / 20)


@dataclass(frozen=True, eq=False)
class Sonified:
    """The sound of an explanation."""

    y: np.ndarray  # (channels, samples), as long and as loud as what was given
    sr: int  # Hz
    gain_db: float  # the constant gain that made it as loud
    limited_db: float  # dB its highest peak was turned down after that, so that nothing clips; 0 without a limiter
    loudness_before: float  # LUFS of what was given
    loudness_after: float  # LUFS of `y`
    peak: float  # true peak of `y`, linear
    params: SonifyParams


def mask(explanation: Explanation, grid: Grid, params: SonifyParams = SonifyParams()) -> np.ndarray:
    """(F, T) float32 gains on `grid`: from the floor (no relevance) to 1; 1 minus that for the complement.

    The relevance, (F', T') "timefreq" or (T',) "time", is smoothed, put through the curve and interpolated bilinearly;
    where the moments are Steps, such as beats, each holds its gain to the next (see `_held`).
    Frequencies above the explanation's highest band have no relevance, as the model does not hear them: they get the
    floor, so that a model that hears to 6 kHz sounds dull on purpose. Raises ParameterError where nothing of the chosen
    sign is relevant.
    """
    relevance, own = _oriented(explanation, grid)
    gain = params.floor + (1 - params.floor) * _curve(_smoothed(_signed(relevance, params), own, params), params)
    if isinstance(own, Steps):
        gain, own = _held(gain, own, grid.times, params)
    out = np.empty(grid.shape, np.float32)
    rows, heard = own.cells(own.times[:1], grid.freqs)[0], grid.freqs <= _top(own)
    for start in range(0, len(grid.times), _COLUMNS):
        part = slice(start, start + _COLUMNS)
        columns = own.cells(grid.times[part], own.freqs[:1])[1]
        out[:, part] = _bilinear(gain, rows, columns)
    out[~heard] = params.floor
    return np.subtract(1, out, out=out) if params.complement else out


def _oriented(explanation: Explanation, grid: Grid) -> tuple[np.ndarray, Grid]:
    """(F', T') relevance and its own grid; relevance over time alone becomes one band that holds all frequencies."""
    values = explanation.values
    if explanation.space == "timefreq" and explanation.grid is not None:
        return values, explanation.grid
    if explanation.space != "time":
        raise ParameterError(f"only relevance over time and frequency can be heard; {explanation.method} gives "
                             f"{explanation.space}")
    if isinstance(explanation.grid, Steps):
        return values[None], replace(explanation.grid, freqs=grid.freqs[-1:])
    even = (np.arange(len(values)) + 0.5) / len(values) * grid.times[-1]
    times = even if explanation.grid is None else explanation.grid.times
    return values[None], Grid(times=times, freqs=grid.freqs[-1:])


def _signed(relevance: np.ndarray, params: SonifyParams) -> np.ndarray:
    """The relevance that counts, not negative."""
    signed = {"absolute": np.abs(relevance), "positive": relevance, "negative": -relevance}[params.sign]
    return np.maximum(signed, 0, dtype=np.float32)


def _smoothed(relevance: np.ndarray, grid: Grid, params: SonifyParams) -> np.ndarray:
    if params.smooth_s and len(grid.times) > 1 and not isinstance(grid, Steps):
        step = float(np.median(np.diff(grid.times)))
        relevance = gaussian_filter1d(relevance, params.smooth_s / step, axis=1, mode="nearest")
    if params.smooth_bands and len(grid.freqs) > 1:
        relevance = gaussian_filter1d(relevance, params.smooth_bands, axis=0, mode="nearest")
    return relevance


def _held(gain: np.ndarray, steps: Steps, times: np.ndarray, params: SonifyParams) -> tuple[np.ndarray, Grid]:
    """(F', T') gains of steps -> (F', T) on `times`: held from edge to edge, with a fade of `smooth_s` that ends a little
    before the step begins, so that the attack has the gain of its own beat; the floor before the first and after the last.
    """
    edges = np.array(steps.edges, float)
    edges[:-1] -= _LEAD
    fade = np.clip(params.smooth_s, 1e-6, np.diff(edges).min() / 2)
    knots = np.stack([edges - fade, edges], axis=1).ravel()
    levels = np.repeat(np.pad(gain, ((0, 0), (1, 1)), constant_values=params.floor), 2, axis=1)[:, 1:-1]
    held = np.stack([np.interp(times, knots, row) for row in levels]).astype(np.float32)
    return held, Grid(times=times, freqs=steps.freqs)


def _curve(relevance: np.ndarray, params: SonifyParams) -> np.ndarray:
    """(F', T') in [0, 1]: A(R) of equation 15, on the explanation's own cells: no edge is harder than a cell."""
    highest = float(relevance.max(initial=0))
    if not np.isfinite(highest) or highest <= 0:
        kind = {"absolute": "no relevance", "positive": "nothing that raises the target",
                "negative": "nothing that lowers the target"}[params.sign]
        raise ParameterError(f"this explanation holds {kind}, so there is nothing to hear; choose another sign")
    return _chosen(relevance, params) if params.curve in ("binary", "soft knee") else _graded(relevance, params)


def _graded(relevance: np.ndarray, params: SonifyParams) -> np.ndarray:
    """All that is relevant by how much it is: squared or linear up to the `full` quantile."""
    full = np.quantile(relevance[relevance > 1e-3 * relevance.max()], params.full)
    r = np.minimum(relevance / np.float32(full), 1)
    return r * r if params.curve == "squared" else r


def _chosen(relevance: np.ndarray, params: SonifyParams) -> np.ndarray:
    """The most relevant cells alone: a step, or a smooth one over `knee`, where the share `keep` is reached."""
    width = params.knee if params.curve == "soft knee" else 0.0
    shares = np.clip([1 - params.keep - width / 2, 1 - params.keep + width / 2], 0, 1)
    low, high = np.quantile(relevance, shares).astype(np.float32)
    if high <= low:
        return ((relevance >= low) & (relevance > 0)).astype(np.float32)
    x = np.clip((relevance - low) / (high - low), 0, 1)
    return x * x * (3 - 2 * x)


def _top(grid: Grid) -> float:
    """Hz, the upper edge of the highest band."""
    edge = (grid.freqs[-1] - grid.freqs[-2]) / 2 if len(grid.freqs) > 1 else 0
    return float(grid.freqs[-1] + edge)


def _bilinear(values: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """(len(rows), len(columns)): `values` at fractional positions that lie inside it."""
    first = int(columns[0])
    values, columns = values[:, first:int(columns[-1]) + 2], columns - first
    for axis, at in ((1, columns), (0, rows)):
        low = np.minimum(at.astype(int), values.shape[axis] - 1)
        high = np.minimum(low + 1, values.shape[axis] - 1)
        share = np.expand_dims((at - low).astype(np.float32), 1 - axis)
        values = values.take(low, axis) * (1 - share) + values.take(high, axis) * share
    return values


def sonify(track: Track, explanation: Explanation, params: SonifyParams = SonifyParams(),
           progress: Progress = silent) -> Sonified:
    """`track` with the relevant parts brought forward (or left out, for the complement), as loud as `track`.

    `track` is the song or, as `params.source` says, one of its stems. Before the loudness is matched, this and its
    complement add up to it. Where the peaks leave no room, the result stays quieter (see match_loudness). Raises
    ParameterError for an explanation without times, for a silent stem, or where nothing is left.
    """
    progress(0.0, "reading the relevance")
    before = loudness(track.y, track.sr)
    if not np.isfinite(before):
        raise ParameterError(f"there is no sound in {SOURCE_WORDS[params.source]} (nothing reaches -70 LUFS), so nothing "
                             "can be brought forward; choose another sound")
    gain = mask(explanation, stft_grid(track.y.shape[1], track.sr), params)
    y = apply_mask(track.y, gain, progress=lambda share, text: progress(0.1 + 0.6 * share, text))
    del gain
    progress(0.7, "matching the loudness")
    loudest = true_peak(y, track.sr)
    y, gain_db = match_loudness(y, before, track.sr)
    after, peak = loudness(y, track.sr), true_peak(y, track.sr)
    if loudest < _SILENCE or not np.isfinite(after):
        raise ParameterError("nothing was left out at this choice; raise the strength" if params.complement else
                             "this choice leaves silence; lower the strength or choose another sign")
    progress(1.0, "done")
    limited = max(0.0, 20 * float(np.log10(loudest / peak)) + gain_db)
    return Sonified(y=y, sr=track.sr, gain_db=gain_db, limited_db=limited, loudness_before=before, loudness_after=after,
                    peak=peak, params=params)

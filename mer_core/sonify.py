"""An explanation made audible: the parts that mattered stay, the rest is turned down (or the other way round).

After the sonification of paper 3 (section 2.5.3, equations 12-16; the squared gain is equation 24): a gain A(R) on the
complex STFT with the original phase, then the inverse STFT. Unlike there, the result is loudness matched.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.fft import irfft, rfft
from scipy.ndimage import gaussian_filter1d
from scipy.signal.windows import hann

from mer_core.errors import ParameterError
from mer_core.loudness import loudness, match_loudness, true_peak
from mer_core.schema import Explanation, Grid, Progress, Track, silent

N_FFT, HOP = 2048, 512  # samples: 46 ms and 22 Hz at 44.1 kHz, fine enough for drum hits and for bass notes
CURVES = ("squared", "linear", "soft knee", "binary")
SIGNS = ("absolute", "positive", "negative")
FULL = 0.95  # quantile of the relevance that is heard in full: a few extreme cells must not hide the others
_FRAMES = 512  # STFT frames worked on at once: bounds memory
_SILENCE = 1e-4  # peak below which nothing is heard (-80 dBFS)


@dataclass(frozen=True)
class SonifyParams:
    """The choices of a sonification."""

    curve: str = "squared"  # relevance -> gain: squared as in the paper, linear, soft knee (smoothstep), binary
    strength_db: float = 30.0  # how far parts without relevance are turned down, 0 to 120 dB
    sign: str = "absolute"  # which relevance counts: both signs, what raises the target, what lowers it
    smooth_s: float = 0.05  # s, standard deviation of the smoothing over time; 0 for none
    smooth_bands: float = 0.0  # bands, the same over frequency
    keep: float = 0.1  # for binary: the share of the explanation's cells that stays
    complement: bool = False  # hear what was left out instead

    def __post_init__(self):
        _one_of("curve", self.curve, CURVES)
        _one_of("sign", self.sign, SIGNS)
        limits = {"strength_db": (0, 120), "smooth_s": (0, 10), "smooth_bands": (0, 32), "keep": (0.001, 1)}
        for name, (low, high) in limits.items():
            if not low <= getattr(self, name) <= high:
                raise ParameterError(f"{name} must lie between {low} and {high}, not {getattr(self, name)}")

    @property
    def floor(self) -> float:
        """The gain of a part without relevance."""
        return 10 ** (-self.strength_db / 20)


@dataclass(frozen=True, eq=False)
class Sonified:
    """The sound of an explanation."""

    y: np.ndarray  # (channels, samples), as long and as loud as the song
    sr: int  # Hz
    gain_db: float  # the constant gain that made it as loud
    loudness_before: float  # LUFS of the song
    loudness_after: float  # LUFS of `y`
    peak: float  # true peak of `y`, linear
    params: SonifyParams


def _one_of(name: str, value: str, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise ParameterError(f"{name} must be one of {', '.join(allowed)}, not {value!r}")


def stft_grid(samples: int, sr: int, n_fft: int = N_FFT, hop: int = HOP) -> Grid:
    """Where the STFT of apply_mask lies (equation 13): frame t is centred at t * hop, the last at or past the end."""
    return Grid(times=np.arange(-(-samples // hop) + 1) * hop / sr, freqs=np.arange(n_fft // 2 + 1) * sr / n_fft)


def mask(explanation: Explanation, grid: Grid, params: SonifyParams = SonifyParams()) -> np.ndarray:
    """(F, T) float32 gains on `grid`: from the floor (no relevance) to 1; 1 minus that for the complement.

    The relevance, (F', T') "timefreq" or (T',) "time", is smoothed, scaled so that its FULL quantile becomes 1, put
    through the curve and interpolated bilinearly. Frequencies above the explanation's highest band have no relevance,
    as the model does not hear them: they get the floor, so that a model that hears to 6 kHz sounds dull on purpose.
    Raises ParameterError where nothing of the chosen sign is relevant.
    """
    relevance, own = _oriented(explanation, grid)
    gain = params.floor + (1 - params.floor) * _curve(_smoothed(_signed(relevance, params), own, params), params)
    out = np.empty(grid.shape, np.float32)
    rows, heard = own.cells(own.times[:1], grid.freqs)[0], grid.freqs <= _top(own)
    for start in range(0, len(grid.times), _FRAMES):
        part = slice(start, start + _FRAMES)
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
    even = (np.arange(len(values)) + 0.5) / len(values) * grid.times[-1]
    times = even if explanation.grid is None else explanation.grid.times
    return values[None], Grid(times=times, freqs=grid.freqs[-1:])


def _signed(relevance: np.ndarray, params: SonifyParams) -> np.ndarray:
    """The relevance that counts, not negative."""
    signed = {"absolute": np.abs(relevance), "positive": relevance, "negative": -relevance}[params.sign]
    return np.maximum(signed, 0, dtype=np.float32)


def _smoothed(relevance: np.ndarray, grid: Grid, params: SonifyParams) -> np.ndarray:
    if params.smooth_s and len(grid.times) > 1:
        step = float(np.median(np.diff(grid.times)))
        relevance = gaussian_filter1d(relevance, params.smooth_s / step, axis=1, mode="nearest")
    if params.smooth_bands and len(grid.freqs) > 1:
        relevance = gaussian_filter1d(relevance, params.smooth_bands, axis=0, mode="nearest")
    return relevance


def _curve(relevance: np.ndarray, params: SonifyParams) -> np.ndarray:
    """(F', T') in [0, 1]: A(R) of equation 15, on the explanation's own cells: no edge is harder than a cell."""
    highest = float(relevance.max(initial=0))
    if not np.isfinite(highest) or highest <= 0:
        kind = {"absolute": "no relevance", "positive": "nothing that raises the target",
                "negative": "nothing that lowers the target"}[params.sign]
        raise ParameterError(f"this explanation holds {kind}, so there is nothing to hear; choose another sign")
    if params.curve == "binary":
        return ((relevance >= np.quantile(relevance, 1 - params.keep)) & (relevance > 0)).astype(np.float32)
    full = np.quantile(relevance[relevance > 1e-3 * highest], FULL)
    r = np.minimum(relevance / np.float32(full), 1)
    return {"squared": r * r, "linear": r, "soft knee": r * r * (3 - 2 * r)}[params.curve]


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


def apply_mask(y: np.ndarray, gain: np.ndarray, n_fft: int = N_FFT, hop: int = HOP, *,
               progress: Progress = silent) -> np.ndarray:
    """(channels, samples) whose STFT is `gain` (F, T) times that of `y`, the phase untouched (equations 15 and 16).

    Hann windows on both sides, divided by their summed squares, so that a gain of one gives the input back. Works a few
    frames at a time: beyond the gain it needs only the result's memory. Raises ParameterError for a gain that is not on
    stft_grid.
    """
    channels, samples = y.shape
    frames = -(-samples // hop) + 1
    if n_fft % hop or n_fft < 2 * hop:
        raise ParameterError(f"the FFT size must be two or more hops, not {n_fft} for a hop of {hop}")
    if gain.shape != (n_fft // 2 + 1, frames):
        raise ParameterError(f"expected a gain of shape {(n_fft // 2 + 1, frames)} for {samples} samples, "
                             f"got {gain.shape}")
    window = hann(n_fft, sym=False).astype(np.float32)
    weight = _overlapped(np.broadcast_to(window ** 2, (frames, n_fft)), hop)[n_fft // 2:][:samples]
    out = np.zeros((channels, samples), np.float32)
    for c in range(channels):
        for start in range(0, frames, _FRAMES):
            stop = min(start + _FRAMES, frames)
            pieces = _frames(y[c], start, stop, n_fft, hop) * window
            pieces = irfft(rfft(pieces) * gain[:, start:stop].T, n_fft) * window
            _add_at(out[c], _overlapped(pieces, hop), start * hop - n_fft // 2)
            progress((c + stop / frames) / channels, "making it audible")
        out[c] /= weight
    return out


def _frames(y: np.ndarray, start: int, stop: int, n_fft: int, hop: int) -> np.ndarray:
    """(stop - start, n_fft) pieces of (samples,), frame t centred at t * hop, zeros outside."""
    first, last = start * hop - n_fft // 2, (stop - 1) * hop + n_fft // 2
    inside = y[max(first, 0):max(min(last, len(y)), 0)]
    padded = np.pad(inside, (max(-first, 0), last - first - len(inside) - max(-first, 0)))
    return np.lib.stride_tricks.sliding_window_view(padded, n_fft)[::hop]


def _overlapped(pieces: np.ndarray, hop: int) -> np.ndarray:
    """(samples,): (frames, n_fft) pieces added up, each `hop` after the one before."""
    frames, n_fft = pieces.shape
    out = np.zeros((frames + n_fft // hop - 1, hop), np.float32)
    for k in range(n_fft // hop):
        out[k:k + frames] += pieces[:, k * hop:(k + 1) * hop]
    return out.reshape(-1)


def _add_at(out: np.ndarray, part: np.ndarray, at: int) -> None:
    """out += part, moved by `at` samples; what lies outside is dropped."""
    low, high = max(at, 0), min(at + len(part), len(out))
    out[low:high] += part[low - at:high - at]


def sonify(track: Track, explanation: Explanation, params: SonifyParams = SonifyParams(),
           progress: Progress = silent) -> Sonified:
    """The song with the relevant parts brought forward (or left out, for the complement), as loud as the song.

    Before the loudness is matched, this and its complement add up to the song. Where the peaks leave no room, it stays
    quieter (see match_loudness). Raises ParameterError for an explanation without times, or where nothing is left.
    """
    progress(0.0, "reading the relevance")
    gain = mask(explanation, stft_grid(track.y.shape[1], track.sr), params)
    y = apply_mask(track.y, gain, progress=lambda share, text: progress(0.1 + 0.6 * share, text))
    del gain
    if np.abs(y).max(initial=0) < _SILENCE:
        raise ParameterError("nothing was left out at this choice; raise the strength" if params.complement else
                             "this choice leaves silence; lower the strength or choose another sign")
    progress(0.7, "matching the loudness")
    before = loudness(track.y, track.sr)
    y, gain_db = match_loudness(y, before, track.sr)
    progress(1.0, "done")
    return Sonified(y=y, sr=track.sr, gain_db=gain_db, loudness_before=before, loudness_after=loudness(y, track.sr),
                    peak=true_peak(y, track.sr), params=params)

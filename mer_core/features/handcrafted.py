"""The handcrafted values of any stretch of a song: means and deviations of its frames, and what only a stretch has."""

import numpy as np

from mer_core.features import chroma, frames, spectral
from mer_core.features.frames import RATE, ROWS, Frames
from mer_core.features.handcrafted_words import INFO, SCALARS
from mer_core.features.rhythm import onset_peaks, tempo_and_clarity
from mer_core.schema import Segment, Track

NAMES = tuple(info.name for info in INFO)  # (C,)
PAPER = 386  # the first of them are those of the paper: mean and deviation of its 193 rows
MODULATIONS = ((0.5, 1.5), (1.5, 3.0), (3.0, 6.0), (6.0, 12.0))  # Hz


def handcrafted(y: np.ndarray, segments: list[Segment]) -> np.ndarray:
    """(samples,) mono at 22,050 Hz -> (N, C) float32, a row for each segment, a column for each of INFO.

    One STFT serves all segments. A segment that goes past the end is described by what there is of it: padding with
    zeros would turn every mean into a statement about silence.
    """
    return statistics(frames.measure(y), segments)


def of_track(track: Track, segments: list[Segment]) -> np.ndarray:
    """(N, C) as `handcrafted`, of the mono mix of a track."""
    return handcrafted(spectral.mono(track, frames.SR), segments)


def statistics(song: Frames, segments: list[Segment]) -> np.ndarray:
    """(N, C) float32 from the frames of a song: means and deviations by cumulative sums, so that many overlapping
    segments cost no more than one."""
    spans = [span(song, s) for s in segments]
    mean, std = mean_and_deviation(song.values, spans)
    rows = len(ROWS)
    pairs = np.empty((len(spans), 2 * rows))
    pairs[:, 0::2], pairs[:, 1::2] = mean, std
    peaks = onset_peaks(song.row("onset"), RATE)
    whole = [scalars(song, start, end, peaks, m) for (start, end), m in zip(spans, mean)]
    return np.concatenate([pairs, np.reshape(whole, (len(spans), len(SCALARS)))], axis=1).astype(np.float32)


def span(song: Frames, segment: Segment) -> tuple[int, int]:
    """The frames whose centre lies in the segment; at least one."""
    start, end = np.searchsorted(song.times, [segment.start - 1e-6, segment.end - 1e-6])
    start = min(int(start), len(song.times) - 1)
    return start, max(int(end), start + 1)


def mean_and_deviation(values: np.ndarray, spans: list[tuple[int, int]]) -> tuple[np.ndarray, np.ndarray]:
    """(R, T) -> (N, R) means and (N, R) standard deviations of each span, float64."""
    start, end = np.transpose(spans)
    offset = values.mean(axis=1, dtype=float, keepdims=True)  # keeps the squares small, or the difference would cancel
    centred = values - offset
    sums = np.cumsum(np.pad(centred, [(0, 0), (1, 0)]), axis=1)
    squares = np.cumsum(np.pad(centred ** 2, [(0, 0), (1, 0)]), axis=1)
    mean = (sums[:, end] - sums[:, start]) / (end - start)
    variance = (squares[:, end] - squares[:, start]) / (end - start) - mean ** 2
    return (mean + offset).T, np.sqrt(np.maximum(variance, 0)).T


def scalars(song: Frames, start: int, end: int, peaks: np.ndarray, mean: np.ndarray) -> list[float]:
    """SCALARS of one span, in their order; `mean` (R,) are its row means."""
    onset, level = song.row("onset")[start:end], song.row("level")[start:end]
    seconds = (end - start) / RATE
    tempo, clarity = tempo_and_clarity(onset, RATE)
    _, low_clarity = tempo_and_clarity(song.row("onset_low")[start:end], RATE)
    pitch = mean[ROWS.index("chroma_1"):][:12]
    quiet, loud = np.percentile(level, [5, 95])
    return [float(tempo), float(clarity), float(low_clarity), peaks[start:end].sum() / seconds,
            *modulation(onset), loud - quiet, float((level < level.mean() - 3).mean()), *tonality(pitch)]


def modulation(onset: np.ndarray) -> list[float]:
    """(T,) -> the share of the onset curve's variance in each of MODULATIONS; zeros where it is flat."""
    spectrum = np.abs(np.fft.rfft(onset - onset.mean())) ** 2
    freqs = np.fft.rfftfreq(len(onset), 1 / RATE)
    total = spectrum.sum() + 1e-6
    return [float(spectrum[(freqs >= low) & (freqs < high)].sum() / total) for low, high in MODULATIONS]


def tonality(pitch: np.ndarray) -> list[float]:
    """(12,) mean chroma -> key clarity, major over minor, and the strength of each degree above the key's root."""
    fits = chroma.key_fits(pitch[:, None])[:, 0]
    degrees = np.roll(pitch, -(int(fits.argmax()) % 12))
    return [fits.max(), fits[:12].max() - fits[12:].max(), *(degrees / (pitch.sum() + 1e-6))]

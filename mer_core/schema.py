"""The types modules meet in. Arrays are read-only float32; shapes and units are stated at each field."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np

TARGETS = ("valence", "arousal")
STEM_NAMES = ("vocals", "drums", "bass", "other")
SCALE = "scale -1 to +1"
SHARES = "shares that add up to 1"  # the unit of values that say where, and nothing of how far a target moved
SAMPLE_RATE = 44_100  # Hz; every decoded track, and so every stem, has this rate

Progress = Callable[[float, str], None]
"""Called with a fraction in [0, 1] and a few words. It raises errors.Cancelled to stop the work."""


def silent(fraction: float, text: str = "") -> None:
    """The progress callback of a caller that does not watch."""


def part(progress: Progress, low: float, high: float) -> Progress:
    """A callback for one part of the work: its 0..1 becomes low..high of the whole."""
    return lambda fraction, text="": progress(low + (high - low) * fraction, text)


def frozen(values, dtype=np.float32) -> np.ndarray:
    """A read-only array of `dtype`; memory-mapped input is kept as it is."""
    array = np.asanyarray(values, dtype=dtype)
    if array.flags.writeable:
        array = array.view()
        array.flags.writeable = False
    return array


@dataclass(frozen=True)
class TrackInfo:
    """What is known of a song without its samples; small enough for a session or a report."""

    id: str  # sha256 of the decoded content, hex
    title: str
    duration: float  # s
    channels: int
    sr: int = SAMPLE_RATE  # Hz
    tags: Mapping[str, str] = field(default_factory=dict)  # artist, album, ... as the file says
    source: Mapping[str, str] = field(default_factory=dict)  # format, codec, original rate and channels


@dataclass(frozen=True, eq=False)
class Track:
    """A decoded song."""

    info: TrackInfo
    y: np.ndarray  # (channels, samples), in [-1, 1]
    stems: Stems | None = None  # the song taken apart, where somebody has; a model on stems separates it otherwise
    levels: object | None = None  # its mid-level descriptors (features.mid_level.MidLevel), where somebody has them

    def __post_init__(self):
        object.__setattr__(self, "y", frozen(self.y))

    @property
    def sr(self) -> int:
        return self.info.sr

    @property
    def duration(self) -> float:
        return self.y.shape[1] / self.sr

    @property
    def mono(self) -> np.ndarray:
        """(samples,), the mean of the channels."""
        return self.y.mean(axis=0)


@dataclass(frozen=True)
class Segment:
    start: float  # s
    end: float  # s

    @property
    def centre(self) -> float:
        return (self.start + self.end) / 2


@dataclass(frozen=True, eq=False)
class Grid:
    """Where the cells of a time-frequency picture lie: the only place a cell becomes a second and a hertz."""

    times: np.ndarray  # (T,) s, the centre of each frame, increasing
    freqs: np.ndarray  # (F,) Hz, the centre of each band, increasing

    def __post_init__(self):
        object.__setattr__(self, "times", frozen(self.times))
        object.__setattr__(self, "freqs", frozen(self.freqs))

    @property
    def shape(self) -> tuple[int, int]:
        return len(self.freqs), len(self.times)

    def cells(self, times: np.ndarray, freqs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Fractional (row, column) positions of the given hertz and seconds, clamped to the grid."""
        return (np.interp(freqs, self.freqs, np.arange(len(self.freqs))),
                np.interp(times, self.times, np.arange(len(self.times))))


@dataclass(frozen=True, eq=False)
class Picture:
    """A measured time-frequency picture, such as a spectrogram in dB."""

    values: np.ndarray  # (F, T)
    grid: Grid
    unit: str

    def __post_init__(self):
        object.__setattr__(self, "values", frozen(self.values))
        if self.values.shape != self.grid.shape:
            raise ValueError(f"values {self.values.shape} do not fit the grid {self.grid.shape}")


@dataclass(frozen=True)
class FeatureInfo:
    """One handcrafted feature, explained."""

    name: str
    unit: str
    family: str  # timbre, harmony, rhythm or level
    sentence: str  # for a listener


@dataclass(frozen=True, eq=False)
class Stems:
    """A song taken apart. `y.sum(0) + residual` is the mix, to the rounding of float32."""

    names: tuple[str, ...]  # (S,)
    y: np.ndarray  # (S, channels, samples)
    residual: np.ndarray  # (channels, samples)
    backend: str  # the separator's name
    sr: int = SAMPLE_RATE  # Hz

    def __post_init__(self):
        object.__setattr__(self, "y", frozen(self.y))
        object.__setattr__(self, "residual", frozen(self.residual))

    @property
    def parts(self) -> dict[str, np.ndarray]:
        """name -> (channels, samples), the residual last."""
        return dict(zip((*self.names, "residual"), (*self.y, self.residual), strict=True))

    @property
    def mix(self) -> np.ndarray:
        return self.y.sum(axis=0) + self.residual


@dataclass(frozen=True)
class ModelCard:
    """A model's facts, read from assets/models/NAME/card.json without loading the model."""

    name: str
    title: str
    summary: str  # one plain sentence
    takes: Mapping  # sample_rate (Hz), window (s), hop (s), input (words)
    gives: tuple[str, ...]  # of: "audio", "gradients", "layers", "transformer", "attention", "trees",
    #                         "features", "linear", "harmonics", "beats"
    targets: tuple[str, ...]
    parameters: int
    trained_on: tuple[Mapping, ...]  # data set, clips, licence
    test_error: Mapping  # protocol; for each target r2, rmse, r, ccc, and "covariance" (K, K) of the errors; for classes
    #                      accuracy, confusion (rows the truth), and for each target precision, recall, f1
    reported: Mapping  # the paper's own figures, on the paper's own data
    weights: str  # file name beside the card
    digest: str  # sha256 of the weights file, hex
    licence: str
    paper: str
    limits: tuple[str, ...]  # plain sentences
    commands: Mapping  # the commands that train and evaluate it
    kind: str = "ratings"  # or "classes": forward gives a log-odds each, a prediction probabilities
    unit: str = SCALE  # of what forward gives, and so of every explanation
    study: bool = False  # a row of a comparison: listed last, and used where it is asked for by name

    @classmethod
    def read(cls, path: Path) -> ModelCard:
        facts = json.loads(Path(path).read_text(encoding="utf-8"))
        for key in ("gives", "targets", "trained_on", "limits"):
            facts[key] = tuple(facts[key])
        return cls(**facts)

    @property
    def on_plane(self) -> bool:
        """Whether it places a song in the valence-arousal plane."""
        return self.kind == "ratings" and set(TARGETS) <= set(self.targets)

    @property
    def version(self) -> str:
        """Short digest of what a prediction depends on: the weights, the windows and the error drawn around it."""
        facts = [self.digest, dict(self.takes), self.test_error.get("covariance")]
        return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:16]

    def write(self, path: Path) -> None:
        Path(path).write_text(json.dumps(asdict(self), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


@dataclass(frozen=True, eq=False)
class Prediction:
    """One model's word on one song."""

    model: str
    targets: tuple[str, ...]  # (K,)
    values: np.ndarray  # (K,) in [-1, 1], probabilities of classes; the mean over the windows
    times: np.ndarray  # (T,) s, the centres of the windows
    curve: np.ndarray  # (K, T) in [-1, 1]
    covariance: np.ndarray  # (K, K) of the model's errors on songs it never saw; 0 for classes
    notes: tuple[str, ...] = ()  # plain sentences on what was unusual in this song

    def __post_init__(self):
        for name in ("values", "times", "curve", "covariance"):
            object.__setattr__(self, name, frozen(getattr(self, name)))

    @property
    def spread(self) -> np.ndarray:
        """(K,) the typical error: root of the covariance's diagonal."""
        return np.sqrt(np.diag(self.covariance))


@dataclass(frozen=True, eq=False)
class Explanation:
    """How much each part of the input moved one target; `base + values.sum() + residual == output`."""

    model: str
    method: str
    target: str
    space: str  # "timefreq" (F, T), "time" (T,), "stems" (S,), "features" (C,)
    values: np.ndarray  # in the target's units
    base: float
    output: float
    labels: tuple[str, ...] = ()  # for stems and features
    grid: Grid | None = None  # for timefreq, and for time, which has no bands
    inputs: np.ndarray | None = None  # for features: (C,) the measured values
    params: Mapping = field(default_factory=dict)  # as given to the explainer
    notes: tuple[str, ...] = ()  # plain sentences on how far it can be trusted
    unit: str = SCALE  # of the values

    def __post_init__(self):
        object.__setattr__(self, "values", frozen(self.values))
        if self.inputs is not None:
            object.__setattr__(self, "inputs", frozen(self.inputs))

    @property
    def measure(self) -> str:
        """What its values count: "valence", "happy log-odds"."""
        return self.target.replace("_", " ") + ("" if self.unit == SCALE else f" {self.unit}")

    @property
    def residual(self) -> float:
        return float(self.output - self.base - self.values.sum(dtype=np.float64))

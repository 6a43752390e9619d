"""What every model is: a card, an encoder from audio to windows, and a forward pass."""

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from threading import RLock

import numpy as np

from mer_core.errors import WeightsError
from mer_core.registry import ASSETS
from mer_core.schema import Grid, ModelCard, Prediction, Progress, Segment, Stems, Track, TrackInfo, silent

BATCH = 8  # windows a forward pass: bounds memory on a long song


class Model(ABC):
    """A music emotion model. Its card and weights lie in assets/models/NAME; loading is lazy."""

    name: str
    version: int = 1  # raise it when the same weights would say something else

    def __init__(self, folder: Path | None = None):
        self.folder = Path(folder or ASSETS / "models" / self.name)
        self._lock = RLock()
        self._loaded = False

    @property
    def depends_on(self) -> str:
        """What a cached result of this model depends on beside the song."""
        return f"{self.version}-{self.card.version}"

    @cached_property
    def card(self) -> ModelCard:
        path = self.folder / "card.json"
        if not path.exists():
            raise WeightsError(f"{self.name} has no card at {path}; train it with "
                               f"`python -m mer_core train {self.name} --data DIR`")
        return ModelCard.read(path)

    def available(self) -> str:
        """"" when it can be loaded now, else a sentence that says what is missing and how to get it: some models stand
        on weights that are not part of this project."""
        return ""

    @abstractmethod
    def load(self) -> None:
        """Read the weights and check their digest; raises WeightsError."""

    def weights(self) -> bytes:
        """The weights file as the card names it; raises WeightsError where it is missing or another one."""
        path = self.folder / self.card.weights
        if not path.is_file():
            raise WeightsError(f"{self.name} has no weights at {path}; train it with "
                               f"`python -m mer_core train {self.name} --data DIR`")
        raw = path.read_bytes()
        digest = hashlib.sha256(raw).hexdigest()
        if digest != self.card.digest:
            raise WeightsError(f"{path} is not the file its card names: sha256 {digest[:12]}…, expected "
                               f"{self.card.digest[:12]}…. Restore it, or train {self.name} again.")
        return raw

    @abstractmethod
    def encode(self, track: Track, segment: Segment):
        """One window's input, shape (1, ...). What a segment past the end of the song gives, each model says."""

    @abstractmethod
    def forward(self, x):
        """(N, ...) -> (N, K) raw outputs in the card's unit, on [-1, 1] or log-odds of classes; differentiable where the
        card gives gradients."""

    def encode_all(self, track: Track, segments: list[Segment]):
        """(N, ...) inputs of all windows. Override where the windows share work."""
        return np.concatenate([np.asarray(self.encode(track, s)) for s in segments])

    def mixer(self, stems: Stems, segments: list[Segment]) -> Callable[[np.ndarray], object]:
        """gains (S + 1,), the last for the residual -> inputs (N, ...) of that mix.

        Override where the mix is linear in an earlier stage than the samples (the STFT), so that each of many mixes
        is cheap. Any override agrees with this one to 1e-4. Both this and the mix are asked for outside the session,
        which is kept for the forward pass; one that needs a network takes the session itself.
        """
        def mix(gains: np.ndarray):
            parts = np.asarray(gains[:-1], np.float32)[:, None, None] * stems.y
            heard = replace(stems, y=parts, residual=np.float32(gains[-1]) * stems.residual)
            y = heard.mix
            info = TrackInfo(id="", title="mix", duration=y.shape[1] / stems.sr, channels=len(y), sr=stems.sr)
            return self.encode_all(Track(info, y, heard), segments)
        return mix

    def layers(self) -> list:
        """The torch modules in the order they run, with nothing between them; needed where the card gives "layers"."""
        raise NotImplementedError(f"{self.name} says it gives layers but has none")

    def grid(self, track: Track) -> Grid:
        """Where the cells of the whole song's picture lie; needed where the windows are pieces of a picture."""
        raise NotImplementedError(f"{self.name} reads no picture")

    def column(self, segment: Segment) -> int:
        """The column of `grid` at which this window starts; needed where `grid` is."""
        raise NotImplementedError(f"{self.name} reads no picture")

    def windows(self, duration: float) -> list[Segment]:
        """The windows of a song: every `hop` seconds, the last one flush with the end; one window when shorter."""
        return windows_of(duration, self.card.takes["window"], self.card.takes["hop"])

    def outputs(self, x) -> np.ndarray:
        """(N, K) numpy outputs of encoded windows, in batches."""
        parts = [np.asarray(self.forward(x[i:i + BATCH])) for i in range(0, len(x), BATCH)]
        return np.concatenate(parts)

    def predict(self, track: Track, *, progress: Progress = silent) -> Prediction:
        """The curve over windows and its mean."""
        segments = self.windows(track.duration)
        with self.session():
            progress(0.1, "preparing the sound")
            x = self.encode_all(track, segments)
            progress(0.6, "predicting")
            curve = self.outputs(x)
        card, targets = self.card, len(self.card.targets)
        if card.kind == "classes":
            curve = probabilities(curve)
        centres = [min(s.centre, track.duration / 2) if len(segments) == 1 else s.centre for s in segments]
        return Prediction(model=self.name, targets=card.targets, values=np.clip(curve.mean(axis=0), -1, 1),
                          times=centres, curve=np.clip(curve, -1, 1).T,
                          covariance=card.test_error.get("covariance", np.zeros((targets, targets))))

    @contextmanager
    def session(self) -> Iterator["Model"]:
        """Exclusive use: takes the lock and loads on first use. Models with state to restore extend it."""
        with self._lock:
            if not self._loaded:
                self.load()
                self._loaded = True
            yield self


def windows_of(duration: float, width: float, hop: float) -> list[Segment]:
    """Windows of `width` s every `hop` s, as Model.windows says."""
    if duration <= width:
        return [Segment(0.0, width)]
    starts = np.arange(0.0, duration - width, hop)
    return [Segment(float(s), float(s + width)) for s in [*starts, duration - width]]


def probabilities(logits: np.ndarray) -> np.ndarray:
    """(N, K) log-odds -> (N, K), each row adds up to 1."""
    odds = np.exp(logits - logits.max(axis=1, keepdims=True))
    return odds / odds.sum(axis=1, keepdims=True)

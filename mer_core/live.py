"""The live mixer: from the stems' gains to a point on the V/A plane, fast enough to follow a fader."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property
from threading import Lock

import numpy as np
from threadpoolctl import ThreadpoolController

from mer_core.errors import ParameterError
from mer_core.models._base import Model
from mer_core.schema import Segment, Stems

EXCERPT, STEP = 30.0, 5.0  # s heard around the playhead, and how far the excerpt moves at once
KEPT = 3  # excerpts whose spectra are held: where the playhead is, where it was, where it loops to
LOUDEST = 2.0  # the highest gain: +6 dB


def checked(stems: Stems, gains: Mapping[str, float]) -> np.ndarray:
    """(S + 1,) float32 gains in the stems' order, the residual last; a stem not named has 1. Raises ParameterError."""
    names = tuple(stems.parts)
    for name, gain in gains.items():
        if name not in names:
            raise ParameterError(f"there is no stem {name!r}; there are {', '.join(names)}")
        if not 0 <= gain <= LOUDEST:
            raise ParameterError(f"the gain of {name} must lie between 0 and {LOUDEST:g}, not {gain}")
    return np.array([gains.get(name, 1.0) for name in names], np.float32)


def mixed(stems: Stems, gains: np.ndarray) -> np.ndarray:
    """(channels, samples): the samples of the mix with these gains, (S + 1,)."""
    y = np.zeros_like(stems.residual)
    for part, gain in zip(stems.parts.values(), gains, strict=True):
        if gain:
            y += part if gain == 1 else part * np.float32(gain)
    return y


def scaled(stems: Stems, gains: np.ndarray) -> Stems:
    """The stems with these gains, (S + 1,), the residual's last: what a model on stems hears of the mix."""
    weights = np.asarray(gains, np.float32)
    return replace(stems, y=weights[:-1, None, None] * stems.y, residual=weights[-1] * stems.residual)


class LiveMix:
    """One song's stems and one model. Many threads may ask at once; the model is held for its forward pass only."""

    def __init__(self, model: Model, stems: Stems):
        with model.session():
            pass  # loaded here, so that no fader waits for it
        self.model, self.stems = model, stems
        self._threads = _Threads()
        self._excerpts: OrderedDict[float, _Excerpt] = OrderedDict()
        self._lock = Lock()

    def value(self, gains: Mapping[str, float], at: float) -> tuple[np.ndarray, np.ndarray, Segment]:
        """(now (K,), plain (K,), where): the model's values of the 30 s around `at` (s), with these gains and with all 1.

        The excerpt is heard as a song of its own, so `now` is what the model says of these 30 s of the mix, cut out
        and uploaded. `gains`: stem name, or "residual", to 0..2; 1 where not named. Raises ParameterError.
        """
        weights = checked(self.stems, gains)
        excerpt = self._excerpt(at)
        return excerpt.value(weights), excerpt.plain, excerpt.segment

    def segment(self, at: float) -> Segment:
        """The 30 s around `at`, their start in steps of 5 s; all of a shorter song."""
        duration = self.stems.residual.shape[1] / self.stems.sr
        if not np.isfinite(at):
            raise ParameterError(f"the playhead must be a number of seconds, not {at}")
        if duration <= EXCERPT:
            return Segment(0.0, duration)
        start = min(max((at - EXCERPT / 2) // STEP * STEP, 0.0), duration - EXCERPT)
        return Segment(start, start + EXCERPT)

    def _excerpt(self, at: float) -> _Excerpt:
        segment = self.segment(at)
        with self._lock:
            found = self._excerpts.setdefault(segment.start, _Excerpt(self.model, self.stems, segment, self._threads))
            self._excerpts.move_to_end(segment.start)
            while len(self._excerpts) > KEPT:
                self._excerpts.popitem(last=False)
        return found


class _Excerpt:
    """A stretch of the stems, ready to be mixed; it is made ready when it is first asked."""

    def __init__(self, model: Model, stems: Stems, segment: Segment, threads: _Threads):
        self.model, self.whole, self.segment, self.threads = model, stems, segment, threads
        self._lock = Lock()

    def value(self, gains: np.ndarray) -> np.ndarray:
        """(K,) in [-1, 1] for gains (S + 1,)."""
        with self._lock:  # one makes it ready, the others wait
            mix = self._mix
        with self.threads.one():
            x = mix(gains)
            with self.model.session():
                curve = self.model.outputs(x)
        return np.clip(curve.mean(axis=0), -1, 1)

    @cached_property
    def plain(self) -> np.ndarray:
        return self.value(np.ones(len(self.whole.names) + 1, np.float32))

    @cached_property
    def _mix(self) -> Callable[[np.ndarray], np.ndarray]:
        stems = cut(self.whole, self.segment)
        return self.model.mixer(stems, self.model.windows(stems.residual.shape[1] / stems.sr))


def cut(stems: Stems, segment: Segment) -> Stems:
    """The stems between two times, as stems of a shorter song."""
    first, last = round(segment.start * stems.sr), round(segment.end * stems.sr)
    return Stems(stems.names, stems.y[..., first:last], stems.residual[:, first:last], stems.backend, stems.sr)


class _Threads:
    """BLAS and OpenMP without helpers: for so little work they wait for each other longer than they work. On two busy
    cores a point of C2D took 132 ms with them and 41 without, one of the trees 255 and 87."""

    usual: dict[str, int] = {}  # "blas" and "openmp" to their number of threads, as it was when first seen

    def __init__(self):
        self.libraries = ThreadpoolController()  # made when the model is loaded, or it would not see the model's
        for library in self.libraries.info():
            self.usual.setdefault(library["user_api"], library["num_threads"])

    @contextmanager
    def one(self) -> Iterator[None]:
        self.libraries.limit(limits=1)
        try:
            yield
        finally:
            self.libraries.limit(limits=self.usual)  # not what it was a moment ago: another point may be on its way

"""Background work: one job a key, with progress, cancel and a result. Knows nothing of Streamlit."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Event, Lock

from mer_core.errors import Cancelled, MerError
from mer_core.schema import Progress


class Job:
    """Work under way or done. `fraction` and `text` move while it runs; `result()` waits."""

    def __init__(self, work: Callable[[Progress], object]):
        self._work, self._stop = work, Event()
        self._watchers, self._lock = 1, Lock()
        self.fraction, self.text = 0.0, "waiting"
        self.future: Future = Future()

    def report(self, fraction: float, text: str = "") -> None:
        """The progress callback given to the work."""
        if self._stop.is_set():
            raise Cancelled("Stopped. What was finished before is kept.")
        self.fraction, self.text = min(max(float(fraction), 0.0), 1.0), text or self.text

    def run(self) -> None:
        try:
            self.report(0.0, "starting")
            self.future.set_result(self._work(self.report))
            self.fraction = 1.0
        except MerError as error:
            self.future.set_exception(_alone(error))
        except BaseException as error:  # a bug, handed to whoever asks for the result
            self.future.set_exception(error)
        finally:
            self._work = None

    def cancel(self) -> None:
        """One watcher gives up; the work stops at its next report when nobody else watches."""
        with self._lock:
            self._watchers -= 1
            if self._watchers <= 0:
                self._stop.set()

    def join(self) -> bool:
        """One more watcher of the same work; False when it is already stopping."""
        with self._lock:
            if self._stop.is_set():
                return False
            self._watchers += 1
            return True

    @property
    def done(self) -> bool:
        return self.future.done()

    @property
    def error(self) -> BaseException | None:
        return self.future.exception() if self.done else None

    def result(self, timeout: float | None = None):
        return self.future.result(timeout)


def _alone(error: MerError) -> MerError:
    """The error without its traceback, which would keep the work's arrays alive; whatever its kind is made from."""
    made = type(error).__new__(type(error), str(error))
    made.__dict__.update(error.__dict__)
    return made


class Jobs:
    """Two small pools: long work (separation) never holds up quick work. Asking twice for the same key while it runs
    joins the job that is there."""

    def __init__(self, quick: int = 3, long: int = 2):
        self._quick = ThreadPoolExecutor(quick, thread_name_prefix="mer-quick", initializer=_whole)
        self._long = ThreadPoolExecutor(long, thread_name_prefix="mer-long", initializer=_whole)
        self._running: dict[Hashable, Job] = {}
        self._lock = Lock()

    def start(self, key: Hashable, work: Callable[[Progress], object], *, long: bool = False) -> Job:
        with self._lock:
            job = self._running.get(key)
            if job is not None and not job.done and job.join():
                return job
            job = Job(work)
            self._running[key] = job
        job.future.add_done_callback(lambda _: self._forget(key, job))
        (self._long if long else self._quick).submit(job.run)
        return job

    def _forget(self, key: Hashable, job: Job) -> None:
        with self._lock:
            if self._running.get(key) is job:
                del self._running[key]


def _whole() -> None:
    """No work starts before torch is imported as a whole: SciPy looks at the torch it finds, and fails at one that
    another thread is half-way through importing."""
    import torch  # noqa: F401

"""Background work: joined by key, watched, stopped, and honest about errors."""

import threading

import pytest

from mer_core.errors import Cancelled, MerError, TooFewBeats
from mer_core.jobs import Jobs

WAIT = 20  # s; only reached when something is broken


class Gate:
    """Work that reports 0.5, then waits until the test lets it go on."""

    def __init__(self):
        self.runs, self.reached, self.open = 0, threading.Event(), threading.Event()

    def __call__(self, report):
        self.runs += 1
        report(0.5, "half way")
        self.reached.set()
        assert self.open.wait(WAIT)
        report(0.9)
        return object()


@pytest.fixture
def gate():
    gate = Gate()
    yield gate
    gate.open.set()


def test_two_askers_share_one_job_and_its_result(gate):
    jobs = Jobs()
    first, second = jobs.start("key", gate), jobs.start("key", gate)
    assert first is second
    gate.open.set()
    assert first.result(WAIT) is second.result(WAIT)
    assert gate.runs == 1


def test_another_key_is_another_job(gate):
    jobs, other = Jobs(), Gate()
    other.open.set()
    assert jobs.start("a", gate) is not jobs.start("b", other)
    assert other.reached.wait(WAIT), "the second worker runs beside the first"


def test_a_finished_job_is_not_joined(gate):
    jobs = Jobs()
    gate.open.set()
    first = jobs.start("key", gate)
    first.result(WAIT)
    second = jobs.start("key", gate)
    second.result(WAIT)
    assert second is not first and gate.runs == 2


def test_progress_is_seen_while_it_runs(gate):
    job = Jobs().start("key", gate)
    assert gate.reached.wait(WAIT)
    assert (job.fraction, job.text, job.done, job.error) == (0.5, "half way", False, None)
    gate.open.set()
    job.result(WAIT)
    assert job.done and job.text == "half way", "an empty text keeps the last one"


def test_progress_stays_between_0_and_1():
    seen = []

    def work(report):
        for value in (-1, 2):
            report(value)
            seen.append(job.fraction)
    jobs = Jobs(quick=1)
    hold = Gate()
    jobs.start("hold", hold)
    job = jobs.start("key", work)
    hold.open.set()
    job.result(WAIT)
    assert seen == [0, 1]


def test_cancel_stops_at_the_next_report(gate):
    job = Jobs().start("key", gate)
    assert gate.reached.wait(WAIT)
    job.cancel()
    gate.open.set()
    with pytest.raises(Cancelled):
        job.result(WAIT)
    assert isinstance(job.error, Cancelled)


def test_cancel_before_it_starts_runs_nothing(gate):
    jobs, later = Jobs(quick=1), Gate()
    jobs.start("busy", gate)
    job = jobs.start("later", later)
    job.cancel()
    gate.open.set()
    with pytest.raises(Cancelled):
        job.result(WAIT)
    assert later.runs == 0


def test_one_watcher_giving_up_does_not_stop_the_other(gate):
    jobs = Jobs()
    job = jobs.start("key", gate)
    jobs.start("key", gate)
    assert gate.reached.wait(WAIT)
    job.cancel()
    gate.open.set()
    assert job.result(WAIT) is not None


def test_work_that_is_stopping_is_not_joined(gate):
    jobs, again = Jobs(), Gate()
    first = jobs.start("key", gate)
    assert gate.reached.wait(WAIT)
    first.cancel()
    second = jobs.start("key", again)
    assert second is not first
    gate.open.set()
    again.open.set()
    assert second.result(WAIT) is not None
    with pytest.raises(Cancelled):
        first.result(WAIT)


def test_an_error_is_handed_over_and_the_next_try_is_fresh(gate):
    def fail(report):
        raise MerError("This file holds 0.2 s of audio.")
    jobs = Jobs()
    job = jobs.start("key", fail)
    with pytest.raises(MerError, match="0.2 s"):
        job.result(WAIT)
    assert isinstance(job.error, MerError) and job.done
    gate.open.set()
    assert jobs.start("key", gate).result(WAIT) is not None


def test_an_error_that_is_made_from_facts_is_handed_over_with_them_and_without_its_traceback():
    def fails(report):
        raise TooFewBeats(2, 8.0)
    error = Jobs().start("k", fails).future.exception(timeout=30)
    assert isinstance(error, TooFewBeats) and str(error) == str(TooFewBeats(2, 8.0)) and error.found == 2
    assert error.__traceback__ is None and error.__context__ is None

"""Jobs on a page: a place while they run, one result, errors in words, stopping without hurting another watcher."""

import threading
from html import escape

import pytest
from streamlit.testing.v1 import AppTest

from components import errors
from mer_core.errors import AudioError, Cancelled
from mer_core.jobs import Job, Jobs


def page():
    import streamlit as st

    from components import progress
    found = progress.follow("work", st.session_state["start"], "Making <it>", 100)
    st.session_state["found"] = found


def app_with(start) -> AppTest:
    app = AppTest.from_function(page, default_timeout=30)
    app.session_state["start"] = start
    return app


def html(app: AppTest) -> str:
    return "".join(h.proto.body for h in app.get("html"))


def test_a_running_job_shows_its_words_and_its_share_and_then_its_result():
    go, jobs = threading.Event(), Jobs()

    def work(report):
        report(0.42, "half way")
        go.wait(20)
        return "result"
    job = jobs.start("k", work)
    app = app_with(lambda: job)
    while job.fraction < 0.42:
        pass
    app.run()
    assert app.session_state["found"] is None
    assert escape("Making <it>: half way") in html(app) and "42%" in html(app)
    go.set()
    job.result(20)
    app.run()
    assert app.session_state["found"] == "result" and "mer-wait" not in html(app)


def test_an_expected_failure_is_told_and_can_be_tried_again():
    def work(report):
        raise AudioError("this file is empty")
    app = app_with(lambda: Jobs().start("k", work))
    app.run()
    app.session_state["jobs"]["work"].future.exception(20)
    app.run()
    assert app.error[0].value == "This file is empty."
    app.button[0].click()
    app.session_state["start"] = lambda: finished("second")
    app.run()
    assert app.session_state["found"] == "second"


def finished(value) -> Job:
    job = Job(lambda report: value)
    job.run()
    return job


def test_a_bug_is_not_hidden():
    app = app_with(lambda: failed(ZeroDivisionError("oh")))
    app.run()
    assert app.exception[0].value == "oh" and not app.error


def failed(error: Exception) -> Job:
    def work(report):
        raise error
    job = Job(work)
    job.run()
    return job


def test_stop_ends_the_watch_but_not_the_work_of_another_session():
    go, jobs, key = threading.Event(), Jobs(), "k"

    def work(report):
        go.wait(20)
        report(0.9)
        return "result"
    other = jobs.start(key, work)
    app = app_with(lambda: jobs.start(key, work))
    app.run()
    next(b for b in app.button if b.label == "Stop").click().run()
    app.run()
    assert "Stopped" in app.info[0].value
    go.set()
    assert other.result(20) == "result"


def test_stop_ends_the_work_when_nobody_else_watches():
    go = threading.Event()

    def work(report):
        go.wait(20)
        report(0.9)
    job = Jobs().start("k", work)
    app = app_with(lambda: job)
    app.run()
    next(b for b in app.button if b.label == "Stop").click().run()
    go.set()
    assert isinstance(job.future.exception(20), Cancelled)


@pytest.mark.parametrize("text", ["a_b*c", "[x](javascript:1)", "<b>bold</b>", "$x$ `y` #z", "| t | ~s~"])
def test_markdown_in_a_file_name_stays_text(text):
    shown = errors.plain(text)
    assert shown.replace("\\", "") == text
    assert all(shown[i - 1] == "\\" for i, c in enumerate(shown) if c in "`*_[]<>#|~$")

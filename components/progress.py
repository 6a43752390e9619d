"""Long work: a reserved place with words, a percentage and a Stop button until the result takes it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from html import escape

import streamlit as st

from components import errors, state
from mer_core.errors import Cancelled
from mer_core.jobs import Job
from mer_core.schema import TrackInfo

POLL = 0.5  # s between two looks at a running job


def result(step: str, info: TrackInfo, *args, label: str, height: int = 120, stop: bool = True,
           instead: Callable[[BaseException], bool] | None = None, **kwargs):
    """What the service's `step` gives, or None while its job runs or after it was stopped; never waits.

    `label` says what is being made; `height` (px) is that of the result, so that nothing jumps.
    Short work needs no `stop`. `instead(error)` may show what happened and another way out where the work failed, and
    then gives True: starting again would fail again.
    """
    key = f"{step}|{info.id}|{args}|{kwargs}"
    found = state.service().stored(step, info, *args, **kwargs)
    if found is not None:
        state.jobs().pop(key, None)
        return found
    return follow(key, lambda: state.service().start(step, info, *args, **kwargs), label, height, stop, instead)


def follow(key: str, start, label: str, height: int = 120, stop: bool = True, instead=None):
    """The result of the job under `key`, which `start()` begins; None until it is there."""
    jobs, short = state.jobs(), hashlib.sha256(key.encode()).hexdigest()[:8]
    if key not in jobs:
        jobs[key] = start()
    job = jobs[key]
    if job is not None and not job.done:
        _watch(key, label, height, short if stop else "")
        return None
    if job is not None and job.error is None:
        return jobs.pop(key).result()
    error = job.error if job else Cancelled("Stopped. What was finished before is kept.")
    if instead is None or not instead(error):
        errors.show(error)
        st.button("Start again", key=f"again-{short}", on_click=jobs.pop, args=(key, None))
    return None


def _stop(key: str) -> None:
    """This session watches no longer; the work ends unless another session watches it too."""
    job = state.jobs().get(key)
    if job is not None:
        job.cancel()
        state.jobs()[key] = None


def said(job: Job) -> str:
    """What the job says it is doing; nothing before it has said something."""
    return "" if job.text == "starting" else f": {job.text}"


@st.fragment(run_every=POLL)
def _watch(key: str, label: str, height: int, short: str) -> None:
    """Redraws itself alone; the page runs again once, when the job has ended or was stopped."""
    job = state.jobs().get(key)
    if job is None or job.done:
        st.rerun()
    with st.container(key=f"wait-{short}" if short else None):
        st.html(f'<div class="mer-wait" role="status" style="min-height:{max(height - 56 * bool(short), 48)}px">'
                f'<div class="mer-bar" style="width:{job.fraction:.0%}"></div>'
                f"<p><span>{escape(label)}{escape(said(job))}</span><b>{job.fraction:.0%}</b></p></div>")
        if short:
            st.button("Stop", key=f"stop-{short}", on_click=_stop, args=(key,), type="tertiary")

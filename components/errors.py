"""The one place that catches MerError and shows it. Anything else is a bug and may crash visibly."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import streamlit as st

from mer_core.errors import Cancelled, MerError


def show(error: BaseException) -> None:
    """The error's own words; what is no MerError is raised again."""
    if not isinstance(error, MerError):
        raise error
    said = sentence(error)
    with st.container(key="error"):
        (st.info if isinstance(error, Cancelled) else st.error)(plain(said))


def sentence(error: MerError) -> str:
    said = str(error)
    return said[:1].upper() + said[1:] + ("" if said.endswith((".", "!", "?")) else ".")


def answered(question: Callable[[], dict | None]) -> dict | None:
    """What `question()` gives; an expected failure becomes {"error": its words}."""
    try:
        return question()
    except MerError as error:
        return {"error": sentence(error)}


def plain(text: str) -> str:
    """`text` with nothing in it that markdown would format: file names and tags are the user's."""
    return "".join(f"\\{c}" if c in "\\`*_{}[]<>#|~$:" else c for c in text)


@contextmanager
def shown() -> Iterator[None]:
    """Run a page: an expected failure becomes a message in its place."""
    try:
        yield
    except MerError as error:
        show(error)

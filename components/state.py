"""What a session remembers: the song (facts only, no samples), the choices, and the jobs it watches."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import streamlit as st

from mer_core.jobs import Job
from mer_core.schema import TARGETS, ModelCard, TrackInfo
from mer_core.service import Service
from mer_core.words import SCALES, target_words

ROW = 5  # choices that stand side by side; more of them fold into a list
PAGES = ("listen", "emotion", "stems", "explain", "descriptors", "experiments", "about")


@st.cache_resource(show_spinner=False)
def service() -> Service:
    """One for the process: the store is shared by content id, nothing else is."""
    made = Service.default()
    made.jobs.start("first", lambda report: None)  # the workers get ready while the first page is looked at
    return made


def pages() -> list:
    return [st.Page(f"pages/{name}.py", title=name.capitalize(), default=name == "listen") for name in PAGES]


@contextmanager
def inside() -> Iterator[None]:
    """app.py runs its page within this; see `song`."""
    st.session_state["inside"] = True
    try:
        yield
    finally:
        st.session_state["inside"] = False


def song() -> TrackInfo | None:
    """The current song; the first demo until the user chooses."""
    if not st.session_state.get("inside"):  # Streamlit runs the first page a new server is asked for without app.py
        st.navigation(pages(), position="hidden")
        st.rerun()
    if "song" not in st.session_state:
        st.session_state["song"] = next(iter(service().demos()), None)
    return st.session_state["song"]


def choose(info: TrackInfo) -> None:
    """Make this the current song; work on the one before is given up."""
    before = st.session_state.get("song")
    if before is None or info.id != before.id:
        for job in jobs().values():
            if job is not None and not job.done:
                job.cancel()
        jobs().clear()
    st.session_state["song"] = info


def jobs() -> dict[str, Job | None]:
    """The jobs this session watches; None for one it stopped."""
    return st.session_state.setdefault("jobs", {})


def every_card() -> dict[str, ModelCard]:
    """The trained models: those that place a song in the plane first, those of a comparison last, the best first."""
    def rank(card: ModelCard) -> tuple:
        merit = sum(card.test_error[t].get("r2", 0.0) for t in card.targets) / len(card.targets)
        return not card.on_plane, card.study, -merit
    return dict(sorted(service().cards().items(), key=lambda item: rank(item[1])))


def cards() -> dict[str, ModelCard]:
    """The trained models that place a song in the valence-arousal plane."""
    return {name: card for name, card in every_card().items() if card.on_plane}


def titles() -> dict[str, str]:
    return {name: card.title for name, card in every_card().items()}


def model() -> str | None:
    """The model chosen on any page, else the best one; None where none is trained."""
    names = list(cards())
    kept = st.session_state.get("kept-model")
    return kept if kept in names else next(iter(names), None)


def scale() -> str:
    """The scale chosen on any page."""
    return st.session_state.get("kept-scale", next(iter(SCALES)))


def pick_models() -> list[str]:
    """The models to compare; the chosen one where none is."""
    known = list(cards())
    kept = [name for name in st.session_state.get("kept-models", ()) if name in known]
    chosen = st.multiselect("Models", known, default=kept or [model()], format_func=titles().get, key="models",
                            placeholder=titles()[model()])
    st.session_state["kept-models"] = chosen
    return chosen or [model()]


def pick_model() -> str:
    return pick("Model", list(cards()), "model", titles().get)


def pick_target(targets: Sequence[str] = TARGETS) -> str:
    key = "target" if set(targets) <= set(TARGETS) else f"target-{'-'.join(targets)}"
    return pick("Explained value", targets, key, target_words)


def pick_scale() -> str:
    return pick("Scale", list(SCALES), "scale", lambda s: s.replace("-", "−"))


def pick(label: str, options: Sequence[str], key: str, said: Callable[[str], str] = str) -> str:
    """A switch whose choice survives a change of page."""
    kept = st.session_state.get(f"kept-{key}")
    first = kept if kept in options else options[0]
    if len(options) > ROW:
        chosen = st.selectbox(label, options, options.index(first), format_func=said, key=key)
    else:
        chosen = st.segmented_control(label, options, default=first, format_func=said, key=key, required=True, wrap=True)
    st.session_state[f"kept-{key}"] = chosen
    return chosen

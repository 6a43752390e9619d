"""The four cases of the confusion matrix to be played: the clips the transformer is surest of, or the demo tracks."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pandas as pd
import streamlit as st

from components import progress, state
from components.errors import plain
from components.take_away import csv_button
from mer_core import registry
from mer_core.datasets._base import Clip
from mer_core.errors import DataError
from mer_core.schema import TrackInfo

SHOWN = 3  # clips a case
FOLDER = "MER_DATA"  # environment variable: the folder that holds the data sets, as --data
CELLS = (("happy", "happy"), ("happy", "sad"), ("sad", "happy"), ("sad", "sad"))  # truth, answer
INTENDED = {"Q1": "happy", "Q3": "sad"}  # quadrant a demo was composed for
OPENING = "opening-clip"


def show(found: Mapping | None, model: str) -> None:
    st.subheader("The four cases")
    st.markdown("For each cell of the matrix, the clips of which the network was surest; each was asked of a network "
                "that had learnt no mood of that artist. An opened clip becomes the song of this session: hear it on "
                "Listen; Explain shows and plays what spoke for the answer. There the network that ships is asked, "
                "which learnt from all of these clips, so its probability may differ.")
    if found:
        clips, why = at_hand(found["here"]["dataset"])
        if why:
            st.caption(why)
        four(found["clips"], clips, model)
        csv_button("Every clip's answer as CSV", pd.DataFrame(found["clips"]), "happy or sad, clips", "csv-cases")
    else:
        st.caption("No clip's answer is stored yet; the command above stores them.")
    demos(model)
    now()


def at_hand(dataset: str) -> tuple[dict[str, Clip], str]:
    """id -> clip of the data set in the user's folder; else none, and how to get it."""
    kind, folder = registry.get("datasets", dataset), os.environ.get(FOLDER)
    how = (f"The clips are of {plain(kind.title)} (terms: {plain(kind.licence)}) and not part of this project. To play "
           f"them here, get the set from {kind.url} and start the app with `{FOLDER}=DIR streamlit run app.py`, DIR "
           "being the folder that holds it.")
    if not folder:
        return {}, how
    try:
        return {clip.id: clip for clip in kind(Path(folder)).clips()}, ""
    except DataError as error:
        return {}, f"{how} The present folder does not do: {plain(str(error))}"


def surest(answers: list[Mapping], truth: str, said: str) -> list[dict]:
    """The clips of a cell with the probability of the answer given, the surest first."""
    own = [{**clip, "probability": clip["happy"] if said == "happy" else 1 - clip["happy"]}
           for clip in answers if clip["truth"] == truth]
    return sorted((clip for clip in own if clip["probability"] > 0.5), key=lambda clip: -clip["probability"])


def four(answers: list[Mapping], clips: Mapping[str, Clip], model: str) -> None:
    """Two rows of two, as the matrix has them."""
    places = [*st.columns(2, gap="large"), *st.columns(2, gap="large")]
    for place, (truth, said) in zip(places, CELLS, strict=True):
        with place, st.container(border=True, key=f"case-{truth}-{said}"):
            own = surest(answers, truth, said)
            right = "rightly" if truth == said else "wrongly"
            st.markdown(f"**{truth.capitalize()}, {right} called {said}**: {len(own)} clips")
            for clip in own[:SHOWN]:
                line(clip, clips.get(clip["id"]), said, model)
            if not own:
                st.caption("No clip is in this cell.")
    chosen = st.session_state.get(OPENING)
    if chosen in clips:
        opened(clips[chosen])


def line(clip: Mapping, file: Clip | None, said: str, model: str) -> None:
    """Title, truth and probability; a button where the clip is at hand."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"{plain(clip['title'] or clip['id'])}  \n{chance(clip['probability'])} {said}, truly "
                    f"{clip['truth']}")
        if file:
            st.button("Open", key=f"open-{clip['id']}", on_click=ask, args=(clip["id"], said, model))


def chance(probability: float) -> str:
    """In per cent; a network is never certain."""
    return f"{probability:.1%}" if probability < 0.9995 else "over 99.9%"


def ask(clip: str, said: str, model: str) -> None:
    """Open this clip in this run of the page, and look at what spoke for `said` on Explain."""
    st.session_state[OPENING] = clip
    look_at(said, model)


def look_at(said: str, model: str) -> None:
    """Explain opens on this model and answer, with the first of its methods that shows the sound."""
    if model not in state.service().cards():
        return
    in_sound = (m for m in state.service().explainers(model) if registry.get("explainers", m).space == "timefreq")
    if method := next(in_sound, None):
        targets = "-".join(state.every_card()[model].targets)
        st.session_state.update({"kept-way": method, f"kept-model-{method}": model, f"kept-target-{targets}": said})


def opened(clip: Clip) -> None:
    """Read the clip, which stays where it is, and make it the song of this session."""
    service = state.service()
    info = progress.follow(
        f"clip|{clip.id}", label="Reading the clip", height=60,
        start=lambda: service.jobs.start(
            ("add", str(clip.path)), lambda report: service.add(clip.path, clip.id, progress=report)))
    if isinstance(info, TrackInfo):
        st.session_state.pop(OPENING)
        state.choose(replace(info, title=clip.title or info.title))
        st.rerun()


def demos(model: str) -> None:
    """The happy and the sad demo track with what the model says of them."""
    st.markdown("**Always at hand**: two of the demo tracks. Happy and sad is what they were composed to be, not what "
                "listeners said of them.")
    columns = st.columns(2, gap="large")
    own = [(INTENDED[info.source["quadrant"]], info) for info in state.service().demos()
           if info.source["quadrant"] in INTENDED]
    for column, (mood, info) in zip(columns, own):
        with column, st.container(border=True, key=f"case-demo-{mood}"):
            st.markdown(f"**{plain(info.title)}**, meant to be {mood}")
            said = verdict(info, model)
            st.button("Open", key=f"open-demo-{mood}", on_click=open_demo, args=(info, said or mood, model))


def verdict(info: TrackInfo, model: str) -> str:
    """What the model says of the track, shown with its probability; "" where there is no model or no answer yet."""
    if model not in state.service().cards():
        st.caption("The network has no weights here yet, so there is no answer.")
        return ""
    found = progress.result("predict", info, model, label="Asking the network", height=60)
    if not found:
        return ""
    chances = dict(zip(found.targets, found.values.tolist(), strict=True))
    said = max(chances, key=chances.get)
    st.markdown(f"The network says **{said}**, {chance(chances[said])}, the mean of {len(found.times)} windows of 10 s.")
    return said


def open_demo(info: TrackInfo, said: str, model: str) -> None:
    state.choose(info)
    look_at(said, model)


def now() -> None:
    """Which song is open, and where to hear it."""
    with st.container(horizontal=True, key="next"):
        st.markdown(f"The song is now **{plain(state.song().title)}**.")
        st.page_link("pages/listen.py", label="**Listen** to it")
        st.page_link("pages/explain.py", label="**Why?** See and hear what mattered")

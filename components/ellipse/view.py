"""The moving ellipse: where listeners would place each second of the song, and how far apart."""

from __future__ import annotations

import streamlit as st

from components import errors, progress, state, theme
from components.ellipse import choices, figure, sentences, take
from components.errors import plain
from components.experiments import rhythm_melody
from components.player.listeners import Listeners
from components.song_player import draw_the_rest, place, song_player
from components.take_away import csv_button, json_button
from mer_core import results
from mer_core.ellipse import EllipsePath
from mer_core.errors import TooFewBeats
from mer_core.schema import TrackInfo

MODEL = "dbn"
HINT = ("Press play. Filled: where {outline} would place this second. Broken: the same for the mean of the song. The dot "
        "is this second, the ring the song, the thin line the way of the middle. Bands around the curves: one standard "
        "deviation of the listeners to each side.")


def show(info: TrackInfo) -> None:
    if MODEL not in state.every_card():
        st.info(state.service().lacking().get(MODEL, "The deep belief network is not there."))
        return
    with st.container(horizontal=True, key="controls-ellipse"):
        features, layer, grid = choices.pick(info)
    trouble, above, below = st.container(), place("emotion"), st.container(key="sentences")
    with st.expander("Parameters of the picture", key="ellipse-params"):
        outline, scale = choices.pick_outline(), state.pick_scale()
    with below:
        path = progress.result("ellipses", info, MODEL, features=features, layer=layer, grid=grid,
                               label="Following the beats", height=190, instead=lambda error: offer(info, error, trouble))
        if path:
            said(path, scale)
    with above:
        plays = song_player(info, key="emotion", paint=False, **drawn(path, outline))
        if plays and path:
            st.caption(f"{HINT.format(outline=choices.OUTLINES[outline])} {choices.WORDS}")
    if path:
        way(info, path, outline, scale)
    if plays:
        draw_the_rest(info)


def drawn(path: EllipsePath | None, outline: float) -> dict:
    """What the player is given of it; no beats before it is there, as others would be meant."""
    if path is None:
        return {"beats": ()}
    return {"listeners": Listeners(path, outline), "beats": path.beats,
            "ticks": "beats" if path.grid == "tracked" else choices.STEPS[path.grid]}


def said(path: EllipsePath, scale: str) -> None:
    st.markdown(sentences.whole(path, scale))
    st.markdown("\n".join(f"- {line}" for line in (sentences.widest(path, scale), sentences.lean(path),
                                                   sentences.walked(path, scale), sentences.steps(path))))
    card = state.every_card()[MODEL]
    shipped = (path.features, path.layer, path.grid) == (card.takes["features"], card.takes["layer"], "tracked")
    off = sentences.both([card.test_error[target]["rmse"] for target in sentences.TARGETS], scale)
    measured = (f"The middle of all its seconds is typically off by {off} on songs it never saw." if shipped else
                "How far off it is with these choices stands on Experiments, Rhythm and melody.")
    st.caption(f"{sentences.NOT_AN_ERROR} {measured}")
    for note in path.notes:
        st.caption(plain(note))
    with st.expander("How far it can be trusted", key="ellipse-limits"):
        found = results.load(MODEL)
        held = [rhythm_melody.held(found["calibration"]["clips"])] if found and shipped else []
        lines = [*held, *map(plain, card.limits)]
        st.markdown("\n".join(f"- {line}" for line in lines))


def offer(info: TrackInfo, error: BaseException, place) -> bool:
    """Where the song has too few beats: its words and the grids that were not tried, in `place`."""
    if not isinstance(error, TooFewBeats):
        return False
    others = [name for name in choices.STEPS if name != choices.grid(info)]
    with place:
        errors.show(error)
        with st.container(horizontal=True, key="offer"):
            for name in others:
                st.button(f"Take {choices.BUTTONS[name]}", key=f"take-{name.replace(' ', '-')}", on_click=choices.take,
                          args=(info, name))
    return True


def way(info: TrackInfo, path: EllipsePath, outline: float, scale: str) -> None:
    st.subheader("The whole way")
    st.plotly_chart(figure.way(path, outline, scale), key="ellipse-way", config=theme.CONFIG)
    name = f"{info.title} listeners {path.features} layer {path.layer}"
    with st.container(horizontal=True):
        csv_button("Ellipses as CSV", take.table(path, scale), name, "ellipse-csv")
        json_button("All as JSON", lambda: take.facts(path, info.title, MODEL), name, "ellipse-json")
    st.caption("The JSON always holds values from −1 to +1.")

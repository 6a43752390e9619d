"""Stems: the song taken apart, each part to be heard and mixed anew, and how far each moved valence and arousal."""

from pathlib import Path

import pandas as pd
import streamlit as st

from components import figures, mixing, progress, separators, state, theme
from components.figures import stem_word
from components.player import Voice
from components.song_player import HEIGHTS, draw_the_rest, place, song_player
from components.take_away import csv_button, plain, sound_button
from mer_core.schema import Prediction, TrackInfo
from mer_core.service import SeparatorInfo
from mer_core.words import stem_sentence

HINT = ("Pull a fader down: the point follows with the half minute around the playhead; let go, and the whole song is "
        "placed again.")


def instrument(info: TrackInfo, separator: SeparatorInfo, model: str | None) -> bool:
    """The player with its faders, and what they change; False until the stems are there."""
    above, below = place("stems"), st.container(key="what-if")
    with above:
        files = progress.result("stem_files", info, separator.name, height=HEIGHTS["stems"],
                                label=f"{separator.title}: taking the song apart")
        waves = files and progress.result("stem_waveforms", info, separator.name, label="Drawing the stems",
                                          height=HEIGHTS["stems"], stop=False)
    if not waves:
        return False
    with below:
        before = model and progress.result("predict", info, model, label="Placing the song", height=0, stop=False)
        after = before and mixing.mixed(info, model, separator, before)
    if before:
        mixing.warm(info, model, separator)
    with above:
        play(info, separator, files, waves, before, after)
    take_away(info, separator, files)
    return True


def play(info: TrackInfo, separator: SeparatorInfo, files: dict[str, Path], waves: dict, before: Prediction | None,
         after: Prediction | None) -> None:
    voices = [Voice(name, stem_word(name), path, theme.COLOURS[name], part=True) for name, path in files.items()]
    reply = before and mixing.reply(info, before.model, separator)
    if song_player(info, key="stems", voices=voices, stems=waves, prediction=before, what_if=after, reply=reply,
                   gains=mixing.gains(info)) and before:
        st.caption(HINT)


def take_away(info: TrackInfo, separator: SeparatorInfo, files: dict[str, Path]) -> None:
    levels = (state.service().stored("stem_overview", info, separator.name) or {}).get("loudness", {})
    with st.expander("Take the stems away", key="take-away"):
        st.caption("The stems and the rest, what no stem holds, add up to the song.")
        for name, path in files.items():
            with st.container(horizontal=True, vertical_alignment="center"):
                st.html(f'<span class="mer-swatch" style="background:{theme.COLOURS[name]}"></span>{stem_word(name)} '
                        f"<small>{level(levels.get(name))}</small>")
                sound_button(stem_word(name).capitalize(), path, f"{info.title} {stem_word(name)}", f"sound-{name}")
    plain(next(iter(files.values())), "stems")


def level(lufs: float | None) -> str:
    return "" if lufs is None else f"{lufs:.1f} LUFS" if lufs > -70 else "silent"


def contributions(info: TrackInfo, separator: SeparatorInfo, model: str, ready: bool) -> None:
    """What each stem did to the model's output: Shapley values over all sixteen mixes of the stems.

    Before the stems are `ready`, only values that are stored already are shown.
    """
    asked = ("explain", info, "stem_shapley", model)
    found = state.service().stored(*asked, separator=separator.name)
    if not found and ready:
        found = progress.result(*asked, separator=separator.name, height=300,
                                label="Listening to all mixes of the stems")
    if not found:
        return
    reach, notes = figures.limit(list(found.values())), {note for e in found.values() for note in e.notes}
    for column, (target, explanation) in zip(st.columns(len(found), gap="large"), found.items(), strict=False):
        with column, st.container(key=f"contribution-{target}"):
            st.markdown(f"**{target.capitalize()}** {explanation.output:+z.2f}")
            st.plotly_chart(figures.stem_bars(explanation, reach), key=f"stem-bars-{target}", config=theme.CONFIG)
            st.markdown(stem_sentence(explanation, separator.title, bleeds=separator.bleeds))
            st.caption(f"Silence gives {explanation.base:+z.2f}; the bars add up to the rest.")
    for note in sorted(notes):
        st.caption(note)
    rows = [{"stem": n, "target": t, "moves": v} for t, e in found.items() for n, v in zip(e.labels, e.values.tolist())]
    csv_button("Contributions as CSV", pd.DataFrame(rows), f"{info.title} stems {model}", "stems-csv")


info = state.song()
if info is None:
    st.info("A song is needed; upload one on Listen.")
    st.stop()
with st.container(horizontal=True, key="controls"):
    model = state.pick_model() if state.cards() else None
    separator = separators.choose(state.service().separators(info))
ready = instrument(info, separator, model)
st.subheader("How far each stem moved the point")
if model and "stem_shapley" in state.service().explainers(model):
    contributions(info, separator, model, ready)
else:
    st.info(f"{state.titles()[model]} does not take stems." if model else "No model is trained yet; see About.")
draw_the_rest(info)
if ready:
    progress.result("stem_overview", info, separator.name, label="Measuring the stems", height=0, stop=False)

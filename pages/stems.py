"""Stems: the song taken apart, each part to be heard and mixed anew, and how far each moved valence and arousal."""

from pathlib import Path

import streamlit as st

from components import mixing, progress, separators, state, stem_shares, theme
from components.figures import stem_word
from components.player import Voice
from components.song_player import HEIGHTS, draw_the_rest, place, song_player
from components.take_away import plain, sound_button
from mer_core.schema import Prediction, TrackInfo
from mer_core.service import SeparatorInfo

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


info = state.song()
if info is None:
    st.info("A song is needed; upload one on Listen.")
    st.stop()
with st.container(horizontal=True, key="controls"):
    model = state.pick_model() if state.cards() else None
    separator = separators.choose(state.service().separators(info))
ready = instrument(info, separator, model)
st.subheader("How far each stem moved the point")
if model:
    stem_shares.show(info, separator, model, ready)
else:
    st.info("No model is trained yet; see About.")
draw_the_rest(info)
if ready:
    progress.result("stem_overview", info, separator.name, label="Measuring the stems", height=0, stop=False)

"""Listen: a song with its sound, its place in the valence-arousal plane, and what can be measured at once."""

import streamlit as st

from components import progress, state
from components.song_player import draw_the_rest, place, song_player
from components.songbar import facts
from components.take_away import plain
from components.upload import demo_picker, uploader
from mer_core.schema import Prediction, TrackInfo
from mer_core.words import mood_sentence, value_sentence


def mood(info: TrackInfo, model: str | None) -> Prediction | None:
    """Where the song lies, in words, and the ways to find out why."""
    prediction = model and progress.result("predict", info, model, label="Placing the song", height=166)
    if prediction:
        with st.container(key="mood"):
            st.markdown(mood_sentence(prediction))
        said = [value_sentence(prediction, target, state.scale()) for target in prediction.targets]
        said += [*prediction.notes, f"Said by {state.titles()[model]}; other models are one click away on Emotion."]
        st.caption("  \n".join(said))
        with st.container(horizontal=True, key="next"):
            st.page_link("pages/explain.py", label="**Why?** See and hear what mattered")
            st.page_link("pages/stems.py", label="**Which instrument?** Take the song apart")
    return prediction


def measured(info: TrackInfo) -> None:
    found = progress.result("overview", info, label="Measuring key, tempo and level", height=56, stop=False)
    if found:
        facts({"key": found["key"], "tempo": f"{found['tempo']:.0f} bpm",
               "loudness": f"{found['loudness']:.1f} LUFS", "peak": f"{found['peak']:z.1f} dBFS"})


def details(info: TrackInfo) -> None:
    path = state.service().stored("playable", info)
    if path is not None:
        plain(path, "listen")
    with st.expander("About this file"):
        rows = {**info.tags, **{k: v for k, v in info.source.items() if k not in ("demo", "quadrant")},
                "channels": str(info.channels), "content id": info.id[:16]}
        facts({k.replace("_", " "): str(v) for k, v in rows.items() if v})


info, model = state.song(), state.model()
prediction, plays = None, False
if info is not None:
    above = place("listen")  # the player stands above the work that completes it
    prediction = mood(info, model)
    measured(info)
    with above:
        plays = song_player(info, key="listen", prediction=prediction)
st.divider()
demo_picker()
uploader()
if info is not None:
    details(info)
    if plays:  # first the sound
        draw_the_rest(info)
    if not model or prediction:  # the stems are made while the user listens
        best = state.service().separators(info)[0].name
        progress.result("stem_files", info, best, label="Taking the song apart for the Stems page", height=0)

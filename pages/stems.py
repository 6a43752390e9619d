"""Stems: the song taken apart, each part to be heard, and how far each moved valence and arousal."""

import pandas as pd
import streamlit as st

from components import figures, progress, separators, state, theme
from components.player import Voice, player
from components.take_away import csv_button, plain, wav_button
from mer_core.schema import TrackInfo
from mer_core.service import SeparatorInfo
from mer_core.words import stem_sentence


def sounds(info: TrackInfo, separator: SeparatorInfo) -> bool:
    """Every stem with its waveform; False until they are there."""
    files = progress.result("stem_files", info, separator.name, height=420,
                            label=f"{separator.title}: taking the song apart")
    overview = files and progress.result("stem_overview", info, separator.name, label="Drawing the stems", height=420)
    if not overview:
        return False
    stems = [name for name in files if name != "residual"]
    song = state.service().stored("overview", info) or {}
    player([Voice(name, name.capitalize(), files[name], theme.COLOURS[name]) for name in stems], mode="mix",
           duration=info.duration, key="stems", peaks=song.get("peaks"), beats=song.get("beats"))
    with st.container(key="lanes"):
        for name in stems:
            lane(info, name, files[name], overview)
    with st.expander("Residual: what no stem holds", key="lanes-residual"):
        st.caption("The stems and the residual add up to the song.")
        st.audio(str(files["residual"]))
        lane(info, "residual", files["residual"], overview)
    plain(files[stems[0]], "stems")
    return True


def lane(info: TrackInfo, name: str, path, overview: dict) -> None:
    left, middle, right = st.columns([1, 6, 1], wrap=False)
    level = overview["loudness"][name]
    left.html(f'<span class="mer-swatch" style="background:{theme.COLOURS[name]}"></span>{name}<br>'
              f"<small>{f'{level:.1f} LUFS' if level > -70 else 'silent'}</small>")
    figure = figures.waveform(overview["peaks"][name], info.duration, theme.COLOURS[name],
                              axis=name in ("other", "residual"))
    middle.plotly_chart(figure, key=f"wave-{name}", config={**theme.CONFIG, "displayModeBar": False})
    with right:
        wav_button("WAV", path, f"{info.title} {name}", key=f"wav-{name}")


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
    for said in sorted(notes):
        st.caption(said)
    rows = [{"stem": n, "target": t, "moves": v} for t, e in found.items() for n, v in zip(e.labels, e.values.tolist())]
    csv_button("Contributions as CSV", pd.DataFrame(rows), f"{info.title} stems {model}", "stems-csv")


info, cards = state.song(), state.cards()
if info is None:
    st.info("A song is needed; upload one on Listen.")
    st.stop()
with st.container(key="controls"):
    separator = separators.choose(state.service().separators(info))
ready = sounds(info, separator)
st.subheader("How far each stem moved the point")
explained = [name for name in cards if "stem_shapley" in state.service().explainers(name)]
if explained:
    contributions(info, separator, state.pick_model(), ready)
else:
    st.info("No trained model takes stems; see About.")

"""The stems' faders: the point that follows them, and what the whole song would be with them."""

from __future__ import annotations

import json
from math import log10

import streamlit as st

from components import progress, state
from components.figures import stem_word
from components.player import Reply
from components.player.messages import Mix, Paint
from components.take_away import json_button, sound_button
from mer_core.records import plain
from mer_core.schema import Prediction, TrackInfo
from mer_core.service import SeparatorInfo
from mer_core.words import mixdown_sentence, shifted


def gains(info: TrackInfo) -> dict[str, float]:
    """The faders that are not at 1, as the user left them; kept for the session."""
    return st.session_state.get(f"gains-{info.id}", {})


def reply(info: TrackInfo, model: str, separator: SeparatorInfo) -> Reply:
    """The model's word on the seconds around the playhead, at once; the page runs again when the hand lets go."""
    def follow(asked: Mix | Paint) -> dict | None:
        if not isinstance(asked, Mix):
            return None
        moved = {name: gain for name, gain in asked.gains.items() if gain != 1}
        page = asked.settled and moved != gains(info)
        if page:
            st.session_state[f"gains-{info.id}"] = moved
        now, usual, where = state.service().live(info, model, separator.name).value(asked.gains, asked.at)
        targets = state.cards()[model].targets
        return {"kind": "mix", "from": where.start, "to": where.end, "page": page,
                "now": dict(zip(targets, now.tolist())), "plain": dict(zip(targets, usual.tolist()))}
    return follow


def warm(info: TrackInfo, model: str, separator: SeparatorInfo) -> None:
    """Make the first half minute ready in the background, so that the first fader is followed at once."""
    key = ("live", info.id, model, separator.name)
    if key not in st.session_state.setdefault("warmed", set()):
        st.session_state["warmed"].add(key)
        state.service().jobs.start(key, lambda report: state.service().live(info, model, separator.name).value({}, 0.0))


def mixed(info: TrackInfo, model: str, separator: SeparatorInfo, before: Prediction) -> Prediction | None:
    """What the faders do to the whole song, in words and to take away; None where all are at 1."""
    moved = gains(info)
    after = moved and progress.result("what_if", info, model, moved, separator.name, height=130,
                                      label="Listening to the mix")
    if not after:
        return None
    with st.container(key="mixed"):
        st.markdown(sentence(moved, before, after))
        with st.container(horizontal=True):
            _mixdown(info, moved, separator)
            json_button("What changes as JSON", lambda: facts(info, separator, moved, before, after),
                        f"{info.title} mix", "mix-json")
    return after


def sentence(moved: dict[str, float], before: Prediction, after: Prediction) -> str:
    """"With these faders (drums −14.0 dB, bass off), valence rises by 0.05 and arousal falls by 0.21 over the whole
    song."."""
    faders = ", ".join(f"{stem_word(name)} {level(gain)}" for name, gain in moved.items())
    changes = " and ".join(shifted(target, float(new - old)) for target, new, old in
                           zip(before.targets, after.values, before.values, strict=True))
    return f"With these faders ({faders}), {changes} over the whole song."


def level(gain: float) -> str:
    return f"{20 * log10(gain):+.1f} dB".replace("-", "−") if gain else "off"


def facts(info: TrackInfo, separator: SeparatorInfo, moved: dict[str, float], before: Prediction,
          after: Prediction) -> bytes:
    """The gains, 1 where not named, and the whole predictions before and after."""
    rows = {"song": info.title, "id": info.id, "stems": separator.name, "gains": moved,
            **{name: {k: plain(v) for k, v in vars(p).items()} for name, p in (("before", before), ("after", after))}}
    return json.dumps(rows, ensure_ascii=False, indent=1).encode()


def _mixdown(info: TrackInfo, moved: dict[str, float], separator: SeparatorInfo) -> None:
    """The mix as a file, made when the user asks for it."""
    asked = f"mixdown-{info.id}-{sorted(moved.items())}"
    if not st.session_state.get(asked):
        st.button("Make this mix as a file", key="make-mix", on_click=st.session_state.update, args=({asked: True},))
        return
    made = progress.result("mixdown", info, moved, separator.name, label="Making the mix", height=100)
    if made:
        sound_button("This mix", made[0], f"{info.title} mix", "sound-mix")
        if mixdown_sentence(made[1]):
            st.caption(mixdown_sentence(made[1]))

"""What the descriptors say about emotion: linear models, so every part of an answer has a name."""

from __future__ import annotations

import streamlit as st

from components import figures, progress, state, theme
from components import figures_descriptors as drawn
from components.descriptors import sentences
from mer_core.schema import SCALE, Explanation, ModelCard, TrackInfo
from mer_core.words import target_words

METHOD = "linear"
Found = dict[str, dict[str, Explanation]]  # model -> target -> Explanation


def models() -> dict[str, ModelCard]:
    """The trained models that add up descriptors; those of felt emotion first."""
    found = {name: card for name, card in state.every_card().items() if METHOD in state.service().explainers(name)}
    return dict(sorted(found.items(), key=lambda item: item[1].on_plane))


def explained(info: TrackInfo) -> Found:
    """What each of the models says, as far as it is there."""
    found = {name: progress.result("explain", info, METHOD, name, label=card.title, height=120)
             for name, card in models().items()}
    return {name: one for name, one in found.items() if one}


def show(found: Found) -> Explanation | None:
    """The values with their errors; then the chosen one, taken apart."""
    cards = models()
    if not cards:
        st.info("No model on descriptors is trained yet; see About.")
    if not found:
        return None
    left, right = st.columns(2, gap="large")
    with left:
        for name, one in found.items():
            st.markdown(f"**{cards[name].title}.** {cards[name].summary}")
            st.plotly_chart(bars(one, cards[name]), key=f"felt-{name}", config=theme.CONFIG)
        st.caption("Lines: how far the model is typically off on songs it never saw.")
    with right:
        options = {t: one[t] for name, one in found.items() for t in best_known(cards[name])}
        target = state.pick("Explained value", list(options), "felt-target", target_words)
        return _taken_apart(options[target], cards[options[target].model])


def best_known(card: ModelCard) -> list[str]:
    """The targets, those first that the model knows best on unseen songs."""
    return sorted(card.targets, key=lambda target: -card.test_error[target]["r"])


def bars(found: dict[str, Explanation], card: ModelCard, values: dict | None = None, before: dict | None = None):
    """`values` instead of the model's own, beside those `before`."""
    errors = {t: card.test_error[t]["rmse"] for t in found}
    return drawn.emotions(values or {t: e.output for t, e in found.items()}, errors,
                          {t: card.test_error[t]["r"] for t in found}, said(card), before)


def said(card: ModelCard) -> str:
    return "from -1 to +1" if card.unit == SCALE else card.unit


def _taken_apart(explanation: Explanation, card: ModelCard) -> Explanation:
    st.markdown(sentences.contributions(explanation))
    st.caption(sentences.limit(card, explanation.target))
    order = sorted(range(len(explanation.labels)), key=lambda i: -abs(explanation.values[i]))
    figure = figures.feature_bars(explanation, state.service().features(), order, figures.limit([explanation]))
    figure.update_xaxes(title=f"moves {sentences.spoken(explanation.target)} by")
    st.plotly_chart(figure, key="descriptor-bars", config=theme.CONFIG)
    for note in explanation.notes:
        st.caption(note)
    return explanation

"""EmoMucs' figures 3 and 4 from the stored results. No streamlit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from components.experiments.plane import framed_plane, spread
from components.theme import COLOURS, rgba
from mer_core.schema import STEM_NAMES

SYMBOLS = dict(zip(STEM_NAMES, ("circle", "square", "diamond", "cross"), strict=True))


def best_sources(tracks: Sequence[Mapping], how: str) -> go.Figure:
    """Figure 3: every track where its listeners put it, in the colour of the source whose model erred least on it.

    `how` is "valence", "arousal" or "both"; each track has id, valence, arousal and best[how].
    """
    fig = go.Figure()
    for source, count in counted(tracks, how).items():
        own = [track for track in tracks if track["best"][how] == source]
        fig.add_scatter(x=spread([t["valence"] for t in own]), y=[t["arousal"] for t in own], mode="markers",
                        name=f"{source} ({count})", text=[t["id"] for t in own],
                        customdata=[[t["valence"], t["arousal"]] for t in own],
                        marker={"color": COLOURS[source], "symbol": SYMBOLS[source], "size": 8,
                                "line": {"width": 1, "color": rgba("#000000", 0.35)}},
                        hovertemplate="%{text}: " + source + "<br>valence %{customdata[0]:+.2f}, "
                                      "arousal %{customdata[1]:+.2f}<extra></extra>")
    return framed_plane(fig)


def counted(tracks: Sequence[Mapping], how: str) -> dict[str, int]:
    """source -> tracks on which its model errs least, the most first."""
    found = Counter(track["best"][how] for track in tracks)
    return dict(sorted(found.items(), key=lambda item: (-item[1], STEM_NAMES.index(item[0]))))

"""What lit up beside what sounds. No streamlit."""

from __future__ import annotations

import numpy as np

from mer_core.consonance import ConsonanceProfile


def likeness(profile: ConsonanceProfile, sound: np.ndarray) -> str:
    """Whether what lit up is just what sounds; `sound` (12,) shares of the chromagram, A first."""
    r = float(np.corrcoef(profile.shares, sound)[0, 1]) if min(np.ptp(profile.shares), np.ptp(sound)) > 1e-9 else 0.0
    way = "what is bright is mostly what sounds" if r > 0.7 else \
        "what is bright is only partly what sounds" if r > 0.3 else "what is bright is not simply what sounds"
    return f"Over the twelve pitch classes brightness and sound correlate by {r:+z.2f}: {way}."

"""Experiments: what the papers reported and what was measured here, side by side. All from stored results."""

import streamlit as st

from components import state
from components.experiments import (embeddings, emomucs, happy_sad, harmonics, models, networks, quadrants, rhythm_melody,
                                    shown, study, thesis)

SECTIONS = {"Models": models, "Sources": emomucs, "Measured features": study, "Networks on pictures": networks,
            "Embeddings": embeddings, "Quadrants": quadrants, "Descriptors": thesis, "Happy or sad": happy_sad,
            "Harmonics": harmonics, "Rhythm and melody": rhythm_melody}
APART = ("Quadrants", "Descriptors", "Happy or sad", "Harmonics", "Rhythm and melody")  # they measure in ways of their own

state.song()  # the page is not run before app.py is
st.title("Experiments")
st.markdown("Every figure is drawn from results that a command makes again. **Paper** is what the authors reported on their "
            "own data, **here** is what was measured with the data at hand; they do not compare.")
section = state.pick("Experiment", list(SECTIONS), "experiment")
SECTIONS[section].show("" if section in APART else shown.pick_metric())

"""Models, explainers and sonification for music emotion recognition (MER)."""

__version__ = "0.1.0"

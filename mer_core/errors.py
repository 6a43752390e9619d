"""Errors a user can act on. Each message says what happened, what was kept and what to do."""


class MerError(Exception):
    """Any expected failure; the app and the command line show its text as it is."""


class AudioError(MerError):
    """The file cannot be used as a song."""


class DataError(MerError):
    """A data set is missing or not in its published layout."""


class WeightsError(MerError):
    """A model's or separator's weights are missing, or not the ones named."""


class ParameterError(MerError):
    """A value given by the caller is outside what is allowed."""


class Cancelled(MerError):
    """The user asked the work to stop; raised from inside the progress callback."""


class TooFewBeats(MerError):
    """A song has fewer successive beats than a patch of the deep belief network spans."""

    def __init__(self, found: int, seconds: float, step: float | None = None):
        """`found` beats at most follow each other in `seconds` of sound, tracked or on a grid of `step` seconds."""
        self.found, self.seconds = found, seconds
        where = "tracked in" if step is None else f"a grid of one each {step:g} s finds room for in"
        instead = "Choose an even grid (each 0.5 s or each 1 s)" if step is None else "Choose a shorter step or a longer song"
        super().__init__(f"Successive beats {where} {seconds:.1f} s of sound: {found}; at least 4 are needed. {instead}.")

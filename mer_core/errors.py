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
        """At most `found` beats follow each other in `seconds` of sound: tracked, or on an even grid of `step` s."""
        self.found, self.seconds = found, seconds
        super().__init__(
            f"No four beats in a row were found in {seconds:.1f} s of sound, at most {found}. Choose an even grid, a "
            "beat every 0.5 s or every 1 s, instead." if step is None else
            f"With a beat every {step:g} s, {seconds:.1f} s of sound hold only {found}; at least 4 are needed. Choose "
            "a smaller step or a longer song.")

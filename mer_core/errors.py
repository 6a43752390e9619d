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

"""Leaving a stem out: what is measured is that of the mixes, and what is not defined has its reason."""

import numpy as np
import pytest

from mer_core.explainers._descriptor_leave_out import left_out
from mer_core.features import mid_level
from mer_core.schema import Stems
from tests.features.lines import MINOR, SR, line, strokes, tune


@pytest.fixture(scope="module")
def song():
    y = line(tune(MINOR, times=1), 0.5)
    drums = strokes(np.arange(0.25, 8, 0.25), 10)[:len(y)]
    return Stems(("vocals", "drums", "bass"), np.stack([y, drums, np.zeros_like(y)])[:, None],
                 np.zeros((1, len(y)), np.float32), "true_stems", SR)


@pytest.fixture(scope="module")
def found(song):
    return left_out(song)


def test_each_row_describes_its_mix(song, found):
    vocals, drums, _ = song.y[:, 0]
    np.testing.assert_allclose(found.song, mid_level.of_sound(vocals + drums).values, atol=1e-4)
    np.testing.assert_allclose(found.alone[0], mid_level.of_sound(vocals).values, atol=1e-4)
    np.testing.assert_allclose(found.without[1], found.alone[0], atol=1e-3)  # the bass is silent
    np.testing.assert_allclose(found.without[2], found.song, atol=1e-4)


def test_a_silent_stem_has_reasons_and_no_numbers(found):
    assert np.isnan(found.alone[2]).all() and set(found.why_alone[2]) == set(mid_level.NAMES)


def test_the_stem_that_makes_a_descriptor_is_named(found):
    assert found.names[found.largest("articulation")] == "drums"


def test_it_can_be_stopped(song):
    def stop(fraction, text):
        raise InterruptedError(text)
    with pytest.raises(InterruptedError, match="describing the song"):
        left_out(song, progress=stop)

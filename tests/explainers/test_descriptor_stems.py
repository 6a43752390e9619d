"""The shares of the stems add up, and the stem that makes a descriptor gets it."""

import numpy as np
import pytest

from mer_core.explainers import _descriptor_stems
from mer_core.explainers._descriptor_stems import TYPICAL, descriptor_stems
from mer_core.features import mid_level
from mer_core.schema import STEM_NAMES, Stems
from tests.features.lines import MINOR, SR, line, noise, strokes, tune


@pytest.fixture(scope="module")
def song():
    """Vocals sing a minor tune, drums strike, the bass is silent, the rest is noise."""
    y = line(tune(MINOR, times=1), 0.5)
    drums = strokes(np.arange(0.25, 8, 0.25), 10)[:len(y)]
    parts = np.stack([y, drums, np.zeros_like(y), 0.3 * noise(10)[:len(y)]])[:, None]
    return Stems(STEM_NAMES, parts, 0.001 * noise(10, seed=1)[None, :len(y)], "true_stems", SR)


@pytest.fixture(scope="module")
def shares(song):
    return descriptor_stems(song)


def test_shares_add_up_to_the_descriptors_of_the_song(song, shares):
    described = mid_level.of_sound(song.mix.mean(axis=0))
    assert set(shares) == set(mid_level.NAMES) - set(described.reasons)
    for name, found in shares.items():
        assert found.output == pytest.approx(described[name], abs=1e-4)
        assert abs(found.residual) < 1e-4 and found.labels == (*STEM_NAMES, "residual")
        assert found.base == pytest.approx(TYPICAL[mid_level.NAMES.index(name)])


def test_the_stem_that_makes_a_descriptor_gets_it(shares):
    def share(name, stem):
        return shares[name].values[shares[name].labels.index(stem)]

    assert share("articulation", "drums") > 0.5 > abs(share("articulation", "bass"))
    assert share("melodiousness", "vocals") > 0 > share("melodiousness", "other")
    assert share("dissonance", "other") > 0 > share("dissonance", "vocals")
    assert share("minorness", "vocals") == max(shares["minorness"].values)
    assert all(abs(found.values[2]) < 1e-6 for found in shares.values())  # a silent stem moves nothing


def test_it_reports_and_can_be_stopped(song, monkeypatch):
    monkeypatch.setattr(_descriptor_stems.mid_level, "of_sound", lambda y: pytest.fail("nothing is heard any more"))

    def stop(fraction, text):
        raise InterruptedError(text)
    with pytest.raises(InterruptedError, match="mix 1 of 16"):
        descriptor_stems(song, progress=stop)

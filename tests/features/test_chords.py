import numpy as np
import pytest

from mer_core.audio import decode
from mer_core.features import chords
from mer_core.features.mid_level import partials
from mer_core.schema import Track, TrackInfo
from tests.features.lines import SR, line, noise, progression, strokes

CADENCE = (0, 5, 7, 0)  # C F G C


def harmony(y):
    return chords.of_partials(partials.find(y.astype(np.float32)))


def spoken(found):
    """The names of the chords, one after the other."""
    return [name for start, end, name in found.sequence if name != "none" and end - start > 0.3]


@pytest.fixture(scope="module")
def cadence():
    return harmony(progression(CADENCE))


def test_a_cadence_is_read_with_its_times_and_key(cadence):
    assert spoken(cadence) == ["C", "F", "G", "C"]
    assert cadence.key_name == "C major" and cadence.clarity > 0.8
    starts = [start for start, _, name in cadence.sequence if name != "none"]
    np.testing.assert_allclose(starts, [0, 1.5, 3, 4.5], atol=0.15)


def test_a_minor_cadence_has_minor_chords():
    found = harmony(progression((9, 2, 4, 9), minor=(0, 1, 3)))
    assert spoken(found) == ["Am", "Dm", "E", "Am"] and found.key_name == "A minor"
    values = dict(zip(chords.FUNCTIONAL, chords.functional(found.shares, found.key)))
    assert values["key_mode"] == 1 and values["tonic"] == pytest.approx(0.5, abs=0.06)
    assert values["subdominant"] == pytest.approx(0.25, abs=0.06) == values["dominant"]


@pytest.mark.parametrize("shift", [3, 6, -4])
def test_a_transposed_song_is_the_same_relative_to_its_key(cadence, shift):
    other = harmony(progression(CADENCE, shift=shift))
    assert other.key == (cadence.key + shift) % 12
    for encode in (chords.relative, chords.functional):
        np.testing.assert_allclose(encode(other.shares, other.key), encode(cadence.shares, cadence.key), atol=0.05)
    flags, moved = (chords.absolute(c.shares, c.key) for c in (cadence, other))
    np.testing.assert_array_equal(np.roll(flags[:12], shift), moved[:12])
    np.testing.assert_array_equal(np.roll(flags[12:24], shift), moved[12:24])
    assert moved[24] == (flags[24] + shift) % 12 and (moved[25:] == flags[25:]).all()
    near, far = chords.from_root(other.chroma, other.key), chords.from_root(cadence.chroma, cadence.key)
    assert np.corrcoef(near, far)[0, 1] > 0.98


def test_the_thesis_has_34_values(cadence):
    values = dict(zip(chords.ABSOLUTE, chords.absolute(cadence.shares, cadence.key)))
    assert 7 + len(chords.ABSOLUTE) == 34
    assert {name for name in chords.NAMES[:24] if values[name]} == {"C", "F", "G"}
    assert (values["key_root"], values["tonic_in_top3"], values["key_mode"]) == (0, 1, 0)


def test_a_tonic_that_is_seldom_heard_is_not_among_the_three():
    shares = np.zeros(25)
    shares[[7, 5, 9 + 12, 0]] = 0.4, 0.3, 0.2, 0.1
    assert chords.tonic_in_top3(shares, 0) == 0 and chords.tonic_in_top3(shares, 9 + 12) == 1
    assert chords.tonic_in_top3(shares, 9) == 1  # the thesis asks for the root
    assert np.isnan(chords.tonic_in_top3(shares, None))
    only = np.zeros(25)
    only[0] = 1
    assert chords.tonic_in_top3(only, 1) == 0  # two empty places count as no chord


def test_shares_and_degrees_add_up(cadence):
    assert cadence.shares.sum() == pytest.approx(1) and cadence.shares.shape == (25,)
    assert chords.relative(cadence.shares, cadence.key)[:24].sum() == pytest.approx(1 - cadence.shares[24], abs=1e-6)
    assert chords.functional(cadence.shares, cadence.key)[:4].sum() == pytest.approx(1)
    assert cadence.sequence[0][0] == 0
    assert all(a[1] == b[0] for a, b in zip(cadence.sequence, cadence.sequence[1:]))


def test_a_chord_is_not_torn_by_strokes_and_a_short_passing_tone():
    y = progression((0, 0, 7, 7), every=1.0)
    y = y + 0.3 * strokes(np.arange(0.25, 4.3, 0.5), 4.0)[:len(y)]
    y[round(1.5 * SR):round(1.6 * SR)] += line([74], 0.1)[:round(1.6 * SR) - round(1.5 * SR)]
    assert spoken(harmony(y)) == ["C", "G"]


@pytest.mark.parametrize("y", [noise(6), np.zeros(5 * SR), np.zeros(0), line([60], 0.2)[:SR // 3]],
                         ids=["noise", "silence", "nothing", "short"])
def test_what_has_no_harmony_has_no_key(y):
    found = harmony(y)
    assert found.key is None and found.key_name == "no key" and np.isnan(found.clarity)
    assert np.isfinite(found.chroma).all()
    assert np.isnan(chords.relative(found.shares, None)).all() and np.isnan(chords.functional(found.shares, None)).all()
    assert np.isnan(chords.from_root(found.chroma, None)).all()
    assert np.isnan(chords.absolute(found.shares, None)[24:]).all()


def test_noise_and_silence_are_no_chord():
    for y in (noise(6), np.zeros(5 * SR)):
        assert harmony(y).shares[chords.NONE] > 0.9


def test_a_track_is_read_with_progress():
    y = np.repeat(progression(CADENCE), 2)  # 44,100 Hz
    seen = []
    found = chords.chords(Track(TrackInfo("", "", len(y) / 44_100, 1), y[None]),
                          progress=lambda f, s: seen.append((f, s)))
    assert spoken(found) == ["C", "F", "G", "C"] and len(seen) >= 2 and not found.states.flags.writeable


def test_real_music_has_a_key_and_chords(song_file):
    found = chords.chords(decode(song_file))
    assert found.key is not None and len(spoken(found)) >= 1 and found.chroma.max() > 0.3

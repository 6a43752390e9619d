import numpy as np
import pytest

from mer_core.features import chroma
from mer_core.schema import Track, TrackInfo

SR = 44_100


def chord(midi, seconds=2.0):
    t = np.arange(int(seconds * SR)) / SR
    notes = [440 * 2 ** ((m - 69) / 12) for m in midi]
    return sum(np.sin(2 * np.pi * f * h * t) / h for f in notes for h in (1, 2)) / (2 * len(notes))


def track(y):
    y = np.asarray(y, np.float32)[None]
    return Track(TrackInfo("", "", y.shape[1] / SR, 1), y)


@pytest.mark.parametrize(("midi", "name"), [((60, 64, 67), "C major"), ((57, 60, 64), "A minor"),
                                            ((66, 70, 73), "F♯ major"), ((63, 66, 70), "E♭ minor")])
def test_a_triad_gives_its_key(midi, name):
    picture = chroma.chroma(track(chord(midi)))
    found, fit = chroma.key(picture.values.mean(axis=1))
    assert found == name and 0.6 < fit <= 1


def test_pitch_classes_stand_in_their_rows_and_octaves_share_one():
    for midi in (45, 57, 69, 81):
        values = chroma.chroma(track(chord([midi]))).values[:, 5:-5]
        assert (values.argmax(axis=0) == midi % 12).all()


def test_a_scale_gives_its_key():
    y = np.concatenate([chord([57 + k], 0.5) for k in (0, 2, 3, 5, 7, 8, 7, 3, 0)])
    assert chroma.key(chroma.chroma(track(y)).values.mean(axis=1))[0] == "A minor"


def test_the_profile_itself_fits_perfectly_in_every_key():
    rolled = np.stack([np.roll(chroma.MINOR, k) for k in range(12)], axis=1)
    fits = chroma.key_fits(rolled)
    np.testing.assert_allclose(fits[12 + np.arange(12), np.arange(12)], 1, atol=1e-9)
    slow = np.corrcoef(chroma.MAJOR, rolled[:, 4])[0, 1]
    np.testing.assert_allclose(fits[0, 4], slow, atol=1e-9)


def test_silence_has_no_pitch_and_fits_no_key():
    values = chroma.chroma(track(np.zeros(SR))).values
    assert np.isfinite(values).all() and values.max() == 0
    assert chroma.key(values.mean(axis=1))[1] == 0


def test_rows_are_drawn_from_c4_to_b4():
    freqs = chroma.chroma(track(np.zeros(SR))).grid.freqs
    np.testing.assert_allclose(freqs[[0, 9]], [261.63, 440.0], atol=0.01)


def test_a_long_song_stays_small():
    assert chroma.chroma(track(np.zeros(SR * 200))).values.shape[1] <= 4000

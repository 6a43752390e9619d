"""The thesis's pictures have its sizes and show what was played, where it was played."""

import numpy as np
import pytest

from mer_core.models._a2e_inputs import CHROMAGRAM, SPECTROGRAM, SR, WINDOW, LogBands, cut
from mer_core.schema import Track, TrackInfo


def tone(hertz: float, start: float = 0.0, seconds: float = WINDOW) -> Track:
    t = np.arange(round(seconds * SR)) / SR
    y = 0.3 * np.sin(2 * np.pi * hertz * t) * (t >= start)
    return Track(TrackInfo("t", "t", seconds, 1, SR), y[None].astype(np.float32), None)


def test_ten_seconds_have_the_sizes_of_the_thesis():
    track = tone(440)
    assert SPECTROGRAM.song(track).shape == (149, 313)
    assert CHROMAGRAM.song(track).shape == (12, 431)
    assert WINDOW * SR / LogBands().hop == pytest.approx(312, abs=1)


def test_bands_are_a_quarter_tone_apart_where_bins_allow_and_no_two_are_alike():
    spec = LogBands()
    freqs = spec.grid(1).freqs
    assert len(freqs) == 149 and (np.diff(freqs) > 0).all()
    high = freqs[freqs > 2000]
    np.testing.assert_allclose(np.diff(np.log2(high)), 1 / 24, atol=0.006)
    bank = spec.filterbank()
    assert bank.shape == (149, 1025) and (bank.max(axis=1) == 1).all()
    np.testing.assert_array_equal(bank.argmax(axis=1) * SR / spec.n_fft, freqs)


@pytest.mark.parametrize("hertz", [220.0, 1000.0, 5000.0])
def test_a_tone_lies_in_its_band_from_where_it_starts(hertz):
    track, grid = tone(hertz, start=4.0), LogBands().grid(313)
    picture = SPECTROGRAM.song(track)
    loud = picture[:, 200:300].mean(axis=1)
    assert abs(np.log2(grid.freqs[loud.argmax()] / hertz)) < 1 / 16
    row = picture[loud.argmax()]
    assert row[grid.times < 3.9].max() == 0 and row[grid.times > 4.1].min() > 0.5


def test_an_a_is_an_a_in_every_octave():
    for hertz in (220.0, 440.0, 880.0):
        assert CHROMAGRAM.song(tone(hertz))[:, 200].argmax() == 9


def test_a_window_lies_between_the_start_and_the_end():
    picture = np.arange(20.0)[None].repeat(2, axis=0)
    starts = [cut(picture, 5, at)[0, 0, 0] for at in (0, 0.5, 1)]
    assert starts == [0, 8, 15] and cut(picture, 5, 1).shape == (1, 2, 5)
    assert cut(picture[:, :3], 5, 0.5).tolist() == [[[0, 1, 2, 0, 0]] * 2]

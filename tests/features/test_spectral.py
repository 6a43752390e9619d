import librosa
import numpy as np
import pytest

from mer_core.features import spectral
from mer_core.schema import Track, TrackInfo


def track(y, sr=44_100):
    y = np.atleast_2d(np.asarray(y, np.float32))
    return Track(TrackInfo(id="", title="", duration=y.shape[1] / sr, channels=len(y), sr=sr), y)


def tone(hz, seconds, sr=44_100, gain=1.0):
    return gain * np.sin(2 * np.pi * hz * np.arange(int(seconds * sr)) / sr)


@pytest.mark.parametrize(("n_fft", "hop", "samples"), [(2048, 512, 70_000), (512, 256, 513), (512, 100, 600)])
def test_stft_agrees_with_librosa(n_fft, hop, samples):
    y = np.random.default_rng(0).normal(0, 0.1, samples).astype(np.float32)
    ours = spectral.stft(y, n_fft, hop)
    theirs = librosa.stft(y, n_fft=n_fft, hop_length=hop, pad_mode="constant")
    assert ours.shape == theirs.shape == spectral.grid(ours.shape[1], 22_050, n_fft, hop).shape
    np.testing.assert_allclose(ours, theirs, atol=1e-4)


def test_blocks_do_not_show():
    y = np.random.default_rng(1).normal(0, 0.1, 40_000)
    whole = np.concatenate(list(spectral.stft_blocks(y, 1024, 256)))
    small = np.concatenate(list(spectral.stft_blocks(y, 1024, 256, block=7)))
    np.testing.assert_allclose(small, whole, atol=1e-5)


def test_a_tone_stands_at_its_hertz_second_and_level():
    y = np.concatenate([np.zeros(44_100), tone(1000, 1, gain=0.1), np.zeros(44_100)])
    picture = spectral.spectrogram(track(y))
    row, column = np.unravel_index(picture.values.argmax(), picture.values.shape)
    assert abs(picture.grid.freqs[row] / 1000 - 1) < 0.02
    assert 1.0 < picture.grid.times[column] < 2.0
    at = picture.values[:, np.searchsorted(picture.grid.times, 1.5)]
    assert -26 < at.max() < -19  # a row is narrower than the main lobe or holds part of it
    assert picture.values[:, picture.grid.times < 0.9].max() <= -99


def test_a_long_song_stays_small_and_keeps_its_click():
    y = np.zeros(44_100 * 300, np.float32)
    y[44_100 * 200] = 1
    picture = spectral.spectrogram(track(y))
    assert picture.values.shape[1] <= spectral.MAX_FRAMES
    assert abs(picture.grid.times[picture.values.max(axis=0).argmax()] - 200) < 0.2


def test_pooling_keeps_extremes_means_and_times():
    values, times = np.arange(14.0).reshape(2, 7), np.arange(7.0)
    top, at = spectral.pooled(values, times, 3)
    np.testing.assert_allclose(top, [[2, 5, 6], [9, 12, 13]])
    np.testing.assert_allclose(at, [1, 4, 6])
    mean, _ = spectral.pooled(values, times, 3, np.add)
    np.testing.assert_allclose(mean, [[1, 4, 6], [8, 11, 13]])


def test_every_bin_between_the_edges_is_shown_once():
    rows, freqs = spectral.log_rows(44_100, 4096)
    edges = np.geomspace(spectral.VIEW_LOW, spectral.VIEW_HIGH, spectral.VIEW_ROWS + 1)
    np.testing.assert_allclose(rows.sum(axis=1), 1, atol=1e-5)  # flat power reads flat
    weight = (np.diff(edges) @ rows.toarray()) / (44_100 / 4096)  # and each bin's power is spread once
    np.testing.assert_allclose(weight[10:1400], 1, atol=1e-4)
    assert (np.diff(freqs) > 0).all()


def test_blocks_of_a_song_are_those_of_the_mean_of_its_channels():
    y = np.random.default_rng(2).normal(0, 0.1, (2, 5000)).astype(np.float32)
    both, mean = (np.concatenate(list(spectral.stft_blocks(x, 512, 128, block=9))) for x in (y, y.mean(axis=0)))
    np.testing.assert_array_equal(both, mean)

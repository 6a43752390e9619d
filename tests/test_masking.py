"""A gain on the STFT and the way back: exact, in phase, in little memory."""

import tracemalloc

import librosa
import numpy as np
import pytest

from mer_core.errors import ParameterError
from mer_core.masking import HOP, N_FFT, apply_mask, stft_grid
from tests.explanations import SR, noise, two_tones


@pytest.mark.parametrize("samples", [1, 100, HOP, N_FFT, 10 * HOP + 1, 3 * SR])
@pytest.mark.parametrize("channels", [1, 2])
def test_a_mask_of_ones_gives_the_input_back(samples, channels):
    y = np.clip(noise(3, channels, level=0.4)[:, :samples], -1, 1)
    out = apply_mask(y, np.ones(stft_grid(samples, SR).shape, np.float32))
    assert out.shape == y.shape and out.dtype == np.float32
    assert np.abs(out - y).max() <= 1e-5


@pytest.mark.parametrize("n_fft, hop", [(4096, 1024), (1024, 512), (2048, 256)])
def test_other_sizes_too(n_fft, hop):
    y = noise(1)
    out = apply_mask(y, np.ones(stft_grid(SR, SR, n_fft, hop).shape, np.float32), n_fft, hop)
    assert np.abs(out - y).max() <= 1e-5


def test_the_original_phase_is_kept():
    y = two_tones()
    out = apply_mask(y, np.full(stft_grid(y.shape[1], SR).shape, 0.5, np.float32))
    assert np.abs(out - 0.5 * y).max() <= 1e-5


def test_a_gain_of_another_shape_or_an_odd_hop_is_refused():
    with pytest.raises(ParameterError, match=r"expected a gain of shape \(1025, 88\)"):
        apply_mask(noise(1), np.ones((1025, 10), np.float32))
    with pytest.raises(ParameterError, match="two or more hops"):
        apply_mask(noise(1), np.ones((501, 45), np.float32), 1000, 999)


def test_masking_needs_little_more_memory_than_its_result():
    y = np.zeros((2, 60 * SR), np.float32)
    gain = np.ones(stft_grid(y.shape[1], SR).shape, np.float32)
    tracemalloc.start()
    apply_mask(y, gain)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 3 * y.nbytes + 40e6  # the result, the windows' sum, and one block that does not grow with the song


def test_it_is_the_papers_way_there_and_back():
    y = noise(2)
    grid = stft_grid(y.shape[1], SR)
    gain = np.random.default_rng(3).random(grid.shape, np.float32) ** 2  # equation 24 on a relevance of 0 to 1
    expected = librosa.istft(librosa.stft(y, n_fft=N_FFT, hop_length=HOP) * gain[:, :1 + y.shape[1] // HOP],
                             hop_length=HOP, length=y.shape[1])
    assert grid.times == pytest.approx(np.arange(grid.shape[1]) * HOP / SR)  # equation 13
    assert grid.freqs == pytest.approx(np.arange(grid.shape[0]) * SR / N_FFT)
    inner = slice(0, y.shape[1] - N_FFT)  # librosa leaves out our last frame, which lies past the end
    np.testing.assert_allclose(apply_mask(y, gain)[:, inner], expected[:, inner], atol=2e-5)


def test_progress_rises_to_one():
    seen = []
    y = noise(15)
    apply_mask(y, np.ones(stft_grid(y.shape[1], SR).shape, np.float32), progress=lambda share, text: seen.append(share))
    assert len(seen) > 2 and seen == sorted(seen) and seen[-1] == 1

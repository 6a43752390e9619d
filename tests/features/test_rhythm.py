import numpy as np
import pytest

from mer_core.features import rhythm
from mer_core.schema import Track, TrackInfo

SR = 44_100


def clicks(bpm, seconds=20.0, jitter=0.0):
    rng = np.random.default_rng(0)
    y = np.zeros(int(seconds * SR), np.float32)
    times = np.arange(0.5, seconds - 0.5, 60 / bpm)
    for t in times + rng.uniform(-jitter, jitter, len(times)):
        burst = rng.normal(0, 0.3, 800) * np.exp(-np.arange(800) / 150)
        y[int(t * SR):int(t * SR) + 800] += burst.astype(np.float32)
    return Track(TrackInfo("", "", seconds, 1), y[None]), times


@pytest.mark.parametrize("bpm", [80, 100, 120, 150])
def test_clicks_give_their_tempo_and_beats(bpm):
    track, times = clicks(bpm)
    found = rhythm.rhythm(track)
    assert abs(found.tempo - bpm) < 0.02 * bpm
    assert found.pulse_clarity > 0.6
    nearest = np.abs(found.beats[:, None] - times).min(axis=1)
    assert (nearest < 0.05).mean() > 0.9
    assert abs(len(found.beats) - len(times)) <= 2


def test_an_unsteady_pulse_is_less_clear():
    steady, _ = clicks(120)
    loose, _ = clicks(120, jitter=0.2)
    assert rhythm.rhythm(loose).pulse_clarity < rhythm.rhythm(steady).pulse_clarity - 0.2


def test_silence_has_no_tempo_and_no_beats():
    found = rhythm.rhythm(Track(TrackInfo("", "", 5, 1), np.zeros((1, 5 * SR))))
    assert found.tempo == 0 and found.pulse_clarity == 0 and len(found.beats) == 0
    assert np.isfinite(found.onset).all()


def test_autocorrelation_agrees_with_its_definition():
    x = np.random.default_rng(0).normal(size=(2, 50))
    ours = rhythm.autocorrelation(x, 20)
    c = x - x.mean(axis=1, keepdims=True)
    slow = np.array([[np.mean(row[:50 - k] * row[k:]) / np.mean(row ** 2) for k in range(20)] for row in c])
    np.testing.assert_allclose(ours, slow, atol=1e-9)
    assert rhythm.autocorrelation(x[:, :5], 20).shape == (2, 20)


def test_a_gain_changes_no_onset():
    y = np.random.default_rng(0).normal(0, 0.1, (128, 40)) * 20
    np.testing.assert_allclose(rhythm.onset_strength(y - 20), rhythm.onset_strength(y), atol=1e-9)


def test_onset_peaks_count_separate_strokes():
    onset = np.zeros(430)
    onset[20::43] = 5
    assert rhythm.onset_peaks(onset, 43.07).sum() == 10

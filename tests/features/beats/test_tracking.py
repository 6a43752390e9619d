"""Beats: on clicks of known tempo, on our own songs, and where there are none."""

import json
from dataclasses import replace

import numpy as np
import pytest
from scipy.ndimage import laplace

from mer_core.audio import decode
from mer_core.errors import MerError, ParameterError, TooFewBeats
from mer_core.features import spectral
from mer_core.features.beats import GRIDS, track_beats, tracking
from mer_core.features.beats.separation import split
from tests.conftest import DEMOS
from tests.features.lines import SR, strokes, tone


@pytest.mark.parametrize("bpm", (60, 90, 120, 150))
def test_clicks_are_found_where_they_are(bpm):
    struck = np.arange(0.5, 15, 60 / bpm)
    beats = track_beats(strokes(struck, 15.0), SR)
    assert beats.grid == "tracked" and 60 / np.median(np.diff(beats.times)) == pytest.approx(bpm, rel=0.01)
    missed = np.abs(struck[1:-1, None] - beats.times).min(axis=1)
    assert missed.max() < 0.03 and len(beats.times) <= len(struck)


def test_a_beat_goes_on_under_a_chord():
    struck = np.arange(0.5, 10, 0.6)
    y = strokes(struck, 10.0)
    y[:10 * SR] += sum(tone(p, 10.0) for p in (50, 57, 66))
    beats = track_beats(y, SR)
    assert np.median(np.diff(beats.times)) == pytest.approx(0.6, abs=0.01)
    assert np.abs(beats.times[1:-1, None] - struck).min(axis=1).max() < 0.03


@pytest.mark.parametrize("slug, times", (("sunday_sprint", 1), ("iron_stairwell", 1), ("letter_unsent", 2)))
def test_the_tempo_of_our_songs(slug, times):
    written = next(d["tempo"] for d in json.loads((DEMOS / "demos.json").read_text()) if d["slug"] == slug)
    beats = track_beats(spectral.mono(decode(DEMOS / slug / "mix.flac"), SR), SR)
    assert 60 / np.median(np.diff(beats.times)) == pytest.approx(times * written, rel=0.02)


def profile_at_once(y):
    """Figure 1, middle, step by step over the whole sound."""
    part, mel = tracking.SEPARATION, tracking.MEL
    _, percussive = split(np.abs(spectral.stft(y, part.n_fft, part.hop).T), part.step)
    level = 10 * np.log10(np.maximum(percussive ** 2 @ mel.filterbank().T, tracking.FLOOR))
    return np.maximum(-laplace(level).mean(axis=1), 0)


@pytest.mark.parametrize("block", (100, 333, 5000))
def test_the_profile_does_not_depend_on_blocks(block, monkeypatch):
    y = strokes((0.3, 0.9, 1.4), 2.0)
    monkeypatch.setattr(tracking, "SEPARATION", replace(tracking.SEPARATION, block=block))
    profile = tracking.onset_profile(y)
    assert profile.dtype == np.float32 and len(profile) == 1 + len(y) // 64
    np.testing.assert_allclose(profile, profile_at_once(y), atol=2e-3)
    for at in (0.3, 0.9, 1.4):
        near = profile[round((at - 0.03) * tracking.RATE):round((at + 0.03) * tracking.RATE)]
        assert near.max() > 0.7 * profile.max() / 2


@pytest.mark.parametrize("name, y", (
    ("nothing", np.zeros(0)), ("one sample", np.zeros(1)), ("silence", np.zeros(5 * SR)),
    ("direct current", np.ones(5 * SR)),
    ("a tone", 0.3 * np.sin(np.arange(5 * SR) * 0.1)), ("a click", strokes([2.0], 5.0)),
    ("three clicks", strokes([1.0, 1.5, 2.0], 5.0)),
    ("a click each 20 s", strokes(np.arange(5, 60, 20), 60.0))), ids=lambda v: v if isinstance(v, str) else "")
def test_too_few_beats_are_said(name, y):
    with pytest.raises(TooFewBeats, match="even grid") as caught:
        track_beats(np.asarray(y, np.float32), SR)
    assert isinstance(caught.value, MerError) and 0 <= caught.value.found < 4
    assert f"at most {caught.value.found}" in str(caught.value) and f"{len(y) / SR:.1f} s" in str(caught.value)


def test_noise_gets_a_grid_or_a_statement():
    y = np.random.default_rng(0).normal(0, 0.1, 6 * SR).astype(np.float32)
    try:
        beats = track_beats(y, SR)
    except TooFewBeats:
        return
    assert len(beats.times) >= 4 and (np.diff(beats.times) > 0.1).all()


def test_beats_in_a_short_pause_are_left_out():
    struck = np.concatenate([np.arange(0.5, 6, 0.5), np.arange(8, 14, 0.5)])
    beats = track_beats(strokes(struck, 14.0), SR)
    assert not np.any((beats.times > 5.7) & (beats.times < 7.8))
    assert np.abs(beats.times[:, None] - struck).min(axis=1).max() < 0.03
    assert "left out" in beats.note and int(beats.note.rstrip(".").split()[-1]) in (3, 4)


def test_beats_are_counted_through_a_long_pause():
    struck = np.concatenate([np.arange(0.5, 6, 0.5), np.arange(16, 22, 0.5)])
    beats = track_beats(strokes(struck, 22.0), SR)
    assert np.diff(beats.times).max() < 1.1 and np.diff(beats.edges).max() < 1.1
    assert np.abs(beats.times[:, None] - struck).min(axis=0).max() < 0.03
    assert "counted through" in beats.note and int(beats.note.rstrip(".").split()[-1]) in range(15, 26)


@pytest.mark.parametrize("grid, step", (("even 0.5 s", 0.5), ("even 1 s", 1.0)))
def test_an_even_grid_needs_no_sound(grid, step):
    beats = track_beats(np.zeros(round(6.2 * SR), np.float32), SR, grid)
    np.testing.assert_allclose(beats.times, np.arange(0, 6 if step == 1 else 5.9, step))
    np.testing.assert_allclose(np.diff(beats.edges), step)
    assert beats.edges[-1] <= 6.2 and beats.grid == grid


def test_a_short_song_has_room_for_four_short_steps():
    y = np.zeros(2 * SR, np.float32)
    assert len(track_beats(y, SR, "even 0.5 s").times) == 4
    with pytest.raises(TooFewBeats, match="hold only 2") as caught:
        track_beats(y, SR, "even 1 s")
    assert caught.value.found == 2


def test_the_grids_have_names():
    assert GRIDS == ("tracked", "even 0.5 s", "even 1 s")
    with pytest.raises(ParameterError, match="'each bar'.*even 1 s"):
        track_beats(np.zeros(SR, np.float32), SR, "each bar")


@pytest.mark.parametrize("times, run", (([], 0), ([1.0], 1), ([0, 1, 2, 9, 10], 3), ([0, 9, 10, 11, 12], 4)))
def test_the_longest_run(times, run):
    assert tracking.longest_run(np.array(times, float)) == run

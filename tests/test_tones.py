"""The tone row in numbers: its pitches, its length, its silence."""

import numpy as np
import pytest

from mer_core import tones
from mer_core.consonance import ConsonanceProfile, intervals
from mer_core.errors import ParameterError
from mer_core.loudness import loudness, true_peak
from mer_core.tones import number, steps, tone_row

SR = 44_100
OCTAVES = 6


def profiled(*moments: dict[tuple[int, int], float], a4: float = 440.0) -> ConsonanceProfile:
    """A half second each of {(pitch class, octave): brightness}, five columns each; negative speaks against."""
    octaves = np.zeros((12, OCTAVES, 5 * len(moments)))
    for i, moment in enumerate(moments):
        for place, value in moment.items():
            octaves[(*place, slice(5 * i, 5 * i + 5))] = value
    bright = np.maximum(octaves, 0).sum(axis=1)
    times = (np.arange(octaves.shape[-1]) + 0.5) * 0.1
    return ConsonanceProfile(times, bright, octaves, intervals(bright), bright.sum(axis=0), "contentment", a4)


def peaks(y: np.ndarray, start: float, end: float, count: int) -> list[float]:
    """Hz, the `count` strongest peaks of the spectrum, between bins by a parabola, in order."""
    part = y[round(start * SR):round(end * SR)]
    size = 1 << 18
    spectrum = np.abs(np.fft.rfft(part * np.hanning(len(part)), size))
    width = round(20 / SR * size)
    found = []
    for _ in range(count):
        k = int(spectrum.argmax())
        a, b, c = np.log(spectrum[k - 1:k + 2])
        found.append((k + 0.5 * (a - c) / (a - 2 * b + c)) * SR / size)
        spectrum[max(k - width, 0):k + width] = 0
    return sorted(found)


C_MAJOR = {(3, 3): 3.0, (7, 3): 2.0, (10, 2): 1.5}  # C5, E5, G4
F_SHARP = {(9, 3): 1.0}


@pytest.mark.parametrize("a4", [440.0, 432.0, 447.7])
def test_the_brightest_tones_sound_as_the_song_is_tuned(a4):
    y = tone_row(profiled(C_MAJOR, C_MAJOR, F_SHARP, F_SHARP, a4=a4), 2.0, SR)
    expected = np.array([a4 * 2 ** (-2 / 12), a4 * 2 ** (3 / 12), a4 * 2 ** (7 / 12)])
    np.testing.assert_allclose(peaks(y, 0.05, 0.95, 3), expected, rtol=5e-4)
    np.testing.assert_allclose(peaks(y, 1.15, 1.85, 1), [a4 * 2 ** (9 / 12)], rtol=5e-4)


def test_steps_name_their_tones_by_brightness():
    first, second = steps(profiled({**C_MAJOR, (0, 0): 0.5, (1, 1): 1.4}, F_SHARP), 1.0)
    assert [tone.name for tone in first.tones] == ["C5", "E5", "G4"] and (first.start, first.end) == (0.0, 0.5)
    assert [tone.share for tone in first.tones] == pytest.approx([3 / 6.5, 2 / 6.5, 1.5 / 6.5])
    assert [tone.name for tone in second.tones] == ["F♯5"] and second.strength == pytest.approx(1 / 8.4)


def test_a_much_darker_pitch_class_does_not_sound_with_the_brightest():
    only, = steps(profiled({(3, 3): 3.0, (7, 3): 0.9}), 0.5)
    assert [tone.name for tone in only.tones] == ["C5"]


def test_what_stands_out_is_what_is_not_always_bright():
    moments = [{(3, 3): 5.0, (7, 3): 1.0}, {(3, 3): 5.0}, {(3, 3): 5.0, (10, 2): 2.0}, {(3, 3): 5.0}]
    names = [[tone.name for tone in step.tones] for step in steps(profiled(*moments), 2.0, standing_out=True)]
    assert names == [["E5"], [], ["G4"], []]
    assert [step.tones[0].name for step in steps(profiled(*moments), 2.0)] == ["C5"] * 4


def test_what_speaks_against_the_target_is_not_played():
    only, = steps(profiled({(3, 3): 1.0, (7, 3): -5.0}), 0.5)
    assert [tone.name for tone in only.tones] == ["C5"]


@pytest.mark.parametrize("hertz, pitch_class, name", [
    (440.0, 0, 4), (55.0, 0, 1), (493.9, 2, 4), (523.25, 3, 5), (61.7, 2, 1), (65.4, 3, 2),
    (432 * 2 ** (11 / 12), 11, 5), (452.0, 0, 4)])
def test_octaves_change_from_b_to_c(hertz, pitch_class, name):
    assert number(pitch_class, hertz) == name


def test_silence_where_the_model_saw_nothing():
    y = tone_row(profiled(C_MAJOR, {}, {}, C_MAJOR, {(3, 3): 0.01}), 2.5, SR)
    assert not y[round((0.5 + tones.FADE) * SR):round(1.5 * SR)].any() and not y[round((2.0 + tones.FADE) * SR):].any()
    assert np.abs(y[:SR // 2]).max() > 0.01 < np.abs(y[round(1.6 * SR):2 * SR]).max()
    assert not tone_row(profiled({}, {(3, 3): -1.0}), 1.0, SR).any()
    assert not tone_row(profiled({(3, 3): 0.009}), 0.5, SR).any(), "the brightest of the song, but next to nothing"


@pytest.mark.parametrize("duration", [1.0, 1.23456, 3.7])
def test_it_is_as_long_as_the_song(duration):
    assert tone_row(profiled(C_MAJOR, F_SHARP), duration, SR).shape == (round(duration * SR),)


def test_no_clicks():
    """Nothing moves faster than the tones themselves: above their highest partials there is nothing."""
    y = tone_row(profiled(C_MAJOR, F_SHARP, {}, C_MAJOR, C_MAJOR), 2.5, SR).astype(float)
    assert y[0] == 0 and abs(y[-1]) < 1e-4
    spectrum = np.abs(np.fft.rfft(y * np.hanning(len(y))))
    hertz = np.fft.rfftfreq(len(y), 1 / SR)
    assert spectrum[hertz > 6000].max() < 1e-4 * spectrum.max()
    beside = np.abs(np.diff(y)).max()
    assert beside < 2 * np.pi * 740 * tones.PARTIALS / SR * np.abs(y).max()


def test_a_held_tone_goes_on_without_a_gap():
    y = tone_row(profiled(F_SHARP, F_SHARP), 1.0, SR).astype(float)
    level = np.sqrt(np.convolve(y ** 2, np.ones(441) / 441, "same"))
    inside = level[round(0.1 * SR):round(0.85 * SR)]
    assert inside.min() > 0.9 * inside.max()


@pytest.mark.parametrize("asked", [-30.0, -23.0, -16.0])
def test_as_loud_as_asked_for_and_never_near_full_scale(asked):
    y = tone_row(profiled(*[C_MAJOR] * 6), 3.0, SR, loudness=asked)
    assert loudness(y, SR) == pytest.approx(asked, abs=0.1) and true_peak(y, SR) < 0.9
    assert true_peak(tone_row(profiled(*[C_MAJOR] * 6), 3.0, SR, loudness=0.0), SR) == pytest.approx(0.85, abs=0.01)


def test_the_same_profile_gives_the_same_samples():
    first, second = (tone_row(profiled(C_MAJOR, F_SHARP), 1.0, SR) for _ in range(2))
    np.testing.assert_array_equal(first, second)


def test_high_tones_have_no_partials_beyond_what_the_rate_can_hold():
    y = tone_row(profiled({(11, 5): 1.0}), 0.5, 8_000)
    spectrum = np.abs(np.fft.rfft(y))
    hertz = np.fft.rfftfreq(len(y), 1 / 8_000)
    assert hertz[spectrum.argmax()] == pytest.approx(440 * 2 ** (2 + 11 / 12), rel=0.01)
    assert spectrum[hertz < 3000].max() < 0.01 * spectrum.max()


@pytest.mark.parametrize("choice", [{"step": 0.0}, {"step": 60.0}, {"count": 0}, {"count": 13}])
def test_a_tone_row_without_tones_or_steps_is_refused(choice):
    with pytest.raises(ParameterError, match="tone row"):
        tone_row(profiled(C_MAJOR), 1.0, SR, **choice)

import numpy as np
import pytest

from mer_core.audio import decode
from mer_core.features import mid_level
from mer_core.features.mid_level import (NAMES, articulation, dissonance, intervals, melody, partials, pulse, tonality,
                                         windows)
from mer_core.features.mid_level import strokes as beginnings
from mer_core.schema import Track, TrackInfo
from tests.features.lines import MAJOR, MINOR, SR, line, noise, strokes, tone, tune


def described(y, **options):
    return mid_level.of_sound(y, **options)


def track(y, sr=44_100):
    return Track(TrackInfo("", "", len(y) / sr, 1), np.asarray(y, np.float32)[None])


@pytest.fixture(scope="module")
def legato():
    return described(line(tune(MAJOR), 0.4), pictures=True)


def test_a_staccato_line_is_more_detached_than_a_legato_line(legato):
    staccato = described(line(tune(MAJOR), 0.4, held=0.12))
    assert staccato["articulation"] > 1.2 > 0.5 > legato["articulation"]  # of 2.5 sounds a second


def test_the_longer_the_rests_the_more_staccato():
    held = [described(line(tune(MAJOR, times=2), 0.5, held=h))["articulation"] for h in (0.45, 0.3, 0.2, 0.1)]
    assert held == sorted(held)


def test_fast_legato_is_less_staccato_than_slow_staccato():
    fast, slow = described(line(tune(MAJOR), 0.25)), described(line(tune(MAJOR), 1.0, held=0.2))
    assert slow["articulation"] > fast["articulation"]


def test_a_tritone_cluster_is_rougher_than_a_triad():
    triad, cluster = (described(line([chord] * 6, 1.0)) for chord in ((60, 64, 67), (60, 61, 66, 67)))
    assert cluster["dissonance"] > 1.5 * triad["dissonance"]
    assert cluster["tonal_stability"] < triad["tonal_stability"] - 0.2


def test_a_voice_alone_is_smooth_and_noise_is_rough(legato):
    assert legato["dissonance"] < 0.3 and described(noise())["dissonance"] > 2


def test_roughness_is_the_formula_of_sethares():
    freqs, amps = np.array([[500.0, 540.0, 700.0]]), np.array([[1.0, 0.5, 0.25]])
    slow = 0.0
    for i in range(3):
        for j in range(i + 1, 3):
            x = 0.24 * (freqs[0, j] - freqs[0, i]) / (0.0207 * freqs[0, i] + 18.96)
            slow += amps[0, i] * amps[0, j] * (np.exp(-3.5 * x) - np.exp(-5.75 * x))
    heard = partials.Partials(np.arange(20.0), np.repeat(freqs, 20, 0), np.repeat(amps, 20, 0))
    found = dissonance.measure(heard, [(0, 20)])
    assert found.value == pytest.approx(2 * slow / (1 + 0.25 + 0.0625) / dissonance.PEAK, rel=1e-5)
    two = partials.Partials(np.arange(20.0), np.full((20, 2), [500.0, 560.0]), np.ones((20, 2)))
    nearer = [dissonance.measure(partials.Partials(two.times, two.freqs + [0, d], two.amps), [(0, 20)]).value
              for d in range(-55, 60)]
    assert max(nearer) == pytest.approx(1, abs=0.01)  # two equal partials at their roughest


def test_a_minor_tune_is_told_from_a_major_one(legato):
    minor = described(line(tune(MINOR), 0.4))
    assert minor["minorness"] > 0.1 and legato["minorness"] < -0.1


def test_a_key_that_stays_is_more_stable_than_one_that_moves(legato):
    moving = [p for root in (60, 66, 61, 67) for p in tune(MAJOR, root, 1)]
    chromatic = list(range(60, 72)) * 3
    values = [described(line(notes, 0.4))["tonal_stability"] for notes in (moving, chromatic)]
    assert legato["tonal_stability"] > 0.8 and max(values) < legato["tonal_stability"] - 0.15


def test_a_transposed_tune_has_the_same_tonality(legato):
    other = described(line(tune(MAJOR, 65), 0.4))
    assert other["tonal_stability"] == pytest.approx(legato["tonal_stability"], abs=0.06)
    assert other["minorness"] == pytest.approx(legato["minorness"], abs=0.1)


def test_a_tune_a_quarter_tone_off_has_a_key():
    flat = described(line(tune(MAJOR, 60.4), 0.4))
    assert flat["tonal_stability"] > 0.8 and flat["minorness"] < -0.1


def test_a_metronome_is_steady_and_simple_rubato_and_chance_are_not():
    rng = np.random.default_rng(0)
    steady = described(strokes(np.arange(0.3, 12, 0.5)))
    rubato = described(strokes(0.3 + np.cumsum(0.5 * (1 + 0.35 * np.sin(0.7 * np.arange(22))))))
    chance = described(strokes(np.sort(rng.uniform(0.3, 12, 26))))
    assert steady["rhythm_stability"] > 0.9 and steady["rhythm_complexity"] < 0.2
    assert max(rubato["rhythm_stability"], chance["rhythm_stability"]) < 0.5
    assert chance["rhythm_complexity"] > rubato["rhythm_complexity"] > steady["rhythm_complexity"] + 1


def test_three_against_four_is_steady_and_more_complex_than_one_beat():
    beat = described(strokes(np.arange(0.3, 12, 0.6)))
    both = described(strokes(np.concatenate([np.arange(0.3, 12, 0.6), np.arange(0.3, 12, 0.45)])))
    assert both["rhythm_complexity"] > beat["rhythm_complexity"] + 0.8
    assert both["rhythm_stability"] > 0.4


def test_a_sung_line_is_more_melodious_than_strokes_and_noise():
    sung = described(line([60, 64, 67, 65, 64, 62, 64, 60] * 2, 0.6, vibrato=0.5))
    others = [described(noise())["melodiousness"], described(strokes(np.arange(0.3, 12, 0.25)))["melodiousness"]]
    assert sung["melodiousness"] > 0.7 and max(others) < 0.35


def test_a_line_over_chords_is_less_melodious_than_alone():
    notes = [72, 76, 79, 77, 76, 74, 76, 72]
    alone = described(line(notes, 0.8))
    accompanied = described(line(notes, 0.8) + line([(48, 52, 55)] * 8, 0.8))
    assert alone["melodiousness"] > accompanied["melodiousness"] + 0.1


def test_the_leading_pitch_is_the_tune():
    y = line([60, 64, 67, 72], 0.6)
    found = melody.PITCHES[melody.leading(melody.salience(partials.find(y)))]
    at = np.round((np.arange(4) * 0.6 + 0.3) * partials.RATE).astype(int)
    np.testing.assert_allclose(found[at], [60, 64, 67, 72], atol=0.4)


@pytest.mark.parametrize("name", NAMES)
def test_a_picture_adds_up_to_its_descriptor(name):
    y = line(tune(MINOR), 0.5, held=0.3)
    y = y + strokes(np.arange(0.2, 22, 0.25), 25)[:len(y)]
    found = described(y, pictures=True)
    picture = found.pictures[name]
    assert picture.values.sum(dtype=float) == pytest.approx(found[name], abs=1e-3)
    assert picture.values.shape == picture.grid.shape and (np.diff(picture.grid.times) > 0).all()


def test_a_picture_shows_what_the_descriptor_is_made_of():
    late = line([(72, 73, 78, 79)] * 2, 1.0)  # a cluster from 523 Hz up, in the last two seconds
    y = np.concatenate([line([48] * 8, 1.0), late])
    picture = described(y, pictures=True).pictures["dissonance"]
    where = np.ix_(picture.grid.freqs > 500, picture.grid.times > 8)
    assert picture.values[where].sum() > 0.5 * picture.values.sum()
    sung = described(line([76] * 16, 0.5), pictures=True).pictures["melodiousness"]
    rows = np.abs(12 * np.log2(sung.grid.freqs / (440 * 2 ** (7 / 12)))) < 1
    assert sung.values[rows].sum() > 0.5 * sung.values.sum()


def test_the_curve_follows_a_change():
    y = np.concatenate([line(tune(MAJOR), 0.4)[:15 * SR], line(tune(MINOR), 0.4)[:15 * SR]])
    found = described(y)
    curve = found.curves[NAMES.index("minorness")]
    assert curve[0] < -0.1 and curve[-1] > 0.1 and len(found.times) == len(curve) == 9
    np.testing.assert_allclose(found.times[[0, -1]], [5, 25], atol=0.3)
    np.testing.assert_allclose(np.nanmean(found.curves, axis=1), found.values, atol=1e-5)


def test_a_gain_changes_nothing():
    y = line(tune(MINOR), 0.4, held=0.2)
    loud, quiet = described(y), described(0.1 * y)
    np.testing.assert_allclose(quiet.values, loud.values, atol=0.02)


@pytest.mark.parametrize(("y", "words"), [(np.ones(SR // 2), "0.5 s of sound"), (np.zeros(5 * SR), "nothing to hear"),
                                          (np.zeros(0), "0.0 s of sound"), (np.full(5 * SR, 1e-5), "nothing to hear")])
def test_too_short_and_silent_sounds_are_refused_in_words(y, words):
    found = described(y.astype(np.float32), pictures=True)
    assert np.isnan(found.values).all() and set(found.reasons) == set(NAMES) and not found.pictures
    assert all(words in reason and reason.endswith(".") for reason in found.reasons.values())


def test_noise_has_no_rhythm_and_no_key():
    found = described(noise(), pictures=True)
    undefined = {"articulation", "rhythm_stability", "rhythm_complexity", "tonal_stability", "minorness"}
    assert set(found.reasons) == undefined == {n for n in NAMES if np.isnan(found[n])}
    assert "onset" in found.reasons["rhythm_stability"] and "no key" in found.reasons["minorness"]
    assert set(found.pictures) == set(NAMES) - undefined


def test_a_held_tone_has_no_rhythm_and_drums_have_no_key():
    held, drums = described(tone(57, 8).astype(np.float32)), described(strokes(np.arange(0.3, 12, 0.5)))
    assert {"articulation", "rhythm_stability", "rhythm_complexity"} <= set(held.reasons)
    assert {"tonal_stability", "minorness"} <= set(drums.reasons) and drums["rhythm_stability"] > 0.9


@pytest.mark.parametrize("y", [np.eye(1, 4 * SR, SR)[0], np.full(4 * SR, 0.5), np.sign(noise(4)), noise(3.01, 1e-3),
                               np.concatenate([np.zeros(20 * SR), line([60, 64, 67, 72], 0.5)])],
                         ids=["click", "offset", "clipped", "quiet", "late"])
def test_odd_sounds_never_fail(y):
    found = described(y.astype(np.float32), pictures=True)
    assert {n for n in NAMES if np.isnan(found[n])} == set(found.reasons)
    assert not np.isinf(found.values).any()


def test_a_track_is_described_at_any_rate():
    y = line(tune(MAJOR, times=2), 0.4)
    wide = np.interp(np.arange(2 * len(y)) / 2, np.arange(len(y)), y)  # 44,100 Hz
    seen = []
    found = mid_level.describe(track(wide), pictures=False, progress=lambda f, s: seen.append(f))
    np.testing.assert_allclose(found.values, described(y).values, atol=0.08)
    assert seen == sorted(seen) and not found.pictures and not found.values.flags.writeable


def test_windows_cover_a_song_and_end_with_it():
    np.testing.assert_allclose(windows.starts(30.0), np.arange(0, 21, 2.5))
    np.testing.assert_allclose(windows.starts(4.0), [0])
    assert windows.starts(11.0).tolist() == [0, 1]
    assert windows.spans(np.arange(0, 4, 0.5), 4.0) == [(0, 8)]


def test_real_music_has_all_seven(song_file):
    found = mid_level.describe(decode(song_file), pictures=True)
    assert not found.reasons and np.isfinite(found.values).all() and set(found.pictures) == set(NAMES)


def test_onsets_are_found_once_and_in_time():
    times = np.arange(0.3, 11, 0.37)
    found = beginnings.find(strokes(times))
    at = found.times[found.onsets]
    assert len(at) == len(times) and np.abs(at - times).max() < 0.03
    assert articulation.gaps(found)[1].max() <= 1


def test_surprise_is_the_entropy_of_the_intervals():
    intervals_ = np.array([10, 10, 10, 20, 20, 20])
    assert intervals.surprises(intervals_).mean() == pytest.approx(1)
    assert intervals.surprises(np.array([40, 41, 39, 40])).mean() == 0
    assert pulse.FIRST < 60 / 120 * beginnings.RATE < pulse.LAST


def test_the_spectrum_of_two_tones_gives_their_partials():
    t = np.arange(4 * SR) / SR
    y = 0.2 * np.sin(2 * np.pi * 1000 * t) + 0.1 * np.sin(2 * np.pi * 1234.5 * t)
    found = partials.find(y.astype(np.float32))
    np.testing.assert_allclose(found.freqs[20, :2], [1000, 1234.5], atol=0.5)
    np.testing.assert_allclose(found.amps[20, :2] / partials.a_weighting(found.freqs[20, :2]), [0.2, 0.1], rtol=0.03)
    assert partials.a_weighting(np.array([1000.0]))[0] == pytest.approx(1, abs=0.002)
    assert 20 * np.log10(partials.a_weighting(np.array([100.0]))[0]) == pytest.approx(-19.1, abs=0.1)
    assert tonality.classes(found).index[0, 20, 0] == 11  # 1000 Hz is a B

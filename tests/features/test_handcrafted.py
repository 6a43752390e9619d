import librosa
import numpy as np
import pytest

from mer_core.features import frames, handcrafted
from mer_core.schema import Segment

SR = frames.SR


def noise(seconds, seed=0, gain=0.1):
    """Noise whose level and colour change, so that no statistic is trivial."""
    rng = np.random.default_rng(seed)
    y = rng.normal(0, gain, int(seconds * SR))
    y *= 1 + 0.5 * np.sin(2 * np.pi * 0.7 * np.arange(len(y)) / SR)
    return np.convolve(y, [0.6, 0.3, 0.1], mode="same").astype(np.float32)


def tones(hertz, seconds=3.0, gain=0.1):
    t = np.arange(int(seconds * SR)) / SR
    return sum(gain * np.sin(2 * np.pi * f * t) for f in hertz).astype(np.float32)


def column(x, name):
    return x[:, handcrafted.NAMES.index(name)]


@pytest.fixture(scope="module")
def song():
    return noise(4)


@pytest.fixture(scope="module")
def measured(song):
    return frames.measure(song)


def rows(measured, stem, count):
    first = frames.ROWS.index(f"{stem}_1")
    return measured.values[first:first + count]


def test_mel_and_mfcc_agree_with_librosa(song, measured):
    mel = librosa.power_to_db(librosa.feature.melspectrogram(y=song, sr=SR), ref=1.0, top_db=None)
    np.testing.assert_allclose(rows(measured, "mel", 128), mel, atol=0.02)
    np.testing.assert_allclose(rows(measured, "mfcc", 40), librosa.feature.mfcc(S=mel, n_mfcc=40), atol=0.02)


def test_chroma_agrees_with_librosa(song, measured):
    theirs = librosa.feature.chroma_stft(y=song, sr=SR, tuning=0.0, ctroct=4.0)
    np.testing.assert_allclose(rows(measured, "chroma", 12), theirs, atol=1e-3)


def test_contrast_is_librosas_in_decibels(song, measured):
    theirs = librosa.feature.spectral_contrast(y=song, sr=SR)  # takes 10 log10 of amplitudes: half the decibels
    np.testing.assert_allclose(rows(measured, "contrast", 7), 2 * theirs, atol=0.05)


def test_tonnetz_agrees_with_librosa(measured):
    pitch = rows(measured, "chroma", 12)
    np.testing.assert_allclose(rows(measured, "tonnetz", 6), librosa.feature.tonnetz(chroma=pitch, sr=SR), atol=1e-4)


def test_spectral_shape_agrees_with_its_definitions(song, measured):
    power = np.abs(librosa.stft(song)) ** 2
    octaves = np.log2(np.maximum(librosa.fft_frequencies(sr=SR), 20) / 20)
    at = 60
    share = power[:, at] / power[:, at].sum()
    assert measured.row("centroid")[at] == pytest.approx(share @ octaves, abs=1e-3)
    assert measured.row("bandwidth")[at] == pytest.approx(np.sqrt(share @ (octaves - share @ octaves) ** 2), abs=1e-3)
    theirs = librosa.feature.spectral_rolloff(S=power, sr=SR)[0, at]
    assert 20 * 2 ** measured.row("rolloff")[at] == pytest.approx(theirs, rel=1e-3)
    flatness = librosa.feature.spectral_flatness(S=power, power=1.0)[0, at]
    assert measured.row("flatness")[at] == pytest.approx(10 * np.log10(flatness), abs=0.01)
    zcr = librosa.feature.zero_crossing_rate(song)[0]
    np.testing.assert_allclose(measured.row("zcr")[4:-4], zcr[4:-4], atol=2e-3)


def test_level_is_that_of_full_scale():
    level = frames.measure(tones([1000], gain=1.0)).row("level")[5:-5]
    np.testing.assert_allclose(level, -3.01, atol=0.02)  # a full-scale sine


def test_windows_agree_with_slow_statistics(measured):
    segments = [Segment(0, 1.5), Segment(1, 2.25), Segment(2, 9), Segment(0, 30)]
    x = handcrafted.statistics(measured, segments)
    for row, s in zip(x, segments):
        inside = (measured.times >= s.start - 1e-6) & (measured.times < s.end - 1e-6)
        part = measured.values[:, inside].astype(float)
        np.testing.assert_allclose(row[0:2 * len(part):2], part.mean(axis=1), rtol=1e-4, atol=1e-4)
        np.testing.assert_allclose(row[1:2 * len(part):2], part.std(axis=1), rtol=1e-3, atol=1e-4)


def test_a_window_past_the_end_is_described_by_what_there_is(song):
    x = handcrafted.handcrafted(song, [Segment(0, 4), Segment(0, 30)])
    np.testing.assert_allclose(x[1], x[0], rtol=1e-5, atol=1e-5)


def test_a_gain_moves_levels_and_nothing_else():
    song, segments = noise(4, gain=0.3), [Segment(0, 4)]
    loud, quiet = (handcrafted.handcrafted(g * song, segments)[0] for g in (1.0, 0.25))
    moved = {n for n, a, b in zip(handcrafted.NAMES, loud, quiet) if not np.isclose(a, b, rtol=2e-3, atol=2e-3)}
    assert moved == {"mfcc_1_mean", "level_mean", *(f"mel_{i}_mean" for i in range(1, 129))}
    change = column(np.array([quiet - loud]), "level_mean")[0]
    assert change == pytest.approx(20 * np.log10(0.25), abs=0.01)


@pytest.mark.parametrize("y", [np.zeros(5 * SR), np.zeros(10), np.full(3 * SR, 0.5), np.eye(1, 2 * SR, SR)[0]])
def test_silence_dust_offset_and_a_click_give_numbers(y):
    x = handcrafted.handcrafted(y.astype(np.float32), [Segment(0, 30), Segment(0, 1)])
    assert x.shape == (2, len(handcrafted.INFO)) and np.isfinite(x).all()


def test_the_same_sound_gives_the_same_values(song):
    segments = [Segment(0, 2), Segment(1, 4)]
    assert (handcrafted.handcrafted(song, segments) == handcrafted.handcrafted(song, segments)).all()


def test_major_and_minor_are_told_apart():
    whole = [Segment(0, 3)]
    major = handcrafted.handcrafted(tones([261.6, 329.6, 392.0, 523.3]), whole)
    minor = handcrafted.handcrafted(tones([261.6, 311.1, 392.0, 523.3]), whole)
    for name in ("majorness", "chord_major_mean"):
        assert column(major, name) > 0.05 > -0.05 > column(minor, name), name
    assert column(major, "degree_4") > 3 * column(major, "degree_3")


def test_an_interval_shows_where_it_belongs():
    fifth = handcrafted.handcrafted(tones([440.0, 659.3]), [Segment(0, 3)])
    tritone = handcrafted.handcrafted(tones([440.0, 622.3]), [Segment(0, 3)])
    assert column(fifth, "fourth_mean") > 1.4 * column(fifth, "tritone_mean")
    assert column(tritone, "tritone_mean") > 1.4 * column(tritone, "fourth_mean")
    assert column(fifth, "fourth_mean") > 1.4 * column(tritone, "fourth_mean")


def test_strokes_and_tones_are_told_apart():
    clicks = noise(4, gain=1e-4)
    clicks[::SR // 4] = 0.8
    whole = [Segment(0, 4)]
    struck, held = handcrafted.handcrafted(clicks, whole), handcrafted.handcrafted(tones([300, 450], 4), whole)
    assert column(struck, "percussive_share_mean") > 0.4 > 0.1 > column(held, "percussive_share_mean")
    assert column(struck, "onset_rate") == pytest.approx(4, abs=0.5)
    assert column(struck, "pulse_clarity") > 0.8


def test_every_value_has_words():
    names = [info.name for info in handcrafted.INFO]
    assert len(set(names)) == len(names)
    assert {info.family for info in handcrafted.INFO} == {"timbre", "harmony", "rhythm", "level"}
    for info in handcrafted.INFO:
        assert info.unit and info.sentence.endswith(".") and len(info.sentence) > 30, info.name
    pairs = [f"{row}_{statistic}" for row in frames.ROWS for statistic in ("mean", "std")]
    assert names[:len(pairs)] == pairs and names[len(pairs):] == list(handcrafted.SCALARS)
    assert handcrafted.PAPER == 2 * (40 + 12 + 128 + 7 + 6) and names[handcrafted.PAPER] == "level_mean"

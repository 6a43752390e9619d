"""The shipped model: what its card promises, and that every way to its input gives the same answer."""

import numpy as np
import pytest

from mer_core.features import handcrafted
from mer_core.models._base import Model
from mer_core.models.handcrafted_xgb import HandcraftedXGB
from mer_core.schema import STEM_NAMES, Segment, Stems, Track, TrackInfo

SR = 44_100


@pytest.fixture(scope="module")
def model():
    return HandcraftedXGB()


def song(seconds=42.0, gain=0.1):
    """A beat, a bass, a chord and a noise, each in its own stem."""
    rng, t = np.random.default_rng(0), np.arange(int(seconds * SR)) / SR
    chord = sum(np.sin(2 * np.pi * f * t) for f in (261.6, 329.6, 392.0)) / 3
    drums = rng.normal(size=len(t)) * np.exp(-20 * (t % 0.5))
    bass = np.sin(2 * np.pi * 55 * t)
    vocals = np.sin(2 * np.pi * 440 * t + 3 * np.sin(2 * np.pi * 5 * t)) * (t % 4 < 2)
    mono = gain * np.stack([vocals, drums, bass, chord, 0.01 * rng.normal(size=len(t))])
    stereo = np.stack([mono, 0.8 * mono], axis=1).astype(np.float32)
    return Stems(names=STEM_NAMES, y=stereo[:4], residual=stereo[4], backend="exact", sr=SR)


def as_track(y):
    return Track(TrackInfo("", "", y.shape[1] / SR, len(y)), y)


@pytest.fixture(scope="module")
def stems():
    return song()


def test_one_window_at_a_time_gives_the_same_as_all(model, stems):
    track = as_track(stems.mix)
    with model.session():
        segments = model.windows(track.duration)
        whole = model.encode_all(track, segments)
        single = np.concatenate([model.encode(track, s) for s in segments])
    assert len(segments) == 4 and whole.shape == (4, len(model.features))
    np.testing.assert_allclose(whole, single, rtol=1e-6)


@pytest.mark.parametrize("gains", [(1, 1, 1, 1, 1), (0, 1, 1, 0, 1), (1, 0, 0.5, 1, 0), (0, 0, 0, 0, 1)])
def test_the_quick_mixer_agrees_with_the_plain_one(model, stems, gains):
    with model.session():
        segments = model.windows(stems.y.shape[2] / SR)
        quick = model.outputs(model.mixer(stems, segments)(np.array(gains)))
        plain = model.outputs(Model.mixer(model, stems, segments)(np.array(gains)))
    np.testing.assert_allclose(quick, plain, atol=1e-4)


def test_it_is_deterministic_and_stays_on_the_scale(model, stems):
    track = as_track(stems.mix)
    first, second = model.predict(track), model.predict(track)
    assert (first.curve == second.curve).all()
    assert np.abs(first.values).max() <= 1 and first.covariance.shape == (2, 2)


def test_a_short_song_is_described_by_what_there_is(model):
    y = song(8.0).mix
    with model.session():
        whole = model.encode_all(as_track(y), [Segment(0, 30)])
        exact = handcrafted.of_track(as_track(y), [Segment(0, 8.1)])[:, model.columns]
    np.testing.assert_allclose(whole, exact, rtol=1e-6)


def test_silence_gives_numbers(model):
    assert np.isfinite(model.predict(as_track(np.zeros((1, 5 * SR), np.float32))).values).all()


def test_lively_music_stands_above_a_quiet_tone_in_arousal(model, stems):
    t = np.arange(30 * SR) / SR
    calm = 0.03 * np.sin(2 * np.pi * 220 * t) * (1 + 0.2 * np.sin(2 * np.pi * 0.1 * t))
    quiet = model.predict(as_track(calm[None].astype(np.float32)))
    assert model.predict(as_track(3 * stems.mix)).values[1] > quiet.values[1] + 0.2


def test_the_card_is_ahead_of_the_baselines_and_holds_its_evidence(model):
    card = model.card
    assert card.test_error["valence"]["r2"] > 0.345 and card.test_error["arousal"]["r2"] > 0.675
    assert len(card.test_error["compared"]) == 6
    assert {"audio", "trees", "features"} <= set(card.gives) and "gradients" not in card.gives
    assert all({"data", "clips", "licence"} <= set(t) for t in card.trained_on)
    assert (model.folder / card.weights).stat().st_size < 8_000_000

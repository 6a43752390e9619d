"""Every format in, and sound out again."""

import hashlib
import os
from pathlib import Path

import numpy as np
import pytest
import soundfile

from mer_core import audio
from mer_core.errors import AudioError, ParameterError
from mer_core.schema import SAMPLE_RATE, Segment, Track, TrackInfo
from tests.sounds import TONES, check, encoded, music, strength, tones, with_pyav


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("container, subtype", [
    ("WAV", "PCM_U8"), ("WAV", "PCM_16"), ("WAV", "PCM_24"), ("WAV", "PCM_32"), ("WAV", "FLOAT"), ("WAV", "DOUBLE"),
    ("FLAC", "PCM_16"), ("FLAC", "PCM_24"), ("AIFF", "PCM_16"), ("OGG", "VORBIS")])
def test_formats_of_soundfile(container, subtype, channels):
    track = audio.decode(encoded(tones(channels), 44_100, container, subtype), "x")
    check(track, channels)
    assert track.info.source["decoder"] == "libsndfile" and "note" not in track.info.source


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("container, codec, sr, fmt", [
    ("ipod", "aac", 44_100, "fltp"), ("adts", "aac", 48_000, "fltp"), ("ipod", "alac", 44_100, "s16p"),
    ("webm", "libopus", 48_000, "flt"), ("mp3", "libmp3lame", 44_100, "fltp")])
def test_formats_of_pyav(container, codec, sr, fmt, channels):
    track = audio.decode(with_pyav(tones(channels, sr), sr, container, codec, fmt), "x")
    check(track, channels)
    assert track.info.source["decoder"] == "FFmpeg" and track.info.source["codec"].removesuffix("float") in codec
    assert "note" not in track.info.source


def test_ogg_opus():
    check(audio.decode(encoded(tones(2, 48_000), 48_000, "OGG", "OPUS"), "x.opus"), 2)


def test_blocks_of_an_mp3_join_without_a_seam():
    y = tones(level=0.5, seconds=6)
    for data in (encoded(y, 44_100, "MP3", "MPEG_LAYER_III"), with_pyav(y, 44_100, "mp3", "libmp3lame")):
        decoded = audio.decode(data, "x").y
        jump = np.abs(np.diff(decoded[0], 2)).max()
        assert jump < 1.5 * 0.5 * (2 * np.pi * TONES[0] / 44_100) ** 2 + 0.01


@pytest.mark.parametrize("sr", [8_000, 11_025, 22_050, 32_000, 48_000, 96_000, 176_400, 192_000])
def test_sample_rates(sr):
    track = audio.decode(encoded(tones(2, sr, 4), sr), "x")
    check(track, 2, 4)
    assert track.y.shape[1] == 4 * SAMPLE_RATE
    assert track.info.source["sample_rate"] == str(sr)


@pytest.mark.parametrize("data", [
    encoded(tones(6), 44_100), encoded(tones(6), 44_100, "FLAC"),
    with_pyav(tones(6), 44_100, "ipod", "aac", stream_options={"b": "384000"})], ids=["wav", "flac", "aac"])
def test_five_one_is_mixed_down_by_the_stated_weights(data):
    left, right = audio.decode(data, "x").y
    unit = 0.3 / (1 + 2 * audio.HALF)
    for side, shares in ((left, (1, 0, audio.HALF, 0, audio.HALF, 0)), (right, (0, 1, audio.HALF, 0, 0, audio.HALF))):
        for hertz, share in zip(TONES, shares):
            assert strength(side, hertz) == pytest.approx(unit * share, rel=0.06, abs=2e-3)


def test_vorbis_channel_order_differs_and_is_known():
    y = tones(6)[:, [0, 2, 1, 4, 5, 3]]  # Vorbis I, section 4.3.9: L C R Ls Rs LFE
    left, right = audio.decode(encoded(y, 44_100, "OGG", "VORBIS"), "x").y
    assert strength(left, TONES[0]) == pytest.approx(0.3 / (1 + 2 * audio.HALF), rel=0.06)
    assert strength(left, TONES[1]) < 0.002 < strength(right, TONES[1])
    assert strength(left, TONES[3]) < 0.002


def test_thirty_two_unnamed_channels_are_averaged_and_thirty_three_refused():
    track = audio.decode(encoded(tones(32, 8_000), 8_000), "x")
    assert len(track.y) == 2 and np.array_equal(track.y[0], track.y[1])
    with pytest.raises(AudioError, match="33 channels; at most 32"):
        audio.decode(encoded(tones(33, 8_000), 8_000), "x")


def test_content_decides_not_the_name(tmp_path):
    for name in ("a.wav", "a.raw", "a.mp3", "a"):
        (tmp_path / name).write_bytes(encoded(tones(), 44_100, "FLAC"))
        assert audio.decode(tmp_path / name, name).info.source["format"] == "FLAC"
    (tmp_path / "b.wav").write_bytes(with_pyav(tones(), 44_100, "ipod", "aac"))
    check(audio.decode(tmp_path / "b.wav"), 2)


def test_the_same_sound_has_the_same_id():
    y = np.rint(tones() * 32767).astype(np.int16)
    ids = {audio.decode(encoded(y, 44_100, *kind), "x").info.id for kind in (("WAV", "PCM_16"), ("FLAC", "PCM_16"))}
    assert len(ids) == 1 and len(ids.pop()) == 64
    mono, flat = np.zeros((1, 8), np.float32), np.zeros((2, 4), np.float32)
    assert audio.content_id(mono) != audio.content_id(flat)


def test_a_float_peak_above_full_scale_turns_the_song_down():
    track = audio.decode(encoded(tones(level=2.0), 44_100, subtype="FLOAT"), "x")
    assert np.abs(track.y).max() <= 1
    assert strength(track.y[0], TONES[0]) == pytest.approx(1, rel=0.01)
    assert "turned down by 6.0" in track.info.source["note"]


# ---- working on sound

def track_of(y):
    return Track(TrackInfo("t", "t", y.shape[1] / SAMPLE_RATE, len(y)), y)


def test_cut_pads_at_the_end():
    track = track_of(tones().T)
    assert np.array_equal(audio.cut(track, Segment(1, 2)), track.y[:, 44_100:88_200])
    late = audio.cut(track, Segment(3, 5))
    assert late.shape == (2, 88_200)
    assert np.array_equal(late[:, :22_050], track.y[:, 3 * 44_100:]) and not late[:, 22_050:].any()
    assert not audio.cut(track, Segment(9, 10)).any()
    for start, end in ((-1, 1), (2, 2), (3, 1), (float("nan"), 1)):
        with pytest.raises(ParameterError, match="segment"):
            audio.cut(track, Segment(start, end))


def test_resample_keeps_the_tone_and_the_shape():
    y = tones().T
    low = audio.resample(y, 44_100, 12_000)
    assert low.shape == (2, 42_000) and low.dtype == np.float32
    assert strength(low[1], TONES[1], 12_000) == pytest.approx(0.3, rel=0.01)
    assert audio.resample(y[0], 44_100, 22_050).shape == (77_175,)


def test_written_files_read_back(tmp_path):
    y = music()
    audio.write_wav(tmp_path / "a.wav", y, 44_100)
    audio.write_flac(tmp_path / "a.flac", y, 44_100)
    for name, subtype, step in (("a.wav", "PCM_16", 2 ** -14), ("a.flac", "PCM_24", 2 ** -22)):
        back, sr = soundfile.read(tmp_path / name, dtype="float32")
        assert sr == 44_100 and soundfile.info(tmp_path / name).subtype == subtype
        assert np.abs(back.T - y).max() < step
    audio.write_wav(tmp_path / "b.wav", y, 44_100)
    digests = {hashlib.sha256((tmp_path / n).read_bytes()).digest() for n in ("a.wav", "b.wav")}
    assert len(digests) == 1


def test_dither_keeps_a_tone_below_one_step(tmp_path):
    y = (0.4 / 32767 * np.sin(2 * np.pi * 1000 * np.arange(3 * 44_100) / 44_100))[None].astype(np.float32)
    audio.write_wav(tmp_path / "a.wav", y, 44_100)
    back, _ = soundfile.read(tmp_path / "a.wav")
    assert strength(back, 1000) == pytest.approx(0.4 / 32767, rel=0.15)  # plain rounding would leave nothing


def test_writing_clips_and_refuses_what_is_not_a_number(tmp_path):
    loud = np.array([[1.5, -1.5, 0.0]], np.float32)
    for write, name in ((audio.write_wav, "a.wav"), (audio.write_flac, "a.flac")):
        write(tmp_path / name, loud, 44_100)
        back, _ = soundfile.read(tmp_path / name)
        assert back[0] > 0.999 and back[1] < -0.999
        with pytest.raises(ParameterError, match="finite"):
            write(tmp_path / "bad", loud * np.nan, 44_100)
    assert not (tmp_path / "bad").exists()


def test_real_songs_decode():
    """The shared test music where MER_TEST_AUDIO names it, else the demo tracks."""
    folder = os.environ.get("MER_TEST_AUDIO")
    songs = sorted(Path(folder).glob("*.ogg")) if folder else \
        sorted((Path(__file__).parents[1] / "assets" / "demos").glob("*/mix.flac"))
    if not songs:
        pytest.skip("neither MER_TEST_AUDIO nor demo tracks are there")
    track = audio.decode(min(songs, key=lambda path: path.stat().st_size))
    assert track.duration > 10 and -40 < audio.loudness(track.y, track.sr) < -5
    assert "note" not in track.info.source or "turned down" in track.info.source["note"]

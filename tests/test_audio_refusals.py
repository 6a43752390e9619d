"""Every kind of bad file: a clear word, no crash, nothing left behind."""

import io
import os
from pathlib import Path

import av
import numpy as np
import pytest

from mer_core import audio, decoders
from mer_core.errors import AudioError, Cancelled
from tests.sounds import KINDS, TEN, TONES, check, encoded, strength, ten_seconds, tones, with_pyav


JUNK = np.random.default_rng(3).bytes(200_000)


@pytest.mark.parametrize("data, words", [
    (b"", "empty"), (b"RIFF", "not audio"), (JUNK, "not audio"), (b"dear diary\n" * 5000, "not audio"),
    (b"\x89PNG\r\n\x1a\n" + JUNK[:3000], "not audio"), (b"ID3\x04\0\0\0\0\0\0" + JUNK[:9000], "not audio"),
    (b"fLaC" + JUNK[:9000], "not audio|could be read"), (b"OggS" + JUNK[:9000], "not audio"),
    (encoded(np.zeros((0, 2), np.float32), 44_100), "0.0 s of audio; at least 3 s|not audio"),
    (encoded(tones(seconds=0.1), 44_100), r"0\.1 s of audio; at least 3 s"),
    (encoded(tones(seconds=0.1), 44_100, "MP3", "MPEG_LAYER_III"), r"0\.\d s of audio; at least 3 s"),
    (encoded(tones(seconds=2.9), 44_100), r"2\.9 s of audio; at least 3 s"),
    (with_pyav(tones(seconds=1), 44_100, "ipod", "aac"), r"1\.0 s of audio; at least 3 s"),
    (encoded(0 * tones(), 44_100), "silent: its peak is zero"),
    (encoded(tones(level=5e-5), 44_100, subtype="FLOAT"), "silent: its peak is -86 dBFS, at least -80"),
    (encoded(tones(1, 6_000), 6_000), "6000 Hz; it must lie between 8000 and 192000"),
    (encoded(tones(1, 200_000), 200_000), "200000 Hz"),
], ids=lambda value: value if isinstance(value, str) else "")
def test_bad_files_are_refused_with_a_clear_word(data, words):
    with pytest.raises(AudioError, match=words) as caught:
        audio.decode(data, "x.wav")
    assert str(caught.value).endswith("Nothing was stored.")


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_samples_that_are_not_numbers(value):
    y = tones()
    y[100_000, 1] = value
    with pytest.raises(AudioError, match=r"not finite.*2\.27 s"):
        audio.decode(encoded(y, 44_100, subtype="FLOAT"), "x")


def test_no_such_file_and_a_folder(tmp_path):
    for path in (tmp_path / "gone.wav", tmp_path):
        with pytest.raises(AudioError, match="There is no file"):
            audio.decode(path)


def test_too_big_is_refused_before_it_is_read(tmp_path, monkeypatch):
    with open(tmp_path / "big.wav", "wb") as file:
        file.truncate(audio.MAX_BYTES + 1)  # sparse: takes no room
    monkeypatch.setattr(Path, "read_bytes", lambda self: pytest.fail("it was read"))
    with pytest.raises(AudioError, match="200.0 MB; at most 200 MB"):
        audio.decode(tmp_path / "big.wav")


def test_too_long_is_refused_by_its_header(monkeypatch):
    data = encoded(np.zeros((8_000 * 1201, 1), np.float32), 8_000, "FLAC")
    monkeypatch.setattr(decoders.SoundFileReader, "blocks", lambda self: pytest.fail("it was decoded"))
    with pytest.raises(AudioError, match="20:01 min of audio; at most 20 minutes"):
        audio.decode(data, "x")


def flac_with_total(data, total):
    """A FLAC file whose STREAMINFO says `total` samples (RFC 9639, section 8.2: the low 36 bits of bytes 18-25)."""
    bits = int.from_bytes(data[18:26], "big") >> 36 << 36 | total
    return data[:18] + bits.to_bytes(8, "big") + data[26:]


def test_a_header_that_lies_is_not_believed(monkeypatch):
    data = encoded(tones(seconds=8), 44_100, "FLAC")
    check(audio.decode(flac_with_total(data, 0), "x"), 2, 8)  # unknown, as in a streamed file
    with pytest.raises(AudioError, match="60:00 min"):
        audio.decode(flac_with_total(data, 3600 * 44_100), "x")
    monkeypatch.setattr(audio, "MAX_SECONDS", 6)
    with pytest.raises(AudioError, match="more than 0 minutes"):
        audio.decode(flac_with_total(data, 0), "x")
    with pytest.raises(AudioError, match="more than 0 minutes"):
        audio.decode(with_pyav(tones(seconds=8), 44_100, "adts", "aac"), "x")


@pytest.mark.parametrize("kind", KINDS)
def test_a_cut_file_is_taken_as_far_as_it_goes(kind):
    data = ten_seconds(kind)
    assert "note" not in audio.decode(data, "x").info.source
    track = audio.decode(data[:len(data) * 7 // 10], "x")
    assert 5 < track.duration < 8
    assert "could be read" in track.info.source["note"]
    assert strength(track.y[0], TONES[0]) == pytest.approx(0.3, rel=0.06)


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_cut_to_almost_nothing_is_refused(kind):
    data = ten_seconds(kind)
    for share in (0.002, 0.03, 0.15):
        with pytest.raises(AudioError, match="Nothing was stored"):
            audio.decode(data[:int(len(data) * share)], "x")


def test_an_mp4_without_its_index_is_refused():
    data = with_pyav(TEN, 44_100, "ipod", "aac")  # the index is at the end
    with pytest.raises(AudioError, match="not audio in a known format, or is damaged"):
        audio.decode(data[:len(data) // 2], "x")


def test_a_damaged_frame_is_left_out_and_the_rest_is_kept():
    data = bytearray(encoded(TEN, 44_100, "FLAC"))
    data[len(data) // 4] ^= 0x55
    track = audio.decode(bytes(data), "x")
    assert 9.5 < track.duration < 10 and np.abs(track.y).max() < 0.31
    assert "damaged or cut off; 9." in track.info.source["note"]


def test_damage_in_the_middle_gives_sound_or_a_clear_error():
    rng = np.random.default_rng(5)
    for data in map(ten_seconds, KINDS):
        hurt = bytearray(data)
        for at in rng.integers(200, len(hurt) - 100, 30):
            hurt[at] ^= 0xFF
        try:
            assert np.isfinite(audio.decode(bytes(hurt), "x").y).all()
        except AudioError as error:
            assert "Nothing was stored" in str(error)


def test_a_video_without_sound_is_refused():
    out = io.BytesIO()
    with av.open(out, "w", format="mp4") as file:
        stream = file.add_stream("mpeg4", rate=10)
        stream.width = stream.height = 32
        for packet in [*stream.encode(av.VideoFrame(32, 32, "yuv420p")), *stream.encode(None)]:
            file.mux(packet)
    with pytest.raises(AudioError, match="holds no sound"):
        audio.decode(out.getvalue(), "x.mp3")


@pytest.mark.parametrize("text", ["ffconcat version 1.0\nfile secret.wav\n",
                                  "#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:3.5,\nsecret.wav\n#EXT-X-ENDLIST\n"])
def test_a_playlist_cannot_open_other_files(text, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "secret.wav").write_bytes(encoded(tones(), 44_100))
    with pytest.raises(AudioError, match="not audio"):
        audio.decode(text.encode(), "x.mp3")


def test_nothing_is_left_behind(tmp_path, monkeypatch):
    (tmp_path / "tmp").mkdir()
    for key in ("TMPDIR", "TEMP", "TMP"):
        monkeypatch.setenv(key, str(tmp_path / "tmp"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "song.m4a").write_bytes(ten_seconds("m4a"))
    descriptors = len(os.listdir("/proc/self/fd")) if Path("/proc/self/fd").exists() else None
    audio.decode(tmp_path / "song.m4a")
    for data in (JUNK, ten_seconds("wav")[:9000], *map(ten_seconds, KINDS)):
        try:
            audio.decode(data, "x")
        except AudioError:
            pass
    assert sorted(p.name for p in tmp_path.rglob("*")) == ["song.m4a", "tmp"]
    if descriptors is not None:
        assert len(os.listdir("/proc/self/fd")) == descriptors


def test_decoding_reports_progress_and_can_be_cancelled():
    seen = []
    audio.decode(ten_seconds("wav"), "x", progress=lambda share, text: seen.append(share))
    assert seen == sorted(seen) and seen[-1] == 1

    def stop(share, text):
        raise Cancelled("stopped")
    with pytest.raises(Cancelled):
        audio.decode(ten_seconds("m4a"), "x", progress=stop)

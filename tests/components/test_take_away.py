"""Downloads: files that hold the sound, names that are safe anywhere."""

import io

import numpy as np
import pytest
import soundfile

from components import take_away


def test_a_stored_sound_becomes_a_16_bit_wav_of_the_same_samples(tmp_path):
    y = np.sin(2 * np.pi * 440 * np.arange(4410) / 44_100)[:, None] * [0.5, 0.25]
    soundfile.write(tmp_path / "a.flac", y, 44_100, subtype="PCM_24")
    data = io.BytesIO(take_away.wav(tmp_path / "a.flac"))
    assert soundfile.info(data).subtype == "PCM_16"
    data.seek(0)
    read, sr = soundfile.read(data)
    assert sr == 44_100 and read.shape == y.shape and np.abs(read - y).max() < 3 / 32768


@pytest.mark.parametrize("title, name", [("A Song", "A_Song.wav"), ("../../etc/passwd", "etc_passwd.wav"),
                                         ("", "song.wav"), ("Ärger – über", "Ärger_über.wav"), ("<b>\x00", "b.wav"),
                                         ("x" * 300, "x" * 80 + ".wav")])
def test_file_names_are_safe(title, name):
    assert take_away.file_name(title, "wav") == name


def test_a_stored_flac_is_handed_out_as_it_is_and_another_sound_as_the_same_samples(tmp_path):
    y = np.round(np.random.default_rng(0).uniform(-1, 1, (1000, 2)) * 32000) / 32768
    for name in ("a.flac", "a.wav"):
        soundfile.write(tmp_path / name, y, 44_100, subtype="PCM_16")
    assert take_away.flac(tmp_path / "a.flac") == (tmp_path / "a.flac").read_bytes()
    np.testing.assert_allclose(soundfile.read(io.BytesIO(take_away.flac(tmp_path / "a.wav")))[0], y, atol=1e-6)


def test_nothing_is_converted_before_the_button_is_pressed(tmp_path, monkeypatch):
    shown = []
    monkeypatch.setattr(take_away.st, "download_button", lambda *args, **kwargs: shown.append(args))
    take_away.sound_button("The mix", tmp_path / "not yet there.flac", "A Song", "mix")
    take_away.json_button("Relevance as JSON", lambda: b"{}", "A Song", "json")
    assert [(one[0], one[2]) for one in shown] == [("The mix as WAV", "A_Song.wav"), ("The mix as FLAC", "A_Song.flac"),
                                                   ("Relevance as JSON", "A_Song.json")]
    assert shown[2][1]() == b"{}"
    with pytest.raises(FileNotFoundError):
        shown[1][1]()

"""Downloads: WAV files that hold the sound, names that are safe anywhere."""

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

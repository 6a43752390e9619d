"""Titles and tags, hostile ones too."""

import pytest

from mer_core import audio
from tests.sounds import encoded, ten_seconds, tones, with_pyav


TAGS = {"title": "Song", "artist": "AC/DC", "album": "Early", "date": "1999", "genre": "Rock"}


@pytest.mark.parametrize("data", [
    encoded(tones(), 44_100, **TAGS),
    encoded(tones(), 44_100, "FLAC", **TAGS),
    encoded(tones(), 44_100, "OGG", "VORBIS", **TAGS),
    with_pyav(tones(), 44_100, "mp3", "libmp3lame", **TAGS),
    with_pyav(tones(), 44_100, "ipod", "aac", **TAGS),
], ids=["wav", "flac", "ogg", "mp3", "m4a"])
def test_tags_give_the_title(data):
    info = audio.decode(data, "../x.wav").info
    assert info.title == "AC∕DC - Song"  # no path separator
    assert dict(info.tags) == TAGS


@pytest.mark.parametrize("name, title", [
    ("My Song.mp3", "My Song"), ("../../x\x00<script>.mp3", "x‹script›"), ("C:\\Music\\Blau.flac", "Blau"),
    ("", "untitled"), ("..", "untitled"), ("/etc/passwd", "passwd"), ("a\u202egpj.wav", "agpj"),
    ("tab\tand\nline.wav", "tab and line"),
    (".hidden.wav", "hidden"), ("caf\u0065\u0301.ogg", "café"), ("Op. 9 No. 2.flac", "Op. 9 No. 2"),
    ("\ud800", "untitled")])
def test_hostile_names_become_harmless_titles(name, title):
    assert audio.decode(ten_seconds("flac"), name).info.title == title


def test_hostile_tags_are_bounded():
    data = with_pyav(tones(), 44_100, "matroska", "aac", title="../<b>\x1b[31m" + "x" * 5000, artist="\u200b",
                     evil="1", **{f"key{i}": "v" for i in range(500)})
    info = audio.decode(data, "x").info
    assert set(info.tags) <= set(audio.TAGS)
    assert len(info.title) <= audio.MAX_TEXT and not set(info.title) & set("/\\<>\x1b")


def test_a_tag_in_no_known_encoding_does_not_stop_the_song():
    data = with_pyav(tones(), 44_100, "mp3", "libmp3lame", title="Song")
    at = data.index(b"Song")
    assert audio.decode(data[:at] + b"\xff\xfe\xfdg" + data[at + 4:], "x").info.title

"""Opens a file's bytes by content, whatever its name says: soundfile first, PyAV for what that cannot read."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator

import av
import numpy as np
import soundfile

from mer_core.errors import AudioError

BLOCK = 1 << 16  # frames read at once: bounds memory
# Both lists leave out what is not a song's format: playlists, which can name other files, pictures, raw dumps.
SOUNDFILE_FORMATS = {"WAV", "WAVEX", "RF64", "W64", "AIFF", "AU", "CAF", "FLAC", "OGG"}
PYAV_FORMATS = "mov,mp4,m4a,matroska,webm,asf,ogg,flac,wav,w64,aiff,caf,mp3,aac,ac3,eac3,ape,wv,tta,amr"
UNMEASURED = {"aac", "ac3", "eac3"}  # bare streams: FFmpeg only guesses their length

# Channel order of WAV, FLAC and CAF by number of channels; PyAV names its own.
ORDERS = {1: "FC", 2: "FL FR", 3: "FL FR FC", 4: "FL FR BL BR", 5: "FL FR FC BL BR", 6: "FL FR FC LFE BL BR",
          7: "FL FR FC LFE BC SL SR", 8: "FL FR FC LFE BL BR SL SR"}


def refusal(text: str) -> AudioError:
    """The error that refuses a file: what it holds, the limit, and that nothing was kept of it."""
    return AudioError(f"{text} Nothing was stored.")


class Damaged(Exception):
    """libsndfile stops at a damaged place; FFmpeg can go on behind it."""


class SoundFileReader:
    """A sound that libsndfile reads."""

    exact = True  # never more than the stated length comes

    def __init__(self, data: bytes):
        self._file = file = soundfile.SoundFile(io.BytesIO(data))
        if not _suits_soundfile(file):
            raise ValueError("left to PyAV")
        self.sr, self.channels, self.seconds = file.samplerate, file.channels, file.frames / file.samplerate
        self.names = tuple(ORDERS.get(file.channels, "").split())
        self.tags = file.copy_metadata()
        self.source = {"format": file.format, "codec": file.subtype, "decoder": "libsndfile"}
        self.fault = "the file ends before its end mark" if _ends_early(data) else ""

    def blocks(self) -> Iterator[np.ndarray]:
        """(channels, frames) float32 blocks up to the end; raises Damaged at the first damage."""
        try:
            while len(block := self._file.read(BLOCK, dtype="float32", always_2d=True)):
                yield block.T
        except soundfile.LibsndfileError as error:
            raise Damaged from error

    def close(self) -> None:
        self._file.close()


class PyAVReader:
    """A sound that FFmpeg's libraries read. The first frame tells rate and channels: an AAC header can be wrong."""

    exact = False

    def __init__(self, data: bytes):
        self._container = av.open(io.BytesIO(data), metadata_errors="replace",
                                  options={"format_whitelist": PYAV_FORMATS, "protocol_whitelist": ""})
        self.fault = ""
        if not self._container.streams.audio:
            raise refusal("This file holds no sound, only other streams.")
        self._stream = self._container.streams.audio[0]
        if self._stream.codec_context is None:
            raise ValueError("no decoder for it")
        if self._stream.codec_context.name == "flac":  # leave damaged frames out instead of playing them as noise
            self._stream.codec_context.options = {"err_detect": "crccheck+explode"}
        self._frames = self._decoded()
        self._first = next(self._frames, None)
        if self._first is None:
            raise ValueError("no frame decodes")
        self.sr, self.channels = self._first.sample_rate, len(self._first.layout.channels)
        self.names = tuple(channel.name for channel in self._first.layout.channels)
        if "NONE" in self.names:
            self.names = tuple(ORDERS.get(self.channels, "").split())
        self.seconds = self._length(data)
        self.tags = {**self._container.metadata, **self._stream.metadata}
        self.source = {"format": self._container.format.name, "codec": self._stream.codec_context.name,
                       "decoder": "FFmpeg"}

    def _length(self, data: bytes) -> float | None:
        """s, where the container states the sound's own length."""
        kind = self._container.format.name
        if kind in UNMEASURED or kind == "mp3" and not _counts_frames(data):
            return None
        if self._stream.duration:
            return float(self._stream.duration * self._stream.time_base)
        alone = len(self._container.streams) == 1 and self._container.duration
        return self._container.duration / av.time_base if alone else None

    def _decoded(self) -> Iterator[av.AudioFrame]:
        good = bad = 0
        packets = self._container.demux(self._stream)
        while True:
            try:
                packet = next(packets)
                for frame in packet.decode():
                    good += 1
                    yield frame
            except (StopIteration, av.EOFError):
                break
            except av.FFmpegError:
                bad += 1
                self.fault = f"damaged: {bad} of its packets could not be read"
                if bad > 100 + good:
                    break

    def blocks(self) -> Iterator[np.ndarray]:
        """(channels, frames) float32 blocks up to the end, or to where rate or channels change."""
        planar = av.AudioResampler(format="fltp")
        frame = self._first
        while frame is not None:
            if (frame.sample_rate, len(frame.layout.channels)) != (self.sr, self.channels):
                self.fault = "its sample rate or channels change midway; the rest was left out"
                return
            for part in planar.resample(frame):
                yield part.to_ndarray()
            frame = next(self._frames, None)

    def close(self) -> None:
        self._container.close()


def open_sound(data: bytes, readers: tuple[type, ...] = (SoundFileReader, PyAVReader)) -> SoundFileReader | PyAVReader:
    """A reader with sr (Hz), channels, names, seconds (as the header says, or None), tags, source, fault, blocks().

    Raises AudioError where neither library knows the content.
    """
    for reader in readers:
        try:
            return reader(data)
        except (soundfile.LibsndfileError, av.FFmpegError, ValueError):
            continue
    raise refusal("This file is not audio in a known format, or is damaged from its start. "
                  "Use wav, flac, ogg, opus, mp3 or m4a.")


def _suits_soundfile(file: soundfile.SoundFile) -> bool:
    """Not MP3: soundfile seeks after every read, and its MP3 decoder then drops sound at each block. Not a streamed
    file, which states no length, nor more than two channels in Ogg, which come in Vorbis' own order."""
    return (file.format in SOUNDFILE_FORMATS and file.frames < 1 << 48
            and not (file.format == "OGG" and file.channels > 2))


def _counts_frames(mp3: bytes) -> bool:
    """Whether the first MP3 frame, after any ID3 tag, holds a Xing header: without it the length is a guess."""
    size = sum((byte & 0x7F) << shift for byte, shift in zip(mp3[6:10], (21, 14, 7, 0)))
    start = 10 + size if mp3[:3] == b"ID3" else 0
    return any(mark in mp3[start:start + 200] for mark in (b"Xing", b"Info"))


def _ends_early(data: bytes) -> bool:
    """Whether a RIFF file is shorter than it says, or the last Ogg page lacks the end flag (RFC 3533, section 6)."""
    if data[:4] == b"RIFF" and len(data) >= 8:
        size = struct.unpack("<I", data[4:8])[0]
        return size != 0xFFFFFFFF and size + 8 > len(data) + 1  # a lost pad byte is no loss
    last = data.rfind(b"OggS")
    return data[:4] == b"OggS" and len(data) > last + 5 and not data[last + 5] & 4

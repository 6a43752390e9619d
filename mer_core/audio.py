"""From a file to a Track and back: decode, resample, cut, overview and write. Loudness lives in loudness.py."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path, PurePosixPath

import numpy as np
import soundfile
import soxr

from mer_core.decoders import Damaged, PyAVReader, SoundFileReader, open_sound, refusal
from mer_core.errors import ParameterError
from mer_core.loudness import loudness, match_loudness, true_peak  # noqa: F401  (part of this module's interface)
from mer_core.schema import SAMPLE_RATE, Progress, Segment, Track, TrackInfo, silent

MAX_BYTES = 200 * 1000 * 1000
MAX_SECONDS = 20 * 60
MIN_SECONDS = 3
MAX_CHANNELS = 32
MIN_RATE, MAX_RATE = 8_000, 192_000  # Hz
SILENCE = -80.0  # dBFS; a file whose peak is below it is refused
TAGS = ("title", "artist", "album", "date", "genre", "composer", "tracknumber", "comment", "copyright", "license")
MAX_TEXT = 120  # characters of a title or tag

# A speaker's share of (left, right): ITU-R BS.775-3, table 2. The low-frequency channel is left out, as there.
HALF = float(np.sqrt(0.5))
DOWNMIX = {"FL": (1, 0), "FR": (0, 1), "FC": (HALF, HALF), "LFE": (0, 0), "BL": (HALF, 0), "BR": (0, HALF),
           "SL": (HALF, 0), "SR": (0, HALF), "BC": (0.5, 0.5)}

Reader = SoundFileReader | PyAVReader


def decode(source: Path | bytes, name: str = "", *, progress: Progress = silent) -> Track:
    """The song in a file or in its bytes; `name` (a path's own where empty) serves only for the title.

    float32 at SAMPLE_RATE; mono stays mono, more than two channels become two (DOWNMIX). A cut or damaged file is
    taken as far as it goes, and `info.source["note"]` says so; so it does where a peak above full scale made the whole
    song be turned down. Nothing is written anywhere. Raises AudioError, with the value and the limit, for a file that
    is empty, not audio, outside the limits above, silent, or holding samples that are not numbers.
    """
    data = _read(source)
    try:
        sound, y = _taken(open_sound(data), progress)
    except Damaged:
        sound, y = _taken(open_sound(data, readers=(PyAVReader,)), progress)
        sound.fault = sound.fault or "the file is damaged or cut off"
    notes = _check_decoded(sound, y)
    notes += _tame(y)
    tags = _known_tags(sound.tags)
    facts = {**sound.source, "sample_rate": str(sound.sr), "channels": str(sound.channels)}
    if notes:
        facts["note"] = "; ".join(notes)
    info = TrackInfo(id=content_id(y), title=_title(tags, name or getattr(source, "name", "")),
                     duration=y.shape[1] / SAMPLE_RATE, channels=len(y), tags=tags, source=facts)
    return Track(info, y)


def content_id(y: np.ndarray) -> str:
    """sha256 (hex) of the channel count and the float32 samples, (channels, samples): the same sound, the same id."""
    digest = hashlib.sha256(f"{len(y)} channels\n".encode())
    for channel in y:
        digest.update(np.ascontiguousarray(channel, "<f4"))
    return digest.hexdigest()


def _read(source: Path | bytes) -> bytes:
    if not isinstance(source, bytes) and not Path(source).is_file():
        raise refusal(f"There is no file {_clean(str(source))}.")
    size = len(source) if isinstance(source, bytes) else Path(source).stat().st_size
    if not size:
        raise refusal("This file is empty (0 bytes).")
    if size > MAX_BYTES:
        raise refusal(f"This file has {size / 1e6:.1f} MB; at most {MAX_BYTES / 1e6:.0f} MB are allowed.")
    return source if isinstance(source, bytes) else Path(source).read_bytes()


def _check_header(sound: Reader) -> None:
    if sound.channels > MAX_CHANNELS:
        raise refusal(f"This file has {sound.channels} channels; at most {MAX_CHANNELS} are allowed.")
    if not MIN_RATE <= sound.sr <= MAX_RATE:
        raise refusal(f"This file has a sample rate of {sound.sr} Hz; it must lie between {MIN_RATE} and "
                      f"{MAX_RATE} Hz.")
    if sound.seconds is not None:
        _check_length(sound.seconds)


def _check_length(seconds: float) -> None:
    if seconds > MAX_SECONDS:
        raise refusal(f"This file holds {_long(seconds)} of audio; at most {MAX_SECONDS // 60} minutes are allowed.")
    if seconds < MIN_SECONDS:
        raise refusal(f"This file holds {seconds:.1f} s of audio; at least {MIN_SECONDS} s are needed.")


def _taken(sound: Reader, progress: Progress) -> tuple[Reader, np.ndarray]:
    with closing(sound):
        _check_header(sound)
        return sound, _samples(sound, progress)


def _samples(sound: Reader, progress: Progress) -> np.ndarray:
    """(1 or 2, samples) at SAMPLE_RATE, block by block into one array whose memory is taken only as it fills."""
    weights = _weights(sound.channels, sound.names)
    stream = soxr.ResampleStream(sound.sr, SAMPLE_RATE, len(weights), dtype="float32")
    room = sound.seconds if sound.exact else MAX_SECONDS
    y = np.empty((len(weights), round(room * SAMPLE_RATE)), np.float32)
    done = filled = 0

    def put(block: np.ndarray, last: bool = False) -> None:
        nonlocal filled
        part = stream.resample_chunk(np.ascontiguousarray(block.T), last=last).T[:, :y.shape[1] - filled]
        y[:, filled:filled + part.shape[1]] = part
        filled += part.shape[1]

    for block in _checked(sound):
        put(block if sound.channels <= 2 else weights @ block)
        done += block.shape[1]
        progress(min(1.0, done / sound.sr / (sound.seconds or MAX_SECONDS)), "reading the file")
    put(np.zeros((len(weights), 0), np.float32), last=True)
    size = min(filled, round(done * SAMPLE_RATE / sound.sr))  # the resampler may end a sample or two late
    return np.ascontiguousarray(y[:, :size])


def _checked(sound: Reader) -> Iterator[np.ndarray]:
    """The blocks, as long as they are numbers and a header that lies about the length is not believed."""
    frames = 0
    for block in sound.blocks():
        frames += block.shape[1]
        if frames > MAX_SECONDS * sound.sr:
            raise refusal(f"This file holds more than {MAX_SECONDS // 60} minutes of audio, the most that is allowed.")
        if not np.isfinite(block).all():
            at = (frames - block.shape[1] + np.argmin(np.isfinite(block).all(axis=0))) / sound.sr
            raise refusal(f"This file holds samples that are not finite numbers (NaN or infinity), the first at "
                          f"{at:.2f} s. Export it again as wav or flac.")
        yield block


def _weights(channels: int, names: tuple[str, ...]) -> np.ndarray:
    """(1 or 2, channels) downmix; each side's weights sum to at most 1. Unnamed speakers go to both sides alike."""
    if channels <= 2:
        return np.eye(channels, dtype=np.float32)
    shares = [DOWNMIX.get(name, (0.5, 0.5)) for name in names] if len(names) == channels else [(1, 1)] * channels
    weights = np.array(shares, np.float32).T
    return weights / max(weights.sum(axis=1).max(), 1)


def _check_decoded(sound: Reader, y: np.ndarray) -> list[str]:
    """Notes on what is missing; raises AudioError where too little or only silence is left."""
    seconds, stated = y.shape[1] / SAMPLE_RATE, sound.seconds or 0
    cut = sound.fault or ("the file is cut off" if seconds < stated - 0.25 else "")
    if cut and seconds < MIN_SECONDS:
        of = f" of {_long(stated)}" if stated > seconds + 0.25 else ""
        raise refusal(f"Only {seconds:.1f} s{of} could be read ({cut}); at least {MIN_SECONDS} s are needed.")
    _check_length(seconds)
    peak = max(float(y.max()), -float(y.min()))
    if peak < 10 ** (SILENCE / 20):
        level = f"{20 * np.log10(peak):.0f} dBFS" if peak else "zero"
        raise refusal(f"This file is silent: its peak is {level}, at least {SILENCE:.0f} dBFS is needed.")
    missing = f", {_long(stated)} stated" if seconds < stated - 0.25 else ""
    return [f"{cut}; {_long(seconds)} could be read{missing}"] if cut else []


def _tame(y: np.ndarray) -> list[str]:
    """Turns the whole song down, in place, where its peak is above full scale: clipping it would change the sound."""
    peak = max(float(y.max()), -float(y.min()))
    if peak <= 1:
        return []
    y /= np.float32(peak)
    np.clip(y, -1, 1, out=y)
    return [f"turned down by {20 * np.log10(peak):.2f} dB, as its peak was {peak:.3g} times full scale"]


def _long(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds < 60 else f"{int(seconds) // 60}:{int(seconds) % 60:02d} min"


def _clean(text: str) -> str:
    """One bounded line for the screen: no control, direction or surrogate characters, no markup brackets."""
    text = unicodedata.normalize("NFC", str(text)[:10 * MAX_TEXT]).translate({ord("<"): "‹", ord(">"): "›"})
    kept = "".join(c if unicodedata.category(c)[0] != "C" else " " if c.isspace() else "" for c in text)
    return " ".join(kept.split())[:MAX_TEXT].strip()


def _known_tags(raw: Mapping[str, str]) -> dict[str, str]:
    lower = {str(key).lower(): value for key, value in raw.items()}
    lower.setdefault("tracknumber", lower.get("track", ""))
    cleaned = {key: _clean(lower[key]) for key in TAGS if key in lower}
    return {key: value for key, value in cleaned.items() if value}


def _title(tags: Mapping[str, str], name: str) -> str:
    """Artist and title from the tags, else the file's bare name; never holds a path separator."""
    if "title" in tags:
        text = " - ".join(tags[key] for key in ("artist", "title") if key in tags)
    else:
        text = PurePosixPath(_clean(name.replace("\\", "/").rsplit("/", 1)[-1])).stem.lstrip(". ")
    return text.translate({ord("/"): "∕", ord("\\"): "∖"})[:MAX_TEXT].strip() or "untitled"


def resample(y: np.ndarray, sr_from: int, sr_to: int) -> np.ndarray:
    """(..., samples) float32 at `sr_to` Hz, soxr's high quality; the length is scaled and rounded."""
    y = np.asarray(y, np.float32)
    if sr_from == sr_to:
        return y
    flat = y.reshape(-1, y.shape[-1])
    return np.stack([soxr.resample(row, sr_from, sr_to) for row in flat]).reshape(*y.shape[:-1], -1)


def cut(track: Track, segment: Segment) -> np.ndarray:
    """(channels, samples) of the segment, zero padded past the song's end; the length depends on its width alone."""
    if not 0 <= segment.start < segment.end:
        raise ParameterError(f"a segment must start at 0 s or later and end after its start, "
                             f"not {segment.start} to {segment.end} s")
    start, size = round(segment.start * track.sr), round((segment.end - segment.start) * track.sr)
    out = np.zeros((len(track.y), size), np.float32)
    part = track.y[:, start:start + size]
    out[:, :part.shape[1]] = part
    return out


def write_wav(path: Path, y: np.ndarray, sr: int) -> None:
    """16-bit PCM with triangular dither of two steps (its seed fixed, so that the same sound gives the same file).

    Sixteen bits play everywhere and keep a download small; the dither turns rounding into steady noise at -93 dBFS.
    Samples beyond full scale are clipped, as the format must.
    """
    rng = np.random.default_rng(0)

    def dithered(block: np.ndarray) -> np.ndarray:
        noise = rng.random(block.shape, np.float32) - rng.random(block.shape, np.float32)
        return np.clip(np.rint(block * 32767 + noise), -32768, 32767).astype(np.int16)
    _write(path, y, sr, "WAV", "PCM_16", dithered)


def write_flac(path: Path, y: np.ndarray, sr: int) -> None:
    """24-bit FLAC, for keeping: rounding lies below -140 dBFS, so no dither. Beyond full scale is clipped."""
    _write(path, y, sr, "FLAC", "PCM_24", lambda block: np.clip(block, -1, 1))


def _write(path: Path, y: np.ndarray, sr: int, container: str, subtype: str, convert) -> None:
    y = np.atleast_2d(y)
    if not np.isfinite(y).all():
        raise ParameterError("the sound to write holds samples that are not finite numbers")
    with soundfile.SoundFile(path, "w", sr, len(y), subtype, format=container) as file:
        for start in range(0, y.shape[1], 1 << 18):
            file.write(convert(y[:, start:start + (1 << 18)].T))

"""MIDI -> four stems of 16-bit integers whose sum is the mix, at a wanted loudness and without clipping."""

import subprocess
import tempfile
from pathlib import Path

import numpy as np
import pyloudnorm
import soundfile
from midi import seconds, stem_files
from scipy.ndimage import minimum_filter1d, uniform_filter1d
from scipy.signal import butter, fftconvolve, firwin, sosfilt
from score import Piece

RATE = 44_100  # Hz
CEILING = 10 ** (-1 / 20)  # -1 dBFS
NOISE = -58  # dB; rounding noise against the loudness of the song: FLAC leaves out the bits below, half the size
TOP = 15_000  # Hz; nothing above, for the same reason
LOOKAHEAD = 2205  # samples


def synthesise(midi, piece: Piece, soundfont: Path) -> np.ndarray:
    """One stem, (2, samples) float."""
    size, damp, level = piece.room
    options = {"synth.gain": 0.35, "synth.reverb.room-size": size, "synth.reverb.damp": damp,
               "synth.reverb.level": level, "synth.reverb.width": 0.8, "synth.chorus.depth": 4.0,
               "synth.chorus.level": 0.8, "synth.polyphony": 512, "synth.cpu-cores": 1}
    with tempfile.TemporaryDirectory() as folder:
        score, sound = Path(folder, "stem.mid"), Path(folder, "stem.wav")
        midi.save(score)
        flags = [part for key, value in options.items() for part in ("-o", f"{key}={value}")]
        subprocess.run(["fluidsynth", "-niq", *flags, "-r", str(RATE), "-O", "float", "-T", "wav", "-F", str(sound),
                        str(soundfont), str(score)], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        return soundfile.read(sound, dtype="float64", always_2d=True)[0].T


def placed(y: np.ndarray, name: str) -> np.ndarray:
    """Without offset or band above TOP; vocals, drums and bass in the middle, the sides left to the others."""
    y = sosfilt(butter(2, 24, "highpass", fs=RATE, output="sos"), y, axis=1)
    y = fftconvolve(y, firwin(401, TOP, fs=RATE)[None], mode="same", axes=1)
    return y if name == "other" else np.broadcast_to(y.mean(axis=0), y.shape)


def grain(target: float) -> int:
    """The rounding step, a power of two in units of 1 / 32,768, whose noise lies NOISE dB from the song's loudness."""
    step = 32768 * 10 ** ((target + NOISE) / 20) * np.sqrt(12)
    return int(2 ** np.round(np.log2(step)))


def loudness(y: np.ndarray) -> float:
    """Integrated loudness of (2, samples), LUFS (BS.1770)."""
    return pyloudnorm.Meter(RATE).integrated_loudness(y.T)


def to_length(y: np.ndarray, samples: int) -> np.ndarray:
    """Cut or padded to `samples`, faded out over the last 1.5 s."""
    y = np.pad(y, ((0, 0), (0, max(0, samples - y.shape[1]))))[:, :samples].copy()
    fade = int(1.5 * RATE)
    y[:, -fade:] *= np.cos(np.linspace(0, np.pi / 2, fade)) ** 2
    return y


def limiter(mix: np.ndarray) -> np.ndarray:
    """(samples,) a smooth gain that keeps `mix` under the ceiling; applied to every stem, their sum stays the mix."""
    needed = np.minimum(1.0, CEILING / np.maximum(np.abs(mix).max(axis=0), 1e-9))
    held = minimum_filter1d(needed, LOOKAHEAD)
    half = LOOKAHEAD // 2
    return uniform_filter1d(uniform_filter1d(held, half), half)


def levelled(stems: np.ndarray, target: float) -> np.ndarray:
    """Stems (S, 2, samples) whose sum has the wanted loudness, or the nearest that the ceiling allows."""
    gain = 1.0
    for _ in range(6):
        played = stems * gain
        played = played * limiter(played.sum(axis=0))
        gain *= 10 ** ((target - loudness(played.sum(axis=0))) / 20)
    return played


def render(piece: Piece, soundfont: Path) -> dict[str, np.ndarray]:
    """Stem name -> (2, samples) int16; their integer sum is the mix and does not clip."""
    samples = int((seconds(piece) + piece.tail) * RATE)
    raw = {name: to_length(placed(synthesise(midi, piece, soundfont), name), samples)
           for name, midi in stem_files(piece).items()}
    stems = np.stack([y * 10 ** ((piece.balance[name] - loudness(y)) / 20) for name, y in raw.items()])
    step = grain(piece.loudness)
    steps = np.round(levelled(stems, piece.loudness) * 32768 / step) * step
    assert np.abs(steps.sum(axis=0)).max() < 32768, "the mix clips"
    return dict(zip(raw, steps.astype(np.int16)))

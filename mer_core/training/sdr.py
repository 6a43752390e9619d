"""How well a separator works where the true stems are known: `python -m mer_core.training.sdr FOLDER_OR_MIX...`

A folder holds mix, vocals, drums, bass and other as flac or wav, or such sets under a common prefix (song_mix.flac,
song_vocals.flac, ...), or folders that do. SDR is over the whole clip and all channels, in dB.
"""

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import soundfile

from mer_core import registry
from mer_core.audio import content_id, resample
from mer_core.errors import DataError, MerError
from mer_core.features.spectral import power, stft
from mer_core.schema import SAMPLE_RATE, STEM_NAMES, Track, TrackInfo
from mer_core.separation._blocks import inverse

N_FFT, HOP = 4096, 1024
EPS = 1e-12  # keeps the ratio finite for silence and for a perfect estimate


def sdr(truth: np.ndarray, estimate: np.ndarray) -> float:
    """10 log10(|s|^2 / |s - s^|^2), dB; counts a wrong level as an error."""
    return _decibels(_energy(truth), _energy(truth - estimate))


def si_sdr(truth: np.ndarray, estimate: np.ndarray) -> float:
    """The same against the truth at its best level, dB (Le Roux et al. 2019, eq. 5); blind to the estimate's level."""
    target = truth * (np.vdot(truth, estimate) / (_energy(truth) + EPS))
    return _decibels(_energy(target), _energy(target - estimate))


def ratio_masks(mix: np.ndarray, truths: np.ndarray) -> np.ndarray:
    """(4, channels, samples): the mix through masks of the true powers' shares, the ceiling of any soft mask."""
    out = np.empty_like(truths)
    for c, channel in enumerate(mix):
        spectrum = stft(channel, N_FFT, HOP)
        shares = np.stack([power(stft(truth[c], N_FFT, HOP)) for truth in truths])
        shares /= shares.sum(axis=0) + EPS
        out[:, c] = [inverse(share * spectrum, HOP, len(channel)) for share in shares]
    return out


def measure(mix: np.ndarray, truths: np.ndarray, estimates: dict[str, np.ndarray]) -> dict[str, dict]:
    """name -> {"sdr": (4,), "si_sdr": (4,)} of each estimate (4, channels, samples), the mix itself and ideal masks."""
    estimates = estimates | {"the mix": np.broadcast_to(mix, truths.shape), "ideal masks": ratio_masks(mix, truths)}
    return {name: {"sdr": [sdr(t, e) for t, e in zip(truths, stems, strict=True)],
                   "si_sdr": [si_sdr(t, e) for t, e in zip(truths, stems, strict=True)]}
            for name, stems in estimates.items()}


def sets(path: Path) -> Iterator[tuple[str, Track, np.ndarray]]:
    """(name, mix, true stems (4, channels, samples)) of each set at `path`; raises DataError where there is none."""
    if not path.exists():
        raise DataError(f"{path} does not exist")
    mixes = sorted(m for end in ("flac", "wav") for m in path.rglob(f"*mix.{end}")) if path.is_dir() else [path]
    found = [mix for mix in mixes if all(_beside(mix, name).exists() for name in STEM_NAMES)]
    if not found:
        raise DataError(f"{path} holds no mix with its stems beside it; expected mix.flac, vocals.flac, drums.flac, "
                        f"bass.flac and other.flac, or the same with a common prefix")
    for mix in found:
        y = _read(mix)
        truths = np.stack([_read(_beside(mix, name)) for name in STEM_NAMES])
        name = mix.stem.removesuffix("mix").rstrip("_") or mix.parent.name
        info = TrackInfo(id=content_id(y), title=name, duration=y.shape[1] / SAMPLE_RATE, channels=len(y))
        yield name, Track(info, y), truths


def rows(name: str, figures: dict[str, dict]) -> Iterator[str]:
    for kind, label in (("sdr", "SDR"), ("si_sdr", "SI-SDR")):
        for estimate, values in figures.items():
            cells = "".join(f"{value:9.1f}" for value in (*values[kind], np.mean(values[kind])))
            yield f"{name[:18]:<18} {label:<7} {estimate:<12}{cells}"


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m mer_core.training.sdr", description="SDR of separators, dB")
    parser.add_argument("paths", nargs="+", type=Path, metavar="FOLDER_OR_MIX")
    parser.add_argument("--separator", default="embedded", choices=sorted(registry.entries("separation")))
    options = parser.parse_args(arguments)
    separator = registry.get("separation", options.separator)()
    print(f"{'set':<18} {'':<7} {'estimate':<12}" + "".join(f"{name:>9}" for name in (*STEM_NAMES, "mean")))
    try:
        for path in options.paths:
            for name, track, truths in sets(path):
                figures = measure(track.y, truths, {separator.name: separator.separate(track).y})
                print(*rows(name, figures), sep="\n", flush=True)
    except MerError as error:
        parser.exit(1, f"{error}\n")
    return 0


def _beside(mix: Path, name: str) -> Path:
    return mix.with_name(f"{mix.stem.removesuffix('mix')}{name}{mix.suffix}")


def _read(path: Path) -> np.ndarray:
    y, sr = soundfile.read(path, dtype="float32", always_2d=True)
    return resample(np.ascontiguousarray(y.T), sr, SAMPLE_RATE)


def _energy(y: np.ndarray) -> float:
    return float(np.vdot(y, y))


def _decibels(signal: float, error: float) -> float:
    return 10 * np.log10((signal + EPS) / (error + EPS))


if __name__ == "__main__":
    raise SystemExit(main())

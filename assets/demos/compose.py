"""Composes the four demo songs, one a quadrant of the valence-arousal plane, and renders each with its true stems.

    python assets/demos/compose.py [SLUG...] [--soundfont FILE]

Needed only to compose again: `pip install mido` and the Debian packages fluidsynth and fluid-soundfont-gm (FluidR3 GM,
MIT licence). The music is written in pieces/, played by midi.py and mixed by render.py. Each song's folder gets
vocals, drums, bass, other and mix.flac; the mix is the integer sum of the stems. No human sings: the vocal part is a
wordless voice of the sound font. demos.json names the songs; its ids are the content ids of the mixes.
"""

import argparse
import json
import sys
from importlib import import_module
from pathlib import Path

import numpy as np
import soundfile

HERE = Path(__file__).resolve().parent
SLUGS = ("sunday_sprint", "iron_stairwell", "letter_unsent", "harbour_at_noon")
LICENCE = "CC0 1.0 (the project's own composition); rendered with FluidR3 GM (MIT)"


def write(path: Path, y: np.ndarray) -> None:
    soundfile.write(path, y.T, 44_100, subtype="PCM_16", format="FLAC", compression_level=1.0)


def content_id(path: Path) -> str:
    """The id under which the app knows the song."""
    sys.path.insert(0, str(HERE.parents[1]))
    from mer_core.audio import decode
    return decode(path, path.name).info.id


def compose(slug: str, soundfont: Path) -> None:
    from render import loudness, render

    piece, folder = import_module(f"pieces.{slug}").piece(), HERE / slug
    folder.mkdir(exist_ok=True)
    stems = render(piece, soundfont)
    mix = np.sum([y.astype(np.int32) for y in stems.values()], axis=0).astype(np.int16)
    for name, y in {**stems, "mix": mix}.items():
        write(folder / f"{name}.flac", y)
    levels = ", ".join(f"{name} {loudness(y / 32768):.1f}" for name, y in {**stems, "mix": mix}.items())
    peak = 20 * np.log10(np.abs(mix).max() / 32768)
    print(f"{slug}: {mix.shape[1] / 44_100:.1f} s, peak {peak:.1f} dBFS; LUFS {levels}")


def entry(slug: str) -> dict:
    """A song's line in demos.json."""
    piece, mix = import_module(f"pieces.{slug}").piece(), HERE / slug / "mix.flac"
    return {"slug": slug, "title": piece.title, "composer": "MER Explorer", "quadrant": piece.quadrant,
            "description": piece.description, "key": piece.key, "tempo": piece.tempo,
            "duration": round(soundfile.info(mix).duration, 2), "licence": LICENCE, "id": content_id(mix)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("slugs", nargs="*", default=SLUGS, help="the songs to render; all by default")
    parser.add_argument("--soundfont", type=Path, default=Path("/usr/share/sounds/sf2/FluidR3_GM.sf2"))
    args = parser.parse_args()
    for slug in args.slugs:
        compose(slug, args.soundfont)
    text = json.dumps([entry(slug) for slug in SLUGS], indent=1, ensure_ascii=False)
    (HERE / "demos.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

from pathlib import Path

BUILD = Path(__file__).resolve().parents[2] / "build"  # what can be made again; git ignores it

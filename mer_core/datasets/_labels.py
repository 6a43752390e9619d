"""Reading label tables: rows of text, artists as groups, ratings as quadrants."""

import csv
import io
import unicodedata
from pathlib import Path

from mer_core.errors import DataError

MISSING = {"", "na", "nan", "none", "unknown", "various artists"}


def read_table(path: Path, columns: tuple[str, ...], delimiter: str = ",") -> list[dict[str, str]]:
    """The rows of a CSV file as text; raises DataError when a column is missing or there is no row.

    UTF-8 (with or without a byte order mark) is tried before Latin-1, which takes any bytes: published tables come
    in both, and a wrong guess would make two artists of one.
    """
    raw = Path(path).read_bytes()
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = raw.decode("latin-1")
    rows = list(csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter))
    if not rows:
        raise DataError(f"{path} holds no rows")
    absent = [c for c in columns if c not in rows[0]]
    if absent:
        raise DataError(f"{path} lacks the columns {', '.join(absent)}; it has {', '.join(map(str, rows[0]))}")
    return rows


def artist_group(artist: str, clip_id: str) -> str:
    """The artist without regard to case, accents and spaces; a clip without artist is a group of its own."""
    plain = unicodedata.normalize("NFKD", artist or "")
    key = " ".join("".join(c for c in plain if not unicodedata.combining(c)).casefold().split())
    return f"clip:{clip_id}" if key in MISSING else key


def quadrant(valence: float, arousal: float) -> int:
    """1 (+V +A), 2 (-V +A), 3 (-V -A) or 4 (+V -A); only values above zero count as positive."""
    if arousal > 0:
        return 1 if valence > 0 else 2
    return 4 if valence > 0 else 3


def existing(path: Path, title: str, url: str) -> Path:
    """`path`, or DataError where the clip a table names is not there."""
    if not path.exists():
        raise DataError(f"{title} names {path.name}, but {path} does not exist; get the whole set from {url}")
    return path

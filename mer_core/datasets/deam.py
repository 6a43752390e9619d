"""DEAM: 1,744 excerpts of 45 s and 58 whole songs, rated for the valence and arousal that listeners hear in them."""

import csv
import io
from pathlib import Path

import numpy as np

from mer_core.datasets._base import Clip, Dataset, to_unit
from mer_core.datasets._labels import artist_group, existing, quadrant, read_table
from mer_core.errors import DataError

SONG_LEVEL = "annotations/annotations averaged per song/song_level"
PER_SECOND = "annotations/annotations averaged per song/dynamic (per second annotations)"
TABLES = ("static_annotations_averaged_songs_1_2000.csv", "static_annotations_averaged_songs_2000_2058.csv")
COLUMNS = ("song_id", "valence_mean", "arousal_mean")
PARTS = {"development": (1, 1000), "2014": (1001, 2000), "2015": (2001, 2058)}  # the MediaEval sets, by song number
METADATA = {  # file -> columns of number, artist, title and genre; its rows are ragged and its headers differ
    "metadata_2013.csv": (0, 2, 3, 6), "metadata_2014.csv": (0, 1, 3, 4), "metadata_2015.csv": (0, 3, 2, 5)}


class Deam(Dataset):
    """The three archives of the set unpacked side by side: MEMD_audio/, annotations/ and metadata/.

    Static ratings are from 1 to 9, dynamic ones in [-1, 1]. The 256 of the first 1,000 songs that the set withdrew as
    duplicates are in none of its tables, and the dynamic ratings of the first 15 s are not published. `part` names one
    of the MediaEval sets (development, 2014, 2015) or "excerpts", the 1,744 of 45 s; all where it is empty.

    Checked by reading, as the set is not at hand: the official page of its first part, and public repositories that read
    the archives or list what is in them. They agree on file names, on headers with spaces, on 1,802 songs (744, 1,000 and
    58) that all have a static mean from 1 to 9, on dynamic means every 0.5 s from 15 s on whose two tables differ by a
    column, on the ragged metadata and its order of columns, and on 24 excerpts that are not at 44.1 kHz; the licence is as
    two of them quote the manual. Not settled: metadata_2015.csv is said to have rows that are shifted by a column; their
    artist would be wrong.
    """

    name = "deam"
    title = "DEAM"
    citation = ("A. Aljanaki, Y.-H. Yang, M. Soleymani, Developing a benchmark for emotional analysis of music, PLoS ONE "
                "12(3), 2017, doi:10.1371/journal.pone.0173392")
    licence = "CC BY-NC, by the manual of the set; each song has a Creative Commons licence of its own"
    url = "https://cvml.unige.ch/databases/DEAM/"
    marker = f"{SONG_LEVEL}/{TABLES[0]}"

    def __init__(self, root: Path, part: str = ""):
        super().__init__(root)
        if part not in ("", "excerpts", *PARTS):
            raise DataError(f"{self.title} has no part {part!r}; there are: {', '.join(PARTS)}, excerpts")
        low, high = (1, 2000) if part == "excerpts" else PARTS.get(part, (1, 2058))
        self.songs = range(low, high + 1)

    def clips(self) -> list[Clip]:
        """The rated songs of the part in the order of the tables."""
        rows = [row for name in TABLES for row in self._rows(Path(SONG_LEVEL) / name, COLUMNS)]
        known = self._metadata()
        return [self._clip(row, known.get(int(row["song_id"]), ("", "", ""))) for row in rows
                if int(row["song_id"]) in self.songs]

    def curve(self, clip: Clip) -> tuple[np.ndarray, np.ndarray]:
        """(T,) s and (T, 2) valence and arousal in [-1, 1], every 0.5 s from 15 s on; empty for a song without."""
        both = [self._samples(target, clip.id) for target in ("valence", "arousal")]
        times = sorted(both[0].keys() & both[1].keys())
        return np.array(times) / 1000, np.array([[samples[t] for samples in both] for t in times]).reshape(-1, 2)

    def _samples(self, target: str, song: str) -> dict[int, float]:
        """milliseconds -> rating, where there is one."""
        rows = self._rows(Path(PER_SECOND) / f"{target}.csv", ("song_id", "sample_15000ms"))
        row = next((row for row in rows if row["song_id"] == song), {})
        return {int(name.removeprefix("sample_").removesuffix("ms")): float(value)
                for name, value in row.items() if name.startswith("sample_") and value not in ("", "NaN")}

    def _rows(self, path: Path, columns: tuple[str, ...]) -> list[dict[str, str]]:
        """The rows of a table; its headers and values come with spaces around them."""
        path = existing(self.root / path, self.title, self.url)
        rows = [{(k or "").strip(): (v or "").strip() for k, v in row.items() if isinstance(v, str)}
                for row in read_table(path, ())]
        absent = [column for column in columns if column not in rows[0]]
        if absent:
            raise DataError(f"{path} lacks the columns {', '.join(absent)}; it has {', '.join(rows[0])}")
        return rows

    def _metadata(self) -> dict[int, tuple[str, str, str]]:
        """song number -> artist, title, genre."""
        found = {}
        for name, (number, *wanted) in METADATA.items():
            path = existing(self.root / "metadata" / name, self.title, self.url)
            for row in csv.reader(io.StringIO(path.read_text("utf-8-sig", errors="replace"), newline="")):
                if len(row) > max(wanted) and row[number].strip().isdigit():
                    found[int(row[number])] = tuple(" ".join(row[k].split()) for k in wanted)
        return found

    def _clip(self, row: dict[str, str], known: tuple[str, str, str]) -> Clip:
        name, (artist, title, genre) = row["song_id"], known
        values = self._rating(row, "valence_mean"), self._rating(row, "arousal_mean")
        path = existing(self.root / "MEMD_audio" / f"{name}.mp3", self.title, self.url)
        return Clip(id=name, path=path, group=artist_group("" if artist.casefold() == "n/a" else artist, name),
                    values=values, quadrant=quadrant(*values), title=title, genre=genre)

    def _rating(self, row: dict[str, str], column: str) -> float:
        try:
            rating = float(row[column])
        except ValueError:
            rating = float("nan")
        if not 1 <= rating <= 9:
            raise DataError(f"{self.title}: {column} of {row['song_id']} is {row[column]!r}; expected a number from 1 "
                            "to 9")
        return float(to_unit(rating, 1, 9))

"""Mid-level Perceptual Features: 5,000 excerpts of 15 s, rated by listeners for seven descriptors between sound and
emotion."""

import numpy as np

from mer_core.datasets._base import Clip, Dataset, to_unit
from mer_core.datasets._labels import artist_group, existing, read_table
from mer_core.errors import DataError

DESCRIPTORS = ("melodiousness", "articulation", "rhythm_complexity", "rhythm_stability", "dissonance",
               "tonal_stability", "minorness")
SPELT = {"melody": "melodiousness", "modality": "minorness"}  # the paper's words; the table could not be looked at here
UNRATED = (float("nan"), float("nan"))


class MidLevel(Dataset):
    """The archives of the set unpacked side by side: audio/ID.mp3 and metadata_annotations/ with annotations.csv and
    metadata.csv, whose columns semicolons part. No valence or arousal: values are NaN."""

    name = "mid_level"
    title = "Mid-level Perceptual Features"
    citation = ("A. Aljanaki, M. Soleymani, A data-driven approach to mid-level perceptual musical feature modeling, "
                "ISMIR 2018")
    licence = "as the set's page says; the music comes from several sources of their own terms"
    url = "https://osf.io/5aupt/"
    marker = "metadata_annotations/annotations.csv"
    unit = "mean rating, -1 to 1 for 1 to 10"

    def clips(self) -> list[Clip]:
        """The excerpts in the order of the annotations."""
        known = self._metadata()
        return [self._clip(row["song_id"], known.get(row["song_id"], {})) for row in self._rows()]

    def ratings(self) -> tuple[tuple[str, ...], np.ndarray]:
        return DESCRIPTORS, np.array([[self._rating(row, d) for d in DESCRIPTORS] for row in self._rows()])

    def _rows(self) -> list[dict[str, str]]:
        rows = [_plain(row) for row in read_table(self.root / self.marker, ())]
        if absent := [c for c in ("song_id", *DESCRIPTORS) if c not in rows[0]]:
            raise DataError(f"{self.root / self.marker} lacks the columns {', '.join(absent)}")
        return rows

    def _metadata(self) -> dict[str, dict[str, str]]:
        path = existing(self.root / "metadata_annotations/metadata.csv", self.title, self.url)
        rows = [_plain(row) for row in read_table(path, (), delimiter=";")]
        if absent := [c for c in ("song_id", "artist") if c not in rows[0]]:
            raise DataError(f"{path} lacks the columns {', '.join(absent)}; semicolons part its columns")
        return {row["song_id"]: row for row in rows}

    def _clip(self, number: str, song: dict[str, str]) -> Clip:
        path = existing(self.root / "audio" / f"{number}.mp3", self.title, self.url)
        return Clip(id=number, path=path, group=artist_group(song.get("artist", ""), number), values=UNRATED,
                    title=song.get("song_name", ""), genre=song.get("source", ""))

    def _rating(self, row: dict[str, str], descriptor: str) -> float:
        try:
            rating = float(row[descriptor])
        except ValueError:
            rating = float("nan")
        if not 1 <= rating <= 10:
            raise DataError(f"{self.title}: {descriptor} of {row['song_id']} is {row[descriptor]!r}; expected a number "
                            "from 1 to 10")
        return float(to_unit(rating, 1, 10))


def _plain(row: dict[str, str]) -> dict[str, str]:
    """A row by column names in lower case with underscores: headers come with spaces in and around them."""
    names = {k: (k or "").strip().lower().replace(" ", "_") for k in row}
    return {SPELT.get(names[k], names[k]): v.strip() for k, v in row.items() if isinstance(v, str)}

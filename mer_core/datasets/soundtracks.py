"""Soundtracks, set 1: 360 excerpts of film music of about 15 s, rated by experts on eight scales."""

import numpy as np

from mer_core.datasets._base import Clip, Dataset, to_unit
from mer_core.datasets._labels import artist_group, existing, quadrant, read_table
from mer_core.errors import DataError

SCALES = ("valence", "energy", "tension", "anger", "fear", "happy", "sad", "tender")
TRACKS = ("Nro", "Album name", "Track")
FOLDERS = (".", "Set1", "set1", "Set1/Set1")  # where the archive's 001.mp3 to 360.mp3 may have been unpacked
MISSPELT = {"the portait of a lady": "the portrait of a lady"}  # in the published list


class Soundtracks(Dataset):
    """mean_ratings_set1.csv, set1_tracklist.csv and the files of Set1.zip in one folder, as on OSF.

    What the music expresses, in means on a scale from 1 to 9. An excerpt's group is its album: most albums
    give several excerpts, some from one track. `values` are valence and energy, which stands for arousal.
    """

    name = "soundtracks"
    title = "Soundtracks, set 1"
    citation = ("T. Eerola, J. K. Vuoskoski, A comparison of the discrete and dimensional models of emotion in music, "
                "Psychology of Music 39(1), 2011, doi:10.1177/0305735610362821")
    licence = "for academic research; the films' music belongs to its owners"
    url = "https://osf.io/p6vkg/"
    marker = "mean_ratings_set1.csv"
    unit = "mean rating, -1 to 1 for 1 to 9"

    def clips(self) -> list[Clip]:
        """The excerpts in the order of the ratings."""
        albums = self._albums()
        return [self._clip(row, albums) for row in self._rows()]

    def ratings(self) -> tuple[tuple[str, ...], np.ndarray]:
        return SCALES, np.array([[self._rating(row, scale) for scale in SCALES] for row in self._rows()])

    def _rows(self) -> list[dict[str, str]]:
        """The table with its header in lower case: copies differ in that."""
        rows = read_table(self.root / self.marker, ())
        rows = [{(k or "").strip().lower(): v for k, v in row.items()} for row in rows]
        if absent := [c for c in ("number", *SCALES) if c not in rows[0]]:
            raise DataError(f"{self.root / self.marker} lacks the columns {', '.join(absent)}")
        return rows

    def _albums(self) -> dict[int, str]:
        """excerpt -> album; without it no split could keep the excerpts of a film apart."""
        rows = read_table(existing(self.root / "set1_tracklist.csv", self.title, self.url), TRACKS)
        return {self._number(row["Nro"]): row["Album name"].strip() for row in rows}

    def _clip(self, row: dict[str, str], albums: dict[int, str]) -> Clip:
        number = self._number(row["number"])
        album = albums.get(number, "")
        group = artist_group(album, f"{number:03}")
        values = self._rating(row, "valence"), self._rating(row, "energy")
        return Clip(id=f"{number:03}", path=self._audio(number), group=MISSPELT.get(group, group), values=values,
                    quadrant=quadrant(*values), title=album, genre="film music")

    def _audio(self, number: int):
        tried = [self.root / folder / f"{number:03}.mp3" for folder in FOLDERS]
        return existing(next((path for path in tried if path.exists()), tried[1]), self.title, self.url)

    def _number(self, text: str) -> int:
        try:
            return int(text)
        except (TypeError, ValueError):
            raise DataError(f"{self.title}: an excerpt is called {text!r}; expected a number from 1 to 360") from None

    def _rating(self, row: dict[str, str], scale: str) -> float:
        try:
            rating = float(row[scale])
        except ValueError:
            rating = float("nan")
        if not 1 <= rating <= 9:
            raise DataError(f"{self.title}: {scale} of excerpt {row['number']} is {row[scale]!r}; expected a number "
                            "from 1 to 9")
        return float(to_unit(rating, 1, 9))

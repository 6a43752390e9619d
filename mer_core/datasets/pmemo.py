"""PMEmo: 794 choruses of pop songs, rated for the valence and arousal they induce by 457 listeners."""

import numpy as np

from mer_core.datasets._base import Clip, Dataset, to_unit
from mer_core.datasets._labels import artist_group, existing, quadrant, read_table
from mer_core.errors import DataError

STATIC = ("musicId", "Arousal(mean)", "Valence(mean)")
DYNAMIC = ("musicId", "frameTime", "Arousal(mean)", "Valence(mean)")
SONGS = ("musicId", "title", "artist")


class PMEmo(Dataset):
    """The folder PMEmo2019 as published: annotations/, chorus/ID.mp3 and metadata.csv. Ratings are from 0 to 1.

    Songs without a static rating (27 of the 794) are left out, as the set leaves them out of its own tables; so are the
    dynamic ratings of the first 15 s.

    Checked by reading, as the set is not at hand: its README, licence file, notebooks and page, and public repositories
    that read it. They agree on file names and columns, on the scale, on 767 static ratings and on frameTime, in seconds;
    the licence file (MIT) is that of the code, the README asks users of the data for a citation.
    """

    name = "pmemo"
    title = "PMEmo"
    citation = ("K. Zhang, H. Zhang, S. Li, C. Yang, L. Sun, The PMEmo Dataset for Music Emotion Recognition, ICMR "
                "2018, doi:10.1145/3206025.3206037")
    licence = "none stated for the data (its code is MIT); made for research, with citation"
    url = "https://github.com/HuiZhangDB/PMEmo"
    marker = "annotations/static_annotations.csv"

    def clips(self) -> list[Clip]:
        """Every song with a static rating, in the order of its table."""
        table = existing(self.root / "metadata.csv", self.title, self.url)
        songs = {row["musicId"]: row for row in read_table(table, SONGS)}
        return [self._clip(row, songs.get(row["musicId"], {})) for row in read_table(self.root / self.marker, STATIC)]

    def curve(self, clip: Clip) -> tuple[np.ndarray, np.ndarray]:
        """(T,) s and (T, 2) valence and arousal in [-1, 1], every 0.5 s from 15 s on; empty for a song without."""
        path = existing(self.root / "annotations/dynamic_annotations.csv", self.title, self.url)
        rows = [row for row in read_table(path, DYNAMIC) if row["musicId"] == clip.id]
        values = np.array([self._rating(row) for row in rows]).reshape(-1, 2)
        return np.array([float(row["frameTime"]) for row in rows]), values

    def _clip(self, row: dict[str, str], song: dict[str, str]) -> Clip:
        name, values = row["musicId"], self._rating(row)
        path = existing(self.root / "chorus" / f"{name}.mp3", self.title, self.url)
        return Clip(id=name, path=path, group=artist_group(song.get("artist", ""), name), values=values,
                    quadrant=quadrant(*values), title=song.get("title", ""))

    def _rating(self, row: dict[str, str]) -> tuple[float, float]:
        found = []
        for column in ("Valence(mean)", "Arousal(mean)"):
            try:
                rating = float(row[column])
            except ValueError:
                rating = float("nan")
            if not 0 <= rating <= 1:
                raise DataError(f"{self.title}: {column} of {row['musicId']} is {row[column]!r}; expected a number from "
                                "0 to 1")
            found.append(float(to_unit(rating, 0, 1)))
        return found[0], found[1]

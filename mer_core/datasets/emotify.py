"""Emotify: 400 clips of 60 s in four genres; listeners of a game ticked which of nine emotions they felt."""

from collections import defaultdict

import numpy as np

from mer_core.datasets._base import Clip, Dataset
from mer_core.datasets._labels import existing, read_table
from mer_core.errors import DataError

EMOTIONS = ("amazement", "solemnity", "tenderness", "nostalgia", "calmness", "power", "joyful_activation", "tension",
            "sadness")  # the Geneva Emotional Music Scale
GENRES = ("classical", "rock", "electronic", "pop")  # 100 clips each, numbered in this order
UNRATED = (float("nan"), float("nan"))


class Emotify(Dataset):
    """Felt emotions, and no valence or arousal: values are NaN and there is no quadrant. It names no artists, so each
    clip is a group of its own. Some derived tables of the repository give wrong genres; data.csv is right."""

    name = "emotify"
    title = "Emotify"
    citation = ("A. Aljanaki, F. Wiering, R. C. Veltkamp, Studying emotion induced by music through a crowdsourcing "
                "game, Information Processing & Management, 2015")
    licence = "research; citation"
    url = "https://github.com/sergi-andreu/ProjectMusicInformatics"
    marker = "data/data.csv"
    unit = "share of listeners who felt it, 0 to 1"

    def clips(self) -> list[Clip]:
        """The 400 clips in the order of their track id."""
        return [self._clip(track) for track in sorted(self._rows())]

    def felt(self) -> np.ndarray:
        """(400, 9) the share of listeners who ticked each of EMOTIONS, in the order of `clips`."""
        rows = self._rows()
        return np.array([np.mean(rows[track], axis=0) for track in sorted(rows)])

    def ratings(self) -> tuple[tuple[str, ...], np.ndarray]:
        return EMOTIONS, self.felt()

    def _rows(self) -> dict[int, list[list[float]]]:
        found = defaultdict(list)
        for row in read_table(self.root / self.marker, ("track id", " genre", *(f" {e}" for e in EMOTIONS))):
            try:
                found[int(row["track id"])].append([float(row[f" {e}"]) for e in EMOTIONS])
            except ValueError:
                raise DataError(f"{self.title}: a row of track {row['track id']!r} is not made of numbers") from None
        return found

    def _clip(self, track: int) -> Clip:
        place, number = divmod(track - 1, 100)
        if not 0 <= place < len(GENRES):
            raise DataError(f"{self.title}: there is no track {track}; the ids go from 1 to {100 * len(GENRES)}")
        genre = GENRES[place]
        path = existing(self.root / "data" / "emotifymusic" / genre / f"{number + 1}.mp3", self.title, self.url)
        return Clip(id=f"{genre} {number + 1}", path=path, group=f"clip:{track}", values=UNRATED, genre=genre)

"""MUSIFEAST-17: 356 clips of 30 s without words, in 17 genres, rated for valence and arousal by 701 listeners."""

from mer_core.datasets._base import Clip, Dataset, to_unit
from mer_core.datasets._labels import artist_group, existing, quadrant, read_table
from mer_core.errors import DataError

COLUMNS = ("CLIP_NAME", "GENRE", "TRACK_TITLE", "ARTIST", "valence_M", "arousal_M")


class Musifeast17(Dataset):
    """Ratings are means over listeners on a scale from 1 to 5. Clips are 44.1 or 48 kHz MP3: resample them."""

    name = "musifeast17"
    title = "MUSIFEAST-17"
    citation = ("H. A. van der Walle, W. Wu, E. H. Margulis, K. Jakubowski, MUSIFEAST-17: MUsic Stimuli for "
                "imagination, familiarity, emotion, and Aesthetic STudies across 17 genres, Behavior Research "
                "Methods, 2025, doi:10.3758/s13428-025-02724-0")
    licence = "ratings CC0; clips for non-commercial research"
    url = "https://github.com/HazelvdW/MUSIFEAST-17"
    marker = "data/MUSIFEAST17_all.csv"

    def clips(self) -> list[Clip]:
        """Every rated clip in the order of the table."""
        return [self._clip(row) for row in read_table(self.root / self.marker, COLUMNS)]

    def _clip(self, row: dict[str, str]) -> Clip:
        name = row["CLIP_NAME"]
        values = self._rating(row, "valence_M"), self._rating(row, "arousal_M")
        path = existing(self.root / "stimuli" / f"{name}.mp3", self.title, self.url)
        return Clip(id=name, path=path, group=artist_group(row["ARTIST"], name), values=values,
                    quadrant=quadrant(*values), title=row["TRACK_TITLE"], genre=row["GENRE"])

    def _rating(self, row: dict[str, str], column: str) -> float:
        try:
            rating = float(row[column])
        except ValueError:
            raise DataError(f"{self.title}: {column} of {row['CLIP_NAME']} is {row[column]!r}, not a number") from None
        if not 1 <= rating <= 5:
            raise DataError(f"{self.title}: {column} of {row['CLIP_NAME']} is {rating}, outside the scale from 1 to 5")
        return float(to_unit(rating, 1, 5))

"""4Q: 900 clips of 30 s, 225 for each quadrant of the valence-arousal plane, from the mood tags of editors."""

from mer_core.datasets._base import Clip, Dataset
from mer_core.datasets._labels import artist_group, existing, read_table
from mer_core.errors import DataError

COLUMNS = ("Song", "Artist", "Title", "Quadrant", "GenresStr")
UNRATED = (float("nan"), float("nan"))


class Quadrants4Q(Dataset):
    """A quadrant a clip and no ratings: values are NaN.

    The clips come at 16, 22.05, 32 and 44.1 kHz, unevenly over the quadrants: resample all to one rate of at most
    22,050 Hz, or bandwidth gives the answer away. Three songs name no artist; each is a group of its own.
    """

    name = "4q"
    title = "4Q"
    citation = ("R. Panda, R. Malheiro, R. P. Paiva, Novel Audio Features for Music Emotion Recognition, IEEE "
                "Transactions on Affective Computing, 2018")
    licence = "none stated; research only"
    url = "https://github.com/Famelgas/MULT_TP2"
    marker = "Dataset/panda_dataset_taffc_metadata.csv"

    def clips(self) -> list[Clip]:
        """Every clip in the order of the table."""
        return [self._clip(row) for row in read_table(self.root / self.marker, COLUMNS)]

    def _clip(self, row: dict[str, str]) -> Clip:
        song, quadrant = row["Song"], row["Quadrant"]
        if quadrant not in ("Q1", "Q2", "Q3", "Q4"):
            raise DataError(f"{self.title}: the quadrant of {song} is {quadrant!r}; expected Q1, Q2, Q3 or Q4")
        path = existing(self.root / "Dataset" / quadrant / f"{song}.mp3", self.title, self.url)
        genre = row["GenresStr"].split(";")[0].strip()
        return Clip(id=song, path=path, group=artist_group(row["Artist"], song), values=UNRATED,
                    quadrant=int(quadrant[1]), title=row["Title"], genre=genre)

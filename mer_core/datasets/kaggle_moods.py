"""Musical Emotions Classification (Kaggle): about 2,100 clips of 10 s of instrumental music, happy or sad."""

import re

from mer_core.datasets._base import Clip, Dataset
from mer_core.datasets._labels import existing, read_table
from mer_core.errors import DataError

PARTS = ("Train", "Test")  # the published split, each with its table
MOODS = {"Happy": 1, "Sad": 3}  # as quadrants: +V +A and -V -A
NAME = re.compile(r"(Happy|Sad)(\d+)\.\w+")
CHUNK = 2  # last digits of a name: which piece of its song a clip is
UNRATED = (float("nan"), float("nan"))


class KaggleMoods(Dataset):
    """A mood a clip and no ratings. Happy is given as quadrant 1, sad as quadrant 3.

    Its author cut songs into pieces of 10 s whose running number of two digits ends the name: Happy36521.wav is taken
    as piece 21 of song 365. No artist is named, so a song is a group.
    """

    name = "kaggle_moods"
    title = "Musical Emotions Classification"
    citation = "Musical Emotions Classification, Kaggle, 2020; music of Fesliyan Studios"
    licence = "CC BY-SA 4.0"
    url = "https://www.kaggle.com/datasets/kingofarmy/musical-emotions-classification"
    marker = "Train.csv"

    def clips(self) -> list[Clip]:
        """Every clip of both tables, those of Train.csv first."""
        return [clip for part in PARTS for clip in self.part(part)]

    def part(self, part: str) -> list[Clip]:
        """The clips of "Train" or of "Test", in the order of the table."""
        table = existing(self.root / f"{part}.csv", self.title, self.url)
        return [self._clip(part, row["ImageID"]) for row in read_table(table, ("ImageID",))]

    def _clip(self, part: str, file: str) -> Clip:
        found = NAME.fullmatch(file)
        if not found or len(found[2]) <= CHUNK:
            raise DataError(f"{self.title}: {part}.csv names {file!r}; expected a name such as Happy36521.wav, the mood, "
                            "the song and the piece of it")
        mood, number = found.groups()
        path = existing(self.root / "Audio_Files" / "Audio_Files" / part / mood / file, self.title, self.url)
        return Clip(id=path.stem, path=path, group=f"{mood.casefold()} {number[:-CHUNK]}", values=UNRATED,
                    quadrant=MOODS[mood], title=path.stem)

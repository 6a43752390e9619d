"""MoodSwings Turk: 240 clips of 15 s of popular songs, rated for valence and arousal each second by about 17."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mer_core.datasets._base import Clip, Dataset, to_unit
from mer_core.datasets._gaussians import LabelGaussians
from mer_core.datasets._labels import artist_group, quadrant
from mer_core.errors import DataError

STRUCT, FIELDS = "msLiteTurk", ("songid", "time", "valence", "arousal", "artist", "song")
HALF = 200  # half the width of the game's board: its labels are from -200 to 200
REMOVED = (2996, 5232, 6258)  # paper 5 found fewer than four beats in them and left them out
SUFFIXES = (".wav", ".flac", ".ogg", ".mp3")
RATERS = 3  # fewer points have no covariance that is positive definite
FLAT = 1e-6  # smallest variance in any direction, on [-1, 1]: below, the listeners' points lie on one line


class MoodSwings(Dataset):
    """msLiteTurk.mat as published, and clips/ with the audio, which is not published: the user puts it there.

    A clip is the 15 s of a song that its labels are of, called by the song's number: clips/2996.wav (or .flac, .ogg,
    .mp3). It begins at the song's smallest `time` in the table; `wanted` lists number, artist, title and that second,
    and an error names the first that is absent. Only clips that are there are used. The three songs that the paper
    removed are left out, so that figures here and there are of the same 237.

    Checked by reading, as the set is not at hand. The set's page and paper 5: 240 clips of 15 s, a label a second,
    4,064 sequences of labels, 16.93 a clip. Two public programs read the file. They agree on the name of the struct,
    on its cells songid, valence and arousal with an item a song, and on labels from -200 to 200 (one divides by 200,
    the other by the diagonal of that square, sqrt(320000)). One also reads the cells time (s of the whole song, one for
    each label), artist and song, with _ for spaces and a prefix before the first hyphen of song, and takes a song's
    labels as one listener's 15 after another's; here seconds are told apart by `time` alone.

    Not settled: whether the struct names the albums. If it has a cell `album`, a group is artist and album; if not, it
    is the artist, which keeps albums whole too. Whether a label at t is of the second before or after t: it is taken to
    be of the second that begins there, and stands at its end. Whether the paper's variances divide by the number of
    listeners or by one fewer: here by one fewer. A second with fewer than three listeners, or with all of them on
    one line, has no Gaussian and is left out.
    """

    name = "moodswings"
    title = "MoodSwings Turk"
    citation = ("J. A. Speck, E. M. Schmidt, B. G. Morton, Y. E. Kim, A comparative study of collaborative vs. "
                "traditional musical mood annotation, ISMIR 2011")
    licence = "labels and features shared for research, citation asked for; the songs belong to their owners"
    url = "https://music.ece.drexel.edu/research/emotion/moodswingsturk"
    marker = "msLiteTurk.mat"

    def clips(self) -> list[Clip]:
        """The clips whose audio is there, in the order of the table."""
        return [self._clip(song) for song in self._present()]

    def gaussians(self) -> list[LabelGaussians]:
        """For each clip, in the order of `clips`, a Gaussian of the listeners' labels for each second."""
        return [song.gaussians() for song in self._present()]

    def wanted(self) -> list[tuple[int, str, str, float]]:
        """Number, artist, title and first second of every song of the table, but for those that the paper removed."""
        return [(song.id, song.artist, song.title, float(song.times.min())) for song in self._songs()]

    def _present(self) -> list[Song]:
        songs = self._songs()
        present = [song for song in songs if self._audio(song)]
        if not present:
            first = songs[0]
            raise DataError(f"{self.title} comes without audio, and {self.root / 'clips'} has none of its {len(songs)} "
                            f"clips; put there 15 s of each song, the first as clips/{first.id}.wav: {first.artist}, "
                            f"{first.title}, from second {first.times.min():g} on")
        return present

    def _audio(self, song: Song) -> Path | None:
        tried = [self.root / "clips" / f"{song.id}{suffix}" for suffix in SUFFIXES]
        return next((path for path in tried if path.exists()), None)

    def _clip(self, song: Song) -> Clip:
        values = tuple(float(v) for v in song.gaussians().means.mean(axis=0))
        return Clip(id=str(song.id), path=self._audio(song), group=artist_group(song.record, str(song.id)),
                    values=values, quadrant=quadrant(*values), title=song.title)

    def _songs(self) -> list[Song]:
        table = self._table()
        count = len(table["songid"])
        if short := [name for name, cell in table.items() if len(cell) != count]:
            raise DataError(f"{self.root / self.marker}: {', '.join(short)} and songid have different numbers of songs")
        songs = [_song(dict(zip(table, row, strict=True))) for row in zip(*table.values(), strict=True)]
        if not (kept := [song for song in songs if song.id not in REMOVED]):
            raise DataError(f"{self.root / self.marker} holds no songs; get it from {self.url}")
        return kept

    def _table(self) -> dict[str, np.ndarray]:
        """field -> the items of its cell, one a song."""
        from scipy.io import loadmat
        from scipy.io.matlab import MatReadError

        path = self.root / self.marker
        try:
            found = loadmat(path).get(STRUCT)
        except (MatReadError, ValueError, NotImplementedError) as error:  # as scipy says that it cannot read a file
            raise DataError(f"{path} is not a MATLAB file before 7.3: {error}; get it from {self.url}") from None
        fields = found.dtype.names or () if found is not None and found.size == 1 else ()
        if absent := [name for name in FIELDS if name not in fields] if fields else [STRUCT]:
            raise DataError(f"{path} lacks {', '.join(absent)}; get it from {self.url}")
        return {name: found.flat[0][name].ravel() for name in (*FIELDS, *({"album"} & set(fields)))}


@dataclass(frozen=True, eq=False)
class Song:
    id: int
    artist: str
    title: str
    record: str  # artist and album, or the artist where the table names no album
    times: np.ndarray  # (n,) s of the song, one for each label
    labels: np.ndarray  # (n, 2) valence, arousal in [-1, 1]

    def gaussians(self) -> LabelGaussians:
        """One for each second in which listeners differ enough; raises DataError where there is none."""
        slots = np.round(self.times - self.times.min()).astype(int)
        found = [(slot + 1.0, self.labels[slots == slot]) for slot in np.unique(slots)]
        kept = [(end, points.mean(axis=0), np.cov(points.T)) for end, points in found if _spread(points)]
        if not kept:
            raise DataError(f"MoodSwings Turk: no second of song {self.id} has labels of {RATERS} listeners that "
                            "spread; expected about 17 listeners in each of 15 seconds")
        return LabelGaussians(*(np.array(column) for column in zip(*kept, strict=True)))


def _spread(points: np.ndarray) -> bool:
    return len(points) >= RATERS and bool(np.linalg.eigvalsh(np.cov(points.T))[0] > FLAT)


def _song(row: dict[str, np.ndarray]) -> Song:
    """A song's items of the cells; raises DataError where they are not what the class says."""
    number, artist = int(_numbers(row, "songid")[0]), _words(row["artist"])
    times, valence, arousal = (_numbers(row, name) for name in ("time", "valence", "arousal"))
    if not len(times) == len(valence) == len(arousal):
        raise DataError(f"MoodSwings Turk: song {number} has {len(times)} times, {len(valence)} labels of valence and "
                        f"{len(arousal)} of arousal; expected as many of each")
    labels = np.column_stack([valence, arousal])
    if np.abs(labels).max() > HALF:
        worst = labels.flat[np.abs(labels).argmax()]
        raise DataError(f"MoodSwings Turk: a label of song {number} is {worst:g}; expected -{HALF} to {HALF}")
    record = " / ".join(filter(None, (artist, _words(row.get("album")))))
    title = _words(row["song"])
    return Song(number, artist, title.partition("-")[2] or title, record, times, to_unit(labels, -HALF, HALF))


def _numbers(row: dict[str, np.ndarray], name: str) -> np.ndarray:
    try:
        values = np.asarray(row[name], float).ravel()
    except (TypeError, ValueError):
        values = np.zeros(0)
    if not (values.size and np.isfinite(values).all()):
        raise DataError(f"MoodSwings Turk: {name} of song {_words(row['songid'])} is empty or not all numbers")
    return values


def _words(item: object) -> str:
    """A cell's text; an empty one comes as an empty array."""
    found = np.ravel(item)
    return " ".join(str(found[0]).replace("_", " ").split()) if item is not None and found.size else ""

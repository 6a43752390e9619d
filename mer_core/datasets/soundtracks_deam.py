"""Soundtracks (360 excerpts of film music) and DEAM (1,802 songs) as one set of four quadrants, as for paper 4."""

from dataclasses import replace
from pathlib import Path

from mer_core.datasets._base import Clip, Dataset
from mer_core.datasets.deam import Deam
from mer_core.datasets.soundtracks import Soundtracks as Films


class SoundtracksDeam(Dataset):
    """Both sets side by side in one folder, soundtracks/ and deam/, each laid out as its own loader says.

    A clip's quadrant is that of its mean ratings, cut at the middle of the scale from 1 to 9 that both sets use: only
    values above 5 count as positive. How the paper made its quadrants is not in what is at hand of it, so its classes
    may differ. Soundtracks rates no arousal; its energy stands for it. Experts rated Soundtracks, other listeners DEAM.
    A group is an album of Soundtracks or an artist of DEAM.
    """

    name = "soundtracks_deam"
    title = "Soundtracks and DEAM"
    citation = f"{Films.citation}; {Deam.citation}"
    licence = f"Soundtracks: {Films.licence}. DEAM: {Deam.licence}"
    url = Films.url
    marker = f"{Films.name}/{Films.marker}"

    def __init__(self, root: Path):
        super().__init__(root)
        self.parts = (Films(self.root), Deam(self.root))

    def clips(self) -> list[Clip]:
        """Soundtracks, then DEAM, each in its own order; ids and groups carry the set's name."""
        return [replace(clip, id=f"{part.name}:{clip.id}", group=f"{part.name}:{clip.group}")
                for part in self.parts for clip in part.clips()]

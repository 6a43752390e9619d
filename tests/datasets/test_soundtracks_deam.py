import pytest

from mer_core.datasets.deam import METADATA, PER_SECOND, SONG_LEVEL, TABLES
from mer_core.datasets.soundtracks import SCALES
from mer_core.datasets.soundtracks_deam import SoundtracksDeam
from mer_core.errors import DataError

FILMS = {"001": (7, 8), "002": (3, 6), "003": (5, 5)}  # excerpt -> valence, energy
SONGS = {"1": (2, 3), "2": (8, 2), "2001": (9, 9)}


def films(root):
    (root / "Set1").mkdir(parents=True)
    rows = [",".join([number, str(v), str(e), *["5"] * 6]) for number, (v, e) in FILMS.items()]
    (root / "mean_ratings_set1.csv").write_text("\n".join(["number," + ",".join(SCALES), *rows]))
    (root / "set1_tracklist.csv").write_text("Nro,Album name,Track\n001,Psycho,1\n002,Psycho,2\n003,,1\n")
    for number in FILMS:
        (root / "Set1" / f"{number}.mp3").touch()


def deam(root):
    for folder in (SONG_LEVEL, PER_SECOND, "metadata", "MEMD_audio"):
        (root / folder).mkdir(parents=True)
    for table, high in zip(TABLES, (False, True), strict=True):
        rows = [f"{song}, {v}, {a}" for song, (v, a) in SONGS.items() if (int(song) > 2000) == high]
        (root / SONG_LEVEL / table).write_text("\n".join(["song_id, valence_mean, arousal_mean", *rows]))
    for name in METADATA:
        (root / "metadata" / name).write_text("1,f,Psycho,Title,0,0,Rock\n" if "2013" in name else "")
    for song in SONGS:
        (root / "MEMD_audio" / f"{song}.mp3").touch()


def made(root):
    films(root / "soundtracks"), deam(root / "deam")
    return SoundtracksDeam(root)


def test_one_set_of_four_classes_cut_in_the_middle_of_the_scale(tmp_path):
    clips = made(tmp_path).clips()
    assert [c.quadrant for c in clips] == [1, 2, 3, 3, 4, 1]
    assert [c.id for c in clips] == [*(f"soundtracks:{n}" for n in FILMS), *(f"deam:{n}" for n in SONGS)]
    assert clips[0].values == (.5, .75) and all(c.path.exists() for c in clips)


def test_an_album_and_an_artist_of_one_name_and_clips_without_either_are_groups_of_their_own(tmp_path):
    groups = [c.group for c in made(tmp_path).clips()]
    assert groups[0] == groups[1] == "soundtracks:psycho" and groups[3] == "deam:psycho"
    assert len(set(groups)) == 5


def test_without_deam_it_says_so(tmp_path):
    films(tmp_path / "soundtracks")
    with pytest.raises(DataError, match="DEAM is not in"):
        SoundtracksDeam(tmp_path)


def test_what_either_set_refuses_is_refused(tmp_path):
    made(tmp_path)
    (tmp_path / "deam/MEMD_audio/2.mp3").unlink()
    with pytest.raises(DataError, match="2.mp3"):
        SoundtracksDeam(tmp_path).clips()

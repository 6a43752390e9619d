import numpy as np
import pytest

from mer_core.datasets.deam import PER_SECOND, SONG_LEVEL, TABLES, Deam
from mer_core.errors import DataError

HEADER = "song_id, valence_mean, valence_std, arousal_mean, arousal_std\n"
STATIC = ["2,3.0,0.63,3.0,0.63\n3, 9.0 ,0.9, 5.0,0.7\n1001,6.6,1.5,5.8,1.2\n",
          "2001,5.0,1.0,1.0,1.1\n"]
METADATA = {
    "metadata_2013.csv": "song_id,file_name,Artist,Song title,start of the segment (min.sec),end,Genre\n"
                         '2,2.mp3,The New Mystikal Troubadours\t,Tonight A Lonely Century\t,2.43,3.28,Blues\n'
                         "3,3.mp3,The  new mystikal troubadours,Another,0.1,0.5,Blues\n",
    "metadata_2014.csv": "Id,Artist,Track,Album,Genre,start,end,tags\n"
                         "1001,Wildlight,Album,Awake,Electronic,1,46,a,b,c,d\n",
    "metadata_2015.csv": "id,Filename,title,artist,album,genre\n2001,f.mp3,Whole,n/a,x,Rock,Pop\n"}


def write(root, static=STATIC, audio=("2", "3", "1001", "2001")):
    for name, rows in zip(TABLES, static, strict=True):
        path = root / SONG_LEVEL / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(HEADER + rows)
    dynamic = root / PER_SECOND
    dynamic.mkdir()
    (dynamic / "valence.csv").write_text("song_id,sample_15000ms,sample_15500ms,sample_16000ms\n2,-0.2,0.1,\n")
    (dynamic / "arousal.csv").write_text(  # as published, it has a column that valence.csv lacks
        "song_id,sample_15000ms,sample_15500ms,sample_16000ms,sample_16500ms\n2,0.3,0.4,0.5,0.6\n")
    for folder in ("metadata", "MEMD_audio"):
        (root / folder).mkdir()
    for name, text in METADATA.items():
        (root / "metadata" / name).write_text(text)
    for song in audio:
        (root / "MEMD_audio" / f"{song}.mp3").touch()
    return root


def test_ratings_from_1_to_9_become_minus_1_to_1(tmp_path):
    clips = Deam(write(tmp_path)).clips()
    assert [c.id for c in clips] == ["2", "3", "1001", "2001"]
    np.testing.assert_allclose([c.values for c in clips], [(-.5, -.5), (1, 0), (.4, .2), (0, -1)], atol=1e-9)
    assert [c.quadrant for c in clips] == [3, 4, 1, 3]
    assert all(c.path.exists() for c in clips)


def test_artists_and_titles_come_from_three_unlike_tables(tmp_path):
    clips = Deam(write(tmp_path)).clips()
    assert [c.group for c in clips] == ["the new mystikal troubadours"] * 2 + ["wildlight", "clip:2001"]
    assert [c.title for c in clips] == ["Tonight A Lonely Century", "Another", "Awake", "Whole"]
    assert [c.genre for c in clips] == ["Blues", "Blues", "Electronic", "Rock"]


@pytest.mark.parametrize("part, songs", [("development", ["2", "3"]), ("2014", ["1001"]), ("2015", ["2001"]),
                                         ("excerpts", ["2", "3", "1001"])])
def test_the_parts_of_the_set(tmp_path, part, songs):
    assert [c.id for c in Deam(write(tmp_path), part).clips()] == songs


def test_an_unknown_part_is_refused(tmp_path):
    with pytest.raises(DataError, match="'test'"):
        Deam(write(tmp_path), "test")


def test_curves_start_at_15_s_and_end_where_a_rating_is_missing(tmp_path):
    known = Deam(write(tmp_path / "deam").parent)
    clips = known.clips()
    times, values = known.curve(clips[0])
    np.testing.assert_allclose(times, [15.0, 15.5])
    np.testing.assert_allclose(values, [(-.2, .3), (.1, .4)])
    times, values = known.curve(clips[1])
    assert times.shape == (0,) and values.shape == (0, 2)


def test_a_missing_song_is_named(tmp_path):
    with pytest.raises(DataError, match="1001.mp3"):
        Deam(write(tmp_path, audio=("2", "3"))).clips()


def test_without_artists_no_split_could_keep_them_apart(tmp_path):
    root = write(tmp_path)
    (root / "metadata" / "metadata_2014.csv").unlink()
    with pytest.raises(DataError, match="metadata_2014.csv"):
        Deam(root).clips()


@pytest.mark.parametrize("rating", ["", "0.5", "9.5"])
def test_a_rating_off_the_scale_is_refused(tmp_path, rating):
    with pytest.raises(DataError, match="valence_mean of 7"):
        Deam(write(tmp_path, [f"7,{rating},1,5,1\n", "2001,5,1,5,1\n"], ("7", "2001"))).clips()

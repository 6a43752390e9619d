import numpy as np
import pytest

from mer_core.datasets.soundtracks import SCALES, Soundtracks
from mer_core.errors import DataError

RATINGS = ("number,valence,energy,tension,anger,fear,happy,sad,tender,TARGET\n"
           "001,5.00,9.00,3.00,1.00,1.00,7.00,1.00,1.00,HAPPY\n"
           "256,1.00,3.00,8.00,2.00,6.00,1.00,5.00,1.00,LOW VALENCE\n"
           "284,7.00,4.00,2.00,1.00,1.00,3.00,2.00,6.00,HIGH VALENCE\n")
TRACKS = ("Nro,Emotion,Album name,Track,Min:Sec\n001,Happy,Shallow Grave,6,02:02-02:17\n"
          "256,High Ener.,The Portait of a Lady,9,01:50-02:10\n284,Low Ener.,The Portrait of a Lady,4,00:00-00:17\n")


def made(root, ratings=RATINGS, tracks=TRACKS, folder="Set1", files=("001", "256", "284")):
    (root / "mean_ratings_set1.csv").write_text(ratings)
    if tracks:
        (root / "set1_tracklist.csv").write_text(tracks)
    (root / folder).mkdir(exist_ok=True, parents=True)
    for name in files:
        (root / folder / f"{name}.mp3").touch()
    return Soundtracks(root)


def test_eight_ratings_from_1_to_9_become_minus_1_to_1(tmp_path):
    dataset = made(tmp_path)
    names, ratings = dataset.ratings()
    assert names == SCALES and ratings.shape == (3, 8)
    np.testing.assert_allclose(ratings[0], [0, 1, -.5, -1, -1, .5, -1, -1])
    clips = dataset.clips()
    assert [c.values for c in clips] == [(0, 1), (-1, -.5), (.5, -.25)] and [c.quadrant for c in clips] == [2, 3, 4]


def test_excerpts_of_an_album_stay_together_whatever_its_spelling(tmp_path):
    clips = made(tmp_path).clips()
    assert [c.group for c in clips] == ["shallow grave", "the portrait of a lady", "the portrait of a lady"]


@pytest.mark.parametrize("folder", [".", "set1", "Set1/Set1"])
def test_the_archive_may_be_unpacked_in_several_ways(tmp_path, folder):
    clips = made(tmp_path, folder=folder).clips()
    assert all(c.path.exists() for c in clips)


def test_a_header_in_other_letters_and_with_empty_columns_is_read(tmp_path):
    other = RATINGS.replace("number,valence", "Number,Valence").replace("TARGET\n", "TARGET,,\n")
    assert made(tmp_path, ratings=other).ratings()[1].shape == (3, 8)


@pytest.mark.parametrize("change, said", [
    (dict(ratings=RATINGS.replace("9.00", "9.50")), "energy of excerpt 001"),
    (dict(ratings=RATINGS.replace("256,", "25b,")), "called '25b'"), (dict(tracks=TRACKS.replace("284,", "?,")), r"called '\?'"),
    (dict(ratings=RATINGS.replace("tender", "soft")), "lacks the columns tender"),
    (dict(tracks=""), "set1_tracklist.csv"), (dict(files=("001", "256")), "284.mp3")])
def test_what_is_not_the_published_layout_is_refused(tmp_path, change, said):
    with pytest.raises(DataError, match=said):
        dataset = made(tmp_path, **change)
        dataset.clips(), dataset.ratings()

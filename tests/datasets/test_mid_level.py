import numpy as np
import pytest

from mer_core.datasets.mid_level import DESCRIPTORS, MidLevel
from mer_core.errors import DataError

ANNOTATIONS = ("song_id, melodiousness, articulation, rhythm_complexity, rhythm_stability, dissonance, "
               "tonal_stability, minorness\n1,1,10,5.5,2,3,4,5\n2,2,3,4,5,6,7,8\n3,2,3,4,5,6,7,8\n")
METADATA = ('song id;Song name;Artist;Source\n1;"Blue; Green";Ána;magnatune\n2;Red;ana ;magnatune\n'
            '3;Grey;;soundtracks\n')


def made(root, annotations=ANNOTATIONS, metadata=METADATA, files=("1", "2", "3")):
    (root / "metadata_annotations").mkdir()
    (root / "metadata_annotations/annotations.csv").write_text(annotations)
    if metadata:
        (root / "metadata_annotations/metadata.csv").write_text(metadata)
    (root / "audio").mkdir()
    for name in files:
        (root / "audio" / f"{name}.mp3").touch()
    return MidLevel(root)


def test_seven_descriptors_from_1_to_10_become_minus_1_to_1(tmp_path):
    names, ratings = made(tmp_path).ratings()
    assert names == DESCRIPTORS and ratings.shape == (3, 7)
    np.testing.assert_allclose(ratings[0, :3], [-1, 1, 0])


def test_artists_come_from_a_table_parted_by_semicolons(tmp_path):
    clips = made(tmp_path).clips()
    assert [c.id for c in clips] == ["1", "2", "3"] and all(c.path.exists() for c in clips)
    assert [c.group for c in clips] == ["ana", "ana", "clip:3"]
    assert [c.title for c in clips] == ["Blue; Green", "Red", "Grey"]
    assert np.isnan([c.values for c in clips]).all() and all(c.quadrant is None for c in clips)


def test_the_words_of_the_paper_are_read_too(tmp_path):
    other = ANNOTATIONS.replace("melodiousness", "melody").replace("minorness", "modality")
    assert made(tmp_path, annotations=other).ratings()[1].shape == (3, 7)


@pytest.mark.parametrize("change, said", [
    (dict(annotations=ANNOTATIONS.replace("10,", "11,")), "articulation of 1"),
    (dict(annotations=ANNOTATIONS.replace("dissonance", "noise")), "lacks the columns dissonance"),
    (dict(metadata=METADATA.replace(";", ",")), "semicolons"), (dict(metadata=""), "metadata.csv"),
    (dict(files=("1", "2")), "3.mp3")])
def test_what_is_not_the_published_layout_is_refused(tmp_path, change, said):
    with pytest.raises(DataError, match=said):
        dataset = made(tmp_path, **change)
        dataset.clips(), dataset.ratings()

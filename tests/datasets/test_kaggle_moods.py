import pytest

from mer_core.datasets.kaggle_moods import KaggleMoods
from mer_core.errors import DataError


def made(root, train=("Happy36521.wav", "Sad10203.wav"), test=("Happy36522.wav",), files=None):
    """The published layout with these clips in its tables, and `files` on disk (all where None)."""
    for part, names in (("Train", train), ("Test", test)):
        moods = ["Happy" if name.startswith("H") else "Sad" for name in names]
        rows = [f"{name},{mood}" for name, mood in zip(names, moods)]
        (root / f"{part}.csv").write_text("\n".join(["ImageID,Class", *rows]) + "\n")
        for name, mood in zip(names, moods):
            if files is None or name in files:
                path = root / "Audio_Files" / "Audio_Files" / part / mood / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(b"")
    return KaggleMoods(root)


def test_moods_and_songs_come_from_the_names(tmp_path):
    dataset = made(tmp_path)
    clips = dataset.clips()
    assert [c.id for c in clips] == ["Happy36521", "Sad10203", "Happy36522"]
    assert [c.quadrant for c in clips] == [1, 3, 1]
    assert clips[0].group == clips[2].group == "happy 365" != clips[1].group  # pieces of one song stay together
    assert all(c.path.exists() for c in clips)
    assert [c.id for c in dataset.part("Test")] == ["Happy36522"]


def test_a_clip_that_is_not_there_is_named(tmp_path):
    with pytest.raises(DataError, match="Sad10203.wav"):
        made(tmp_path, files=("Happy36521.wav", "Happy36522.wav")).clips()


@pytest.mark.parametrize("name", ["Angry10203.wav", "Happy.wav", "Sad7.wav"])
def test_another_kind_of_name_is_refused(tmp_path, name):
    with pytest.raises(DataError, match=name):
        made(tmp_path, train=(name,)).clips()

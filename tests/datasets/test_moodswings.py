import numpy as np
import pytest
from scipy.io import savemat

from mer_core.datasets import _gaussians
from mer_core.datasets.moodswings import MoodSwings
from mer_core.errors import DataError

RATERS, SECONDS = 17, 15


def cell(items):
    found = np.empty((1, len(items)), object)
    found[0, :] = items
    return found


def labels(seed):
    """(17 * 15, 1): one listener's labels after another's, as the file has them."""
    return np.random.default_rng(seed).uniform(-200, 200, (RATERS * SECONDS, 1))


def struct(songs=(17, 2996, 40), **changed):
    times = [np.tile(np.arange(SECONDS) + 60.0 + i, RATERS)[:, None] for i in range(len(songs))]
    valence, arousal = ([labels(start + i) for i in range(len(songs))] for start in (10, 20))
    return {"songid": cell(list(songs)), "time": cell(times), "valence": cell(valence), "arousal": cell(arousal),
            "artist": cell(["bob_dylan", "x", "Bob_Dylan"][:len(songs)]),
            "song": cell(["03-Isis", "01-Gone", "07-Sara"][:len(songs)])} | changed


def made(root, table=None, files=("17.wav", "2996.wav", "40.mp3")):
    savemat(root / "msLiteTurk.mat", {"msLiteTurk": table or struct()})
    (root / "clips").mkdir()
    for name in files:
        (root / "clips" / name).touch()
    return MoodSwings(root)


def test_each_second_has_the_mean_and_covariance_of_its_listeners(tmp_path):
    found = _gaussians.of(made(tmp_path))[1]  # as the training asks for it
    np.testing.assert_allclose(found.times, np.arange(1, 16))
    of = np.stack([labels(12), labels(22)], axis=-1).reshape(RATERS, SECONDS, 2) / 200
    np.testing.assert_allclose(found.means, of.mean(axis=0))
    np.testing.assert_allclose(found.covariances[4], np.cov(of[:, 4].T))
    assert (np.linalg.eigvalsh(found.covariances) > 0).all()


def test_the_order_of_labels_does_not_matter_as_each_has_its_time(tmp_path):
    (tmp_path / "a").mkdir(), (tmp_path / "b").mkdir()
    order = np.random.default_rng(0).permutation(RATERS * SECONDS)
    table = struct((17,))
    mixed = {name: cell([table[name][0, 0][order]]) for name in ("time", "valence", "arousal")}
    one, other = (made(tmp_path / name, t).gaussians()[0] for name, t in (("a", table), ("b", table | mixed)))
    np.testing.assert_allclose(one.means, other.means)
    np.testing.assert_allclose(one.covariances, other.covariances)


def test_clips_leave_out_what_the_paper_removed_and_keep_an_artist_whole(tmp_path):
    clips = made(tmp_path).clips()
    assert [c.id for c in clips] == ["17", "40"] and [c.path.name for c in clips] == ["17.wav", "40.mp3"]
    assert [c.title for c in clips] == ["Isis", "Sara"] and {c.group for c in clips} == {"bob dylan"}
    np.testing.assert_allclose(clips[0].values, (labels(10).mean() / 200, labels(20).mean() / 200))
    assert clips[0].quadrant in (1, 2, 3, 4)


def test_albums_are_groups_where_the_table_names_them(tmp_path):
    table = struct(album=cell(["Desire", "y", "Blood_on_the_Tracks"]))
    assert [c.group for c in made(tmp_path, table).clips()] == ["bob dylan / desire", "bob dylan / blood on the tracks"]


def test_only_clips_with_audio_are_used_and_gaussians_go_with_them(tmp_path):
    dataset = made(tmp_path, files=("40.flac",))
    assert [c.id for c in dataset.clips()] == ["40"] and len(dataset.gaussians()) == 1
    assert dataset.ratings()[1].shape == (1, 2)


def test_without_audio_it_says_which_seconds_of_which_song_to_put_where(tmp_path):
    dataset = made(tmp_path, files=())
    with pytest.raises(DataError, match="clips/17.wav: bob dylan, Isis, from second 60 on"):
        dataset.clips()
    assert dataset.wanted() == [(17, "bob dylan", "Isis", 60.0), (40, "Bob Dylan", "Sara", 62.0)]


def test_a_second_whose_listeners_lie_on_one_line_has_no_gaussian(tmp_path):
    table = struct((17,))
    table["valence"][0, 0][2::SECONDS] = 0
    assert 3.0 not in made(tmp_path, table).gaussians()[0].times


@pytest.mark.parametrize("change, said", [
    (dict(valence=cell([labels(1) * 1.5] * 3)), "expected -200 to 200"),
    (dict(valence=cell([labels(1)[:-1]] * 3)), "254 labels of valence"),
    (dict(time=cell([np.full((255, 1), np.nan)] * 3)), "time of song 17"),
    (dict(valence=cell([np.zeros((255, 1))] * 3)), "no second of song 17"),
    (dict(artist=cell(["a", "b"])), "artist and songid")])
def test_what_is_not_the_published_layout_is_refused(tmp_path, change, said):
    with pytest.raises(DataError, match=said):
        made(tmp_path, struct(**change)).clips()


def test_a_file_without_the_struct_or_a_field_is_refused(tmp_path):
    savemat(tmp_path / "msLiteTurk.mat", {"other": 1})
    with pytest.raises(DataError, match="lacks msLiteTurk"):
        MoodSwings(tmp_path).clips()
    savemat(tmp_path / "msLiteTurk.mat", {"msLiteTurk": {"songid": 1}})
    with pytest.raises(DataError, match="lacks time, valence"):
        MoodSwings(tmp_path).clips()

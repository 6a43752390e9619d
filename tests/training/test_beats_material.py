"""Patches and seconds of made-up clips."""

import sys
from pathlib import Path

import numpy as np
import pytest

from mer_core.datasets._base import Clip
from mer_core.datasets._gaussians import LabelGaussians
from mer_core.training.beats_material import Material, standards

sys.path.insert(0, str(Path(__file__).parents[1] / "models"))
import beats  # noqa: E402


def label(*values, times=None):
    means = np.array([[v, -v] for v in values], float)
    return LabelGaussians(np.zeros(1) if times is None else np.asarray(times, float), means,
                          np.repeat(0.1 * np.eye(2)[None], len(values), axis=0))


@pytest.fixture
def material():
    heard = [beats.heard(12, 0), beats.heard(8, 1, step=0.35), beats.heard(12, 2)]
    labels = [label(0.5), label(-0.5), label(0, 1, times=[2.0, 4.0])]
    clips = [Clip(f"c{i}", None, f"a{i}", (0.0, 0.0)) for i in range(3)]
    return Material(clips, heard, labels, standards(heard))


def test_features_are_standardised_over_all_patches(material):
    for x in material.x.values():
        np.testing.assert_allclose(x.mean(dim=0), 0, atol=1e-5)
        np.testing.assert_allclose(x.std(dim=0, correction=0), 1, atol=1e-4)
    flat = beats.BeatFeatures(material.features[0].beats, *(np.ones_like(getattr(material.features[0], n))
                                                          for n in beats.FEATURES))
    assert all((s.spread == 1).all() for s in standards([flat]).values())  # what never moves is not divided by nothing


def test_every_patch_gets_its_clips_label_or_the_line_between_labels(material):
    wanted = material.wanted.numpy()
    np.testing.assert_allclose(wanted[material.clip_of_patch == 0], [[0.5, -0.5]] * 9)
    third = wanted[material.clip_of_patch == 2]
    times = material.features[2].beats.times[3:]
    np.testing.assert_allclose(third[:, 0], np.clip((times - 2) / 2, 0, 1), atol=1e-6)


def test_seconds_are_whole_ones_or_those_of_the_labels(material):
    assert [list(e) for e in material.ends] == [[1, 2, 3, 4, 5, 6], [1, 2, 3], [2, 4]]
    np.testing.assert_allclose(material.truth[0][-2:], [[0, 0], [1, -1]])
    assert material.truth[1].shape == (11, 2, 2)


def test_a_second_is_the_mean_of_its_own_clips_patches(material):
    pool = material.pool.toarray()
    np.testing.assert_allclose(pool.sum(axis=1), 1)
    for second, row in zip(material.clip_of_second, pool, strict=True):
        assert (material.clip_of_patch[row > 0] == second).all()
    times = material.features[0].beats.times[3:]
    inside = (times > 3) & (times <= 4)
    np.testing.assert_allclose(pool[3][:9], inside / inside.sum())


def test_means_over_seconds_and_parts_by_clip(material):
    np.testing.assert_allclose(material.by_clip(material.truth[0])[:, 0], [0.5, -0.5, 0.5])
    assert material.by_clip(material.truth[1]).shape == (3, 2, 2)
    assert list(material.patches_of(np.array([1]))) == list(range(9, 14))
    assert material.seconds_of(np.array([2])).sum() == 2
